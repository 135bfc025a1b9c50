"""complete: an item whose work needs no further call is completed, and its note is what people read."""

import pytest

from agents.tools.all import tools
from agents.tools.catalogue import facts
from agents.tools.complete import COMPLETE, CompleteArgs
from agents.tools.tool import ToolContext, ToolResult
from domain.answers import Effect


async def _nothing(sha256: str) -> bytes:
    raise AssertionError(f"a note needs no artifact, and {sha256} was asked for")


async def test_the_note_is_the_result() -> None:
    context = ToolContext("job", "agent", "job/7", 1, 0.0, "/nowhere", last_check=lambda: None, artifact=_nothing)
    assert await COMPLETE.run(context, CompleteArgs(note="all\nread")) == ToolResult(text="all\nread")


def test_it_changes_nothing_and_needs_nobodys_consent() -> None:
    complete = facts(tools(None, "x@y")["complete"])
    assert (complete.effect, complete.guarded) == (Effect.PURE, False)
    assert complete.summary({"note": "all read"}) == "complete: all read"


@pytest.mark.parametrize("note", ["", "x" * 2001])
def test_a_note_has_1_to_2000_characters(note: str) -> None:
    with pytest.raises(ValueError, match=r"^note: String should have at"):
        facts(COMPLETE).check({"note": note})
