"""Appending, and the activities that do nothing else: find what stands, judge, append at exactly that version."""

from collections.abc import Iterator

from chaos.protocol.core import Core
from chaos.protocol.rows import Row
from chaos.protocol.rules import Rule
from chaos.protocol.workflow import behind, deliver, given_up, replaced
from chaos.protocol.world import Attempt, Step, World
from domain import events as e
from domain import judge
from domain.judge import Standing

AT_ONCE = ("take_turn", "record", "expire", "read_on")
"""Activities whose reading and appending are explored as one step. One that is raced reads and judges again, and has

done nothing: it might as well have read only then. So nothing is lost that could be seen.
"""
BLIND = {"decide": Rule.DECISION, "close_job": Rule.END}


class Behind(Exception):
    """The journal lacks the row that the append is to follow."""


def append(
    core: Core, world: World, seen: Row, found: Row, events: tuple[e.JobEvent, ...], *, blind: bool = False
) -> World | None:
    """The world with `events` right after `found`, by one who has seen `seen`; None when another append came first.

    A `blind` append lands wherever the journal ends. Raises `Behind` when the journal has lost `found`.
    """
    if world.journal is found or blind:
        gap = "" if world.journal.has(seen) else f"what was seen at version {seen.version} is lost, and is written over"
        return world._replace(journal=world.journal.then(events, world.era), broken=gap)
    if world.journal.has(found):
        return None
    if core.holds(Rule.GAP_APPEND):
        raise Behind
    if world.journal.version > found.version:
        return None
    return world._replace(broken=f"version {found.version + 1} is written over a gap: the row before it is lost")


def lacks(core: Core, world: World, seen: Row) -> bool:
    """Whether the journal, as it is read now, lacks what was seen."""
    return core.holds(Rule.GAP) and not world.journal.has(seen)


def steps(core: Core, world: World, n: int) -> Iterator[Step]:
    """What attempt `n` can do next, of an activity that only appends."""
    attempt = world.attempts[n]
    who = name(attempt)
    if attempt.cancelled and attempt.work == "decide":
        yield Step(who, "is cancelled", given_up(core, world, n, "cancelled"))
    if attempt.at == "find":
        yield _finds(core, world, n, who)
    else:
        yield _appends(core, world, n, who)


def _finds(core: Core, world: World, n: int, who: str) -> Step:
    attempt, journal = world.attempts[n], world.journal
    if attempt.work == "open":
        return Step(who, "finds the job open", deliver(core, world, n, journal))
    if lacks(core, world, attempt.seen):
        return Step(who, "finds that the journal lacks what was seen", behind(world, n))
    if not _judged(core, attempt, journal):
        what = f"finds version {journal.version}, has nothing to append, and returns"
        return Step(who, what, deliver(core, world, n, journal))
    reading = replaced(world, n, attempt._replace(at="append", found=journal))
    if attempt.work in AT_ONCE:
        return _appends(core, reading, n, who)
    return Step(who, f"finds version {journal.version}", reading)


def _appends(core: Core, world: World, n: int, who: str) -> Step:
    attempt = world.attempts[n]
    assert attempt.found is not None
    events = _judged(core, attempt, attempt.found)
    if not events:
        return Step(who, "has nothing to append, and returns", deliver(core, world, n, attempt.found))
    blind = attempt.work in BLIND and not core.holds(BLIND[attempt.work])
    try:
        appended = append(core, world, attempt.seen, attempt.found, events, blind=blind)
    except Behind:
        return Step(who, "is refused: the row that it follows is lost", behind(world, n))
    if appended is not None:
        named = ", ".join(event.type for event in events)
        return Step(who, f"appends {named}", deliver(core, appended, n, appended.journal))
    if attempt.work == "decide":
        return Step(who, "was raced, and returns what stands", deliver(core, world, n, world.journal))
    return Step(who, "was raced, and reads again", replaced(world, n, attempt._replace(found=world.journal)))


def _judged(core: Core, attempt: Attempt, found: Row) -> tuple[e.JobEvent, ...]:
    standing = found.standing(attempt.seen)
    match attempt.work:
        case "take_turn":
            return judge.turn(standing, 0)
        case "decide":
            return core.decided(found, attempt.retry, attempt.now) if judge.may_decide(standing) else ()
        case "record":
            return core.messages(standing, attempt.batch, found)
        case "expire":
            return core.alarms(standing, attempt.now)
        case "read_on":
            return core.failure(standing, "cancelled" if attempt.note == "cancelled" else "crashed")
        case "close_job":
            return _end(standing)
        case work:
            raise AssertionError(work)


def _end(standing: Standing) -> tuple[e.JobEvent, ...]:
    return judge.end(standing)


def name(attempt: Attempt) -> str:
    """The attempt as a person reads of it."""
    return f"{attempt.work}{', again' if attempt.retry else ''}{'' if attempt.current else ' (zombie)'}"
