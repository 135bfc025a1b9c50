"""Each figure of `report` on journals whose counts are known; where nothing was counted, nothing is said."""

import json
import re
from datetime import timedelta

import pytest

from domain.answers import Effect
from domain.events import (
    CallRenewed,
    JobCompleted,
    JobFailed,
    LateOutcome,
    Preload,
    StepFailed,
    ToolFailed,
    TurnLost,
)
from domain.report import Period
from domain.spoken import RequirementChanged
from domain.todo import ItemResult
from settings import Settings
from stores import report
from stores.postgres import Pool
from tests.integration.journals import CRASHED, DAY, TAKEN, Write, answered, called, figures, returned, settled, unknown
from tests.integration.lives import Life
from tests.integration.test_the_command_line import Terminal


async def test_time_saved_is_what_searches_took_less_what_looking_took(pool: Pool, write: Write) -> None:
    await write(
        answered(memory=1, preload=Preload(outcome="none", searched_ms=9.0, looked_ms=0.5)),
        answered(memory=1, preload=Preload(outcome="hit", searched_ms=10.0, looked_ms=1.0)),
        answered(memory=1, preload=Preload(outcome="miss", changed="memory", searched_ms=7.0, looked_ms=0.25)),
    )
    await write(
        answered(memory=1, preload=Preload(outcome="hit", searched_ms=20.0, looked_ms=2.0)),
        answered(memory=1, preload=Preload(outcome="miss", changed="question", searched_ms=7.0, looked_ms=0.25)),
        answered(memory=1, preload=Preload(outcome="miss", changed="entries", searched_ms=7.0, looked_ms=1.0)),
        answered(memory=1),
        answered(),
    )
    ahead = await figures(pool, report.preloading)
    assert (ahead.hit, ahead.of, ahead.nothing_there) == (2, 6, 1)
    assert (ahead.memory_changed, ahead.question_changed, ahead.entries_gone) == (1, 1, 1)
    assert (ahead.searches_spared_ms, ahead.looking_ms, ahead.saved_ms) == (30.0, 5.0, 25.0)


async def test_an_interruption_is_recovered_from_when_the_job_moves_again(pool: Pool, write: Write) -> None:
    await write(TAKEN, CRASHED, CRASHED, called(), returned(6))  # one interruption, over after 2 s
    await write(TAKEN, called(Effect.KEYED), CallRenewed(call=4, at=1.0, deadline=2.0), returned(4))  # after 2 s
    await write(TAKEN, called(Effect.LOOKUP), returned(4, "asked"))  # after 1 s
    await write(TurnLost(at=1.0))  # not yet
    await write(TAKEN, CRASHED, JobFailed(why="it failed too often"))
    await write(TAKEN, StepFailed(move="Decide", kind="rate_limited", why="wait"), answered())  # no interruption
    found = await figures(pool, report.recovery)
    assert (found.rate.hit, found.rate.of, found.waiting, found.failed) == (3, 5, 1, 1)
    assert (found.rate.jobs_amiss, found.rate.jobs) == (2, 5)
    assert (found.p50_seconds, found.max_seconds) == (2.0, 2.0)
    assert found.p95_seconds == pytest.approx(2.0)


async def test_two_interruptions_of_a_job_are_two(pool: Pool, write: Write) -> None:
    await write(TAKEN, CRASHED, answered(), CRASHED, answered(), JobCompleted(result="x"))
    found = await figures(pool, report.recovery)
    assert (found.rate.hit, found.rate.of, found.rate.jobs) == (2, 2, 1)


async def test_a_repeated_call_is_seen_where_the_journal_can_see_it(pool: Pool, write: Write) -> None:
    late = LateOutcome(call=4, happened=True, result=ItemResult(), at=3.0)
    await write(TAKEN, called(Effect.KEYED), returned(4), returned(4))  # two outcomes of one key
    await write(TAKEN, called(), unknown(4), settled(5, "again"), called(), returned(7), late)  # it had gone out
    await write(TAKEN, called(), unknown(4), settled(5, "again"), called(), returned(7))  # nobody knows
    await write(TAKEN, called(), unknown(4), settled(5, "sent"), called(), returned(7), late)  # nothing was repeated
    await write(TAKEN, called(), unknown(4), settled(5, "again"), called(args="b"), returned(7), late)  # another one
    await write(TAKEN, called(), ToolFailed(call=4, kind="refused", why="no", at=1.0))  # it never went out
    await write(TAKEN, called(Effect.PURE), returned(4), returned(4))  # it changes nothing
    by = {each.effect: each for each in await figures(pool, report.effects)}
    assert list(by) == ["transactional", "keyed", "lookup", "once"]
    assert (by["keyed"].duplicates.hit, by["keyed"].duplicates.of, by["keyed"].unknown.hit) == (1, 1, 0)
    once = by["once"]
    assert (once.duplicates.hit, once.duplicates.of, once.duplicates.jobs_amiss, once.duplicates.jobs) == (1, 8, 1, 4)
    assert (once.unknown.hit, once.unknown.of, once.unknown.jobs_amiss, once.unknown.jobs) == (4, 8, 4, 4)
    assert (by["lookup"].duplicates.of, by["lookup"].duplicates.share) == (0, None)


async def test_a_decision_on_less_than_was_known_is_lost_context(pool: Pool, write: Write) -> None:
    changed = RequirementChanged(message_id="m1", by="ann", at=1.0, revision=2, text="in blue")
    await write(answered(1, 3), changed, answered(2, 4), answered(2, 4))  # as it should be
    await write(answered(1, 3), changed, answered(1, 3))  # an older requirement
    await write(answered(1, 5), answered(1), answered(1, 4))  # an older memory
    found = await figures(pool, report.context_loss)
    assert (found.rate.hit, found.rate.of, found.rate.jobs_amiss, found.rate.jobs) == (2, 8, 2, 3)
    assert (found.older_requirement, found.older_memory, found.per_1000_prompts) == (1, 1, 250.0)


async def test_a_day_is_that_day_of_utc(pool: Pool, write: Write) -> None:
    await write(TAKEN, CRASHED, answered(memory=1, preload=Preload(outcome="none", searched_ms=1, looked_ms=1)))
    await write(TAKEN, called(), unknown(4))
    for days, there in ((-1, 0), (0, 1), (1, 0)):
        period = Period.of_day(DAY + timedelta(days=days))
        assert sum(each.count for each in await figures(pool, report.statuses, period)) == 2 * there
        assert (await figures(pool, report.preloading, period)).of == there
        assert (await figures(pool, report.recovery, period)).rate.of == there
        assert (await figures(pool, report.context_loss, period)).rate.of == there
        assert (await figures(pool, report.effects, period))[3].unknown.hit == there


async def test_jobs_that_were_really_done(lived: dict[str, Life], pool: Pool) -> None:
    """Two mails were cut off, one job failed of a model that crashed, nothing was repeated or forgotten."""
    by = {each.effect: each for each in await figures(pool, report.effects)}
    assert (by["once"].unknown.hit, by["once"].unknown.of) == (2, 2)
    assert all(each.duplicates.hit == 0 for each in by.values())
    assert by["transactional"].duplicates.of == 2
    found = await figures(pool, report.recovery)
    assert (found.rate.hit, found.rate.of, found.failed) == (0, 1, 1)
    lost = await figures(pool, report.context_loss)
    assert lost.rate.hit == 0 < lost.rate.of
    assert sum(each.count for each in await figures(pool, report.statuses)) == len(lived)


async def test_where_nothing_was_counted_no_zero_is_said(settings: Settings) -> None:
    said = await Terminal(settings)("report")
    assert said.code == 0, said.err
    for row in said.out.splitlines()[2:7]:
        assert re.search(r"[a-z]  +-  +0  +-", row), row
    assert "%" not in "".join(said.out.splitlines()[2:])
    counted = json.loads((await Terminal(settings)("report", "-o", "json")).out)
    assert counted["preloading"]["of"] == counted["recovery"]["rate"]["of"] == 0
    assert counted["recovery"]["rate"]["share"] is None
    assert counted["context_loss"]["per_1000_prompts"] is None


async def test_it_is_printed_for_people_and_for_programs(settings: Settings, write: Write) -> None:
    job = await write(
        TAKEN,
        answered(memory=1, preload=Preload(outcome="hit", searched_ms=12.0, looked_ms=2.0)),
        CRASHED,
        called(Effect.KEYED),
        returned(6),
    )
    terminal = Terminal(settings)
    said = await terminal("report", "--day", "2026-01-02")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0] == "2026-01-02 (UTC): something happened in 1 job"
    assert "searching ahead saved 10.0 ms: 12.0 ms of searches, less 2.0 ms of looking" in said.out
    [row] = [line.split() for line in lines if line.startswith("interruptions")]
    assert row[-6:] == ["100", "%", "0", "1", "95", "%"]
    assert f"job/{job} does not hold: rows are not what follows from it: agent_tasks" in said.out, (
        "its times were moved"
    )
    counted = json.loads((await terminal("report", "-o", "json")).out)
    assert list(counted) == [
        "period", "jobs", "preloading", "consistency", "recovery", "effects", "context_loss", "statuses", "faults",
        "trend", "at",
    ]  # fmt: skip
    assert set(counted["recovery"]["rate"]) == {"hit", "of", "jobs_amiss", "jobs", "share", "jobs_amiss_at_most"}
    assert counted["preloading"]["saved_ms"] == 10.0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--day", "yesterday"), "'yesterday' is no day; right is 2026-11-24"),
        (("--day", "2026-02-30"), "'2026-02-30' is no day"),
        (("--day", "9999-12-31"), "'9999-12-31' is no day"),
        (("--day", ""), "'' is no day"),
        (("--streams", "0"), "--streams is 0; right is a number from 1 on, or all"),
        (("--streams", "many"), "streams"),
    ],
)
async def test_what_is_mistyped_is_said(words: tuple[str, ...], why: str, settings: Settings) -> None:
    said = await Terminal(settings)("report", *words)
    assert said.code == 2
    assert why in said.err
    assert said.out == ""
