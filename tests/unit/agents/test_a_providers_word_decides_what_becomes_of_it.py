"""A language model over HTTP: what its provider answers, what that costs, and which errors are worth a retry."""

from collections.abc import Iterator
from typing import Any

import pytest

from agents.choice import Choice
from agents.llm import LanguageModel
from domain.errors import LonghaulError, ModelUnavailable, RateLimited, Refused
from tests.support.language_server import Cut, LanguageServer, Status, Turn, calls, language_server
from tests.unit.agents.language import told

KEY = "canary-5f1e-key"
PLAN = ("plan", {"items": [{"item": "one", "text": "Write it up"}]})
COMPLETE = ("complete", {"note": "done", "todo_item": "one"})


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    with language_server() as running:
        yield running


def model(server: LanguageServer, **more: Any) -> LanguageModel:
    given = {"model": "openai:test-model", "url": server.url, "key": KEY, "price": "1/10", "seconds": 5.0, **more}
    return LanguageModel(Choice(**given))


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_both_dialects_are_spoken(provider: str, server: LanguageServer) -> None:
    server.script = [calls(PLAN, COMPLETE, text="Now.")]
    url = server.url if provider == "openai" else server.url.removesuffix("/v1")
    reply = await model(server, model=f"{provider}:test-model", url=url).reply(told())
    assert reply.answer == {
        "says": "Now.",
        "plan": [{"item": "one", "text": "Write it up"}],
        "intent": {"kind": "use_tool", "tool": "complete", "args": {"note": "done"}, "item": "one", "completes": True},
    }
    assert (reply.usage.tokens_in, reply.usage.tokens_out, reply.usage.cost) == (1000, 100, 0.002)
    [asked] = server.asked
    assert asked.path == ("/v1/chat/completions" if provider == "openai" else "/v1/messages")
    assert KEY in (asked.headers.get("authorization", "") + asked.headers.get("x-api-key", ""))
    assert "# Goal\nwrite the notes" in asked.prompt


@pytest.mark.parametrize(
    ("turn", "error", "words"),
    [
        (Status(500, body={"error": {"message": "oh no"}}), ModelUnavailable, "500 oh no"),
        (Status(503), ModelUnavailable, "503"),
        (Status(529), ModelUnavailable, "529"),
        (Status(408), ModelUnavailable, "408"),
        (Status(200, body="no answer"), ModelUnavailable, "openai:test-model at http:"),
        (Cut(), ModelUnavailable, "openai:test-model at http:"),
        (Status(401, body={"error": {"message": f"bad {KEY}"}}), Refused, r"401 bad \*\*\*; set LONGHAUL_MODEL_KEY"),
        (Status(403, body={"error": {"message": "no"}}), Refused, "403 no; set LONGHAUL_MODEL_KEY to a key"),
        (Status(404, body={"error": {"message": "no such model"}}), Refused, "set LONGHAUL_MODEL to a model that"),
        (Status(400, body={"error": {"message": "bad"}}), Refused, "400 bad"),
        (Status(402), Refused, "402"),
        (Status(429, body={"error": {"code": "insufficient_quota", "message": "pay"}}), Refused, "429 pay"),
        (Status(429, {"retry-after": "7"}), RateLimited, r"free again in 7\.0 s"),
        (Status(429), RateLimited, r"free again in 5\.0 s"),
        (Status(429, {"retry-after": "86400"}), RateLimited, r"free again in 300\.0 s"),
        (calls(PLAN, COMPLETE, usage=False), Refused, "does not say how many tokens it used.*LONGHAUL_MODEL_PRICE"),
    ],
)
async def test_a_failure_is_retried_where_that_can_help(
    turn: Turn, error: type[LonghaulError], words: str, server: LanguageServer
) -> None:
    server.script = [turn]
    with pytest.raises(error, match=words) as raised:
        await model(server).reply(told())
    assert KEY not in str(raised.value)
    assert len(server.asked) == 1, "Temporal retries, with the job's own patience; nobody else does"


async def test_a_provider_that_wants_to_be_left_alone_is(server: LanguageServer) -> None:
    server.script = [Status(429, {"retry-after": "60"})]
    asked = model(server)
    for _ in range(2):
        with pytest.raises(RateLimited):
            await asked.reply(told())
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "scripted"}, "set LONGHAUL_MODEL to anthropic:NAME or openai:NAME"),
        ({"url": None, "key": None}, "set OPENAI_API_KEY or LONGHAUL_MODEL_KEY"),
        ({"url": None, "key": None, "model": "anthropic:x"}, "set ANTHROPIC_API_KEY or LONGHAUL_MODEL_KEY"),
        ({"price": None}, "set LONGHAUL_MODEL_PRICE"),
        ({"url": None, "price": None}, "the price of openai:test-model is not known; set LONGHAUL_MODEL_PRICE"),
    ],
)
async def test_what_must_be_set_is_named_before_anything_is_sent(
    change: dict[str, Any], words: str, server: LanguageServer
) -> None:
    with pytest.raises(Refused, match=words):
        await model(server, **change).reply(told())
    assert not server.asked


async def test_a_model_of_ones_own_needs_no_key_and_costs_nothing(server: LanguageServer) -> None:
    server.script = [calls(PLAN, COMPLETE, usage=False)]
    reply = await model(server, key=None, price="0/0").reply(told())
    assert (reply.usage.cost, reply.fault) == (0.0, "")


async def test_known_prices_come_from_the_price_list() -> None:
    from pydantic_ai.usage import RequestUsage

    from agents import provider

    known = Choice("anthropic:claude-sonnet-4-5", key=KEY)
    usage = RequestUsage(input_tokens=1_000_000, output_tokens=0)
    assert provider._cost(known, usage) > 0
    dearer = Choice("anthropic:claude-sonnet-4-5", key=KEY, price="1000/0")
    assert provider._cost(dearer, usage) == 1000


async def test_a_cut_answer_and_mere_talk_are_faults_that_are_paid_for(server: LanguageServer) -> None:
    server.script = [calls(PLAN, COMPLETE, reason="length"), calls(text="Well.")]
    cut, talk = await model(server).reply(told()), await model(server).reply(told())
    assert "cut off at the model's limit of tokens" in cut.fault
    assert "no function was called" in talk.fault
    assert (cut.usage.cost, talk.usage.cost) == (0.002, 0.002)
    assert "Well." in str(talk.answer)


def test_a_key_is_not_shown() -> None:
    assert KEY not in repr(Choice("openai:x", key=KEY))
