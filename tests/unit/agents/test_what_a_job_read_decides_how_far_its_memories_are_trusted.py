"""A fact without a source is as trusted as what the job's model has read; no rule comes from a job that read orders."""

import pytest

from agents.tools.http_get import http_get
from agents.tools.read_file import READ_FILE
from agents.tools.recall import RECALL
from agents.tools.remember import REMEMBER, RememberArgs
from agents.tools.tool import ToolContext, ToolResult
from agents.web.allow import AllowList
from domain.errors import ToolInvalid
from domain.memory import Remembered, Trust

LEARNED = {"section": "Key Learnings", "text": "x"}
RULE = {"section": "Recent Decisions", "text": "x"}


async def remembered(fact: dict[str, str], influence: Trust = Trust.OWN, told: Trust = Trust.OWN) -> Remembered:
    async def no_artifact(sha256: str) -> bytes:
        raise AssertionError(sha256)

    ctx = ToolContext("j", "ann", "j/1", 1, 0.0, "", lambda: None, no_artifact, influence=influence, told=told)
    (memory,) = (await REMEMBER.run(ctx, RememberArgs.model_validate({"memories": [fact]}))).memories
    return memory


async def test_a_job_that_read_nothing_speaks_for_itself() -> None:
    memory = await remembered(LEARNED)
    assert (memory.trust, memory.source) == (Trust.OWN, "")


@pytest.mark.parametrize("influence", [Trust.TOOL, Trust.WEB])
async def test_what_it_read_is_in_what_it_says(influence: Trust) -> None:
    memory = await remembered(LEARNED, influence=influence)
    assert (memory.trust, memory.source) == (influence, "what job j had read")
    with pytest.raises(ToolInvalid, match="holds rules"):
        await remembered(RULE, influence=influence)


async def test_a_source_makes_nothing_more_trusted() -> None:
    memory = await remembered({**LEARNED, "source": "notes.md"}, influence=Trust.WEB)
    assert (memory.trust, memory.source) == (Trust.WEB, "notes.md")


async def test_memories_from_elsewhere_make_no_rule_but_do_not_spread() -> None:
    assert (await remembered(LEARNED, told=Trust.WEB)).trust is Trust.OWN
    with pytest.raises(ToolInvalid, match="holds rules"):
        await remembered(RULE, told=Trust.WEB)


def test_whose_word_a_result_is() -> None:
    assert http_get(AllowList.of(())).trust(ToolResult(text="x")) is Trust.WEB
    assert READ_FILE.trust(ToolResult(text="x")) is Trust.TOOL
    assert REMEMBER.trust(ToolResult(text="x")) is Trust.OWN
    assert RECALL.trust(ToolResult(text="x", trust=Trust.OWN)) is Trust.OWN


def test_the_less_trusted_wins() -> None:
    assert [Trust.OWN.with_(each) for each in Trust] == list(Trust)
    assert Trust.WEB.with_(Trust.OWN) is Trust.WEB
