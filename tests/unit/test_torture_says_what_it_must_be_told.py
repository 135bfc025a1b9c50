"""What a file lacks to be tortured is said, with what would be right."""

from pathlib import Path

import pytest

from chaos.torture.found import found
from chaos.torture.given import CannotTorture

TOOL = """
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from chaos.torture.given import Torture
from domain.answers import Effect

class NoteArgs(Args):
    text: str

async def _run(ctx: ToolContext, args: NoteArgs) -> ToolResult:
    return ToolResult(text="noted")

NOTE = Tool(name="note", effect=Effect.KEYED, args=NoteArgs, run=_run, summary=lambda args: "note")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "note.py"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds neither a Tool nor a Torture"),
        ("1 / 0", "cannot be imported: ZeroDivisionError"),
        (TOOL, "does not say what to call note with, nor how to count. Add to it"),
        (TOOL, 'args=lambda mark: {"text": ...},'),
        (TOOL + "T = Torture(tool=NOTE, args=lambda mark: {'text': mark})", "give either applied or applied_sql"),
        (
            TOOL + "T = Torture(tool=NOTE, args=lambda mark: {'text': mark}, applied=len, applied_sql='select 1')",
            "give either applied or applied_sql",
        ),
        (TOOL + "T = Torture(tool=NOTE, args=lambda mark: {'txt': mark}, applied=len)", "note: args: ValueError: text"),
        (TOOL + "T = Torture(tool=NOTE, args=lambda mark: {'text': 'x'}, applied=len)", "args must use its mark"),
        (TOOL + "T = Torture(tool=NOTE, args=lambda mark: 1 / 0, applied=len)", "note: args: ZeroDivisionError"),
        (
            TOOL + "T = Torture(tool=NOTE, args=lambda mark: {'text': mark}, applied=len, seconds=0)",
            "seconds is 0; it must be more than 0",
        ),
    ],
)
def test_what_is_missing_is_named(file: Path, text: str, why: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CannotTorture) as refused:
        found(file)
    assert why in str(refused.value)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(CannotTorture, match="there is no such file"):
        found(file)


def test_every_torture_of_a_file_is_found_once(file: Path) -> None:
    torture = "Torture(tool=NOTE, args=lambda mark: {'text': mark}, applied=len)"
    file.write_text(f"{TOOL}\nONE = {torture}\nTWO = {torture}\nAGAIN = ONE\n", encoding="utf-8")
    assert [each.tool.name for each in found(file)] == ["note", "note"]


@pytest.mark.parametrize("name", ["honest", "wrongly_keyed"])
def test_the_examples_are_complete(name: str) -> None:
    examples = Path(__file__).parents[2] / "chaos" / "torture" / "examples"
    efforts = sorted(each.tool.effect for each in found(examples / f"{name}.py"))
    assert efforts == (["keyed", "lookup", "once", "pure", "transactional"] if name == "honest" else ["keyed"])
