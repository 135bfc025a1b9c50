"""Limits, errors, silence and cut answers are outlived; what only a person can mend ends the job with the reason."""

import socket

import pytest

from domain.events import AnswerInvalid, JobCompleted, JobFailed, JobRequested, Limits, ModelAnswered, StepFailed
from settings import Settings
from starter.client import Longhaul
from tests.support.jobs import ended, events
from tests.support.language_server import Cut, Hang, LanguageServer, Status, Turn, calls
from tests.workflows.conftest import World
from tests.workflows.general.conftest import KEY, Ask
from worker import Agents, running
from workflows import options

PLAN = ("plan", {"items": [{"item": "one", "text": "Write it up"}]})
COMPLETE = ("complete", {"note": "done", "todo_item": "one"})
GOOD: list[Turn] = [calls(PLAN, COMPLETE), calls(("finish", {"result": "done"}))]


@pytest.mark.parametrize(
    "wrong",
    [Status(500, body={"error": {"message": "oh no"}}), Hang(3.0), Cut()],
    ids=["500", "time-out", "cut"],
)
async def test_what_passes_is_tried_again(wrong: Turn, world: World, server: LanguageServer, general: Ask) -> None:
    server.script = [wrong, *GOOD]
    asked = general()
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobCompleted), state.end
    assert len(server.asked) == 3
    assert not [event for event in await events(world.longhaul, asked.job) if isinstance(event, StepFailed)]


async def test_a_limit_is_waited_out_as_the_provider_says(world: World, server: LanguageServer, general: Ask) -> None:
    server.script = [GOOD[0], Status(429, {"retry-after": "2"}, {"error": {"message": "slow down"}}), GOOD[1]]
    asked = general()
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobCompleted), state.end
    first, second, third = (each.at for each in server.asked)
    assert third - second >= 2.0 > second - first


async def test_a_server_that_never_answers_fails_the_job(
    settings: Settings, general: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "ATTEMPTS", 2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        why = await _failed(settings.model_copy(update={"model_url": nobody}), general())
    assert "The model gave no answer" in why
    assert nobody in why


@pytest.mark.parametrize(
    ("status", "code", "right"),
    [
        (401, "invalid_api_key", "set LONGHAUL_MODEL_KEY to a key that is valid there"),
        (429, "insufficient_quota", "insufficient_quota"),
    ],
)
async def test_what_no_retry_mends_fails_the_job_with_the_reason(
    status: int, code: str, right: str, settings: Settings, server: LanguageServer, general: Ask
) -> None:
    message = f"{code}: you sent {KEY}"
    refusal = Status(status, body={"error": {"message": message, "code": code, "type": code}})
    server.script = [refusal] * 10
    why = await _failed(settings, general())
    assert right in why
    assert KEY not in why
    assert "***" in why
    assert len(server.asked) == 5, "one request a step: nothing is retried"


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({"model": "scripted"}, "set LONGHAUL_MODEL to anthropic:NAME or openai:NAME"),
        ({"model_url": None, "model_key": None}, "set OPENAI_API_KEY or LONGHAUL_MODEL_KEY"),
    ],
    ids=["no-model", "no-key"],
)
async def test_what_is_not_set_is_named(
    change: dict[str, object], right: str, settings: Settings, server: LanguageServer, general: Ask
) -> None:
    assert right in await _failed(settings.model_copy(update=change), general())
    assert not server.asked


async def _failed(settings: Settings, asked: JobRequested) -> str:
    """Why the job failed; it is all in its journal."""
    async with running(settings, Agents.configured(settings)), Longhaul.connect(settings) as longhaul:
        await longhaul.start(asked)
        state = await ended(longhaul, asked.job)
    assert isinstance(state.end, JobFailed), state.end
    return state.end.why


async def test_malformed_calls_are_repaired(world: World, server: LanguageServer, general: Ask) -> None:
    server.script = [
        calls(("complete", '{"note": "done", ')),
        calls(text="I would rather talk."),
        *GOOD,
    ]
    asked = general()
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobCompleted), state.end
    assert "# Your last answer did not fit. Mend this" in server.asked[1].prompt
    assert "the arguments of complete are no JSON" in server.asked[1].prompt
    assert "no function was called" in server.asked[2].prompt
    assert "did not fit" not in server.asked[3].prompt
    invalid = [event for event in await events(world.longhaul, asked.job) if isinstance(event, AnswerInvalid)]
    assert [event.usage.tokens_in for event in invalid] == [1000, 1000]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (calls(PLAN, ("complete", {"note": 7, "todo_item": "one"})), "args of complete: note: Input should be a valid"),
        (calls(PLAN, ("complete", "[" * 20_000)), "the arguments of complete are no JSON"),
    ],
    ids=["type", "deep"],
)
async def test_three_in_a_row_fail_the_job_with_the_reason(
    wrong: Turn, why: str, world: World, server: LanguageServer, general: Ask
) -> None:
    server.script = [wrong] * 4
    asked = general()
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobFailed), state.end
    assert why in state.end.why
    assert len(server.asked) == 3


async def test_a_job_costs_no_more_than_its_limit(world: World, server: LanguageServer, general: Ask) -> None:
    again = ("list_files", {"todo_item": "one", "completes_item": False})
    server.script = [calls(PLAN, again), *[calls(again)] * 9]
    asked = general(limits=Limits(cost=0.005))
    await world.longhaul.start(asked)
    state = await ended(world.longhaul, asked.job)
    assert isinstance(state.end, JobFailed), state.end
    assert state.end.why == "its model calls cost 0.0060 US dollars, its limit is 0.0050"
    assert [
        event.usage.cost for event in await events(world.longhaul, asked.job) if isinstance(event, ModelAnswered)
    ] == [0.002] * 3
    assert len(server.asked) == 3
