"""The rules of `domain.vague`: what they must catch, and what they must leave alone."""

import pytest

from domain import vague
from domain.vague import why_vague

VAGUE = {
    "build feature": vague.NO_OBJECT,
    "Build the new feature": vague.NO_OBJECT,
    "improve things": vague.NO_OBJECT,
    "Improve the code": vague.NO_OBJECT,
    "handle it": vague.NO_OBJECT,
    "Do it": vague.NO_OBJECT,
    "Do the rest": vague.NO_OBJECT,
    "Fix bugs": vague.NO_OBJECT,
    "fix all remaining issues": vague.NO_OBJECT,
    "Work on the project": vague.NO_OBJECT,
    "Look into it": vague.NO_OBJECT,
    "Take care of everything": vague.NO_OBJECT,
    "Deal with the problems": vague.NO_OBJECT,
    "Clean up": vague.NO_OBJECT,
    "Make it better": vague.NO_OBJECT,
    "Continue the work": vague.NO_OBJECT,
    "Finish the task.": vague.NO_OBJECT,
    "Implement the solution": vague.NO_OBJECT,
    "misc": vague.ONE_WORD,
    "research": vague.ONE_WORD,
    "TODO": vague.ONE_WORD,
    "Testing": vague.ONE_WORD,
    "improve performance": vague.NO_MEASURE,
    "Optimise the speed and quality": vague.NO_MEASURE,
    "Improve the documentation": vague.NO_MEASURE,
    "various things": vague.NOTHING,
    "Some more stuff": vague.NOTHING,
    "The rest": vague.NOTHING,
    "Fix the login form, the menu etc.": vague.OPEN_END,
    "Rename the old folders as needed": vague.OPEN_END,
    "Mail the customers and so on": vague.OPEN_END,
    "Write the parser, test the parser and deploy the parser": vague.SEVERAL,
    "Fetch the prices; write the report": vague.SEVERAL,
    "Write the summary and then mail the summary": vague.SEVERAL,
}

CONCRETE = (
    "List the files of /srv/project",
    "List the files of /srv/etc",
    "List the files of /srv/a; write b and then delete c",
    "Read src/ (34 files)",
    "Read the files at the top (3 files)",
    "Read the other files (12 files)",
    "Read the other 2 files",
    "Compare with the last survey",
    "Compare with the last survey, again (2)",
    "Write report.md",
    "Remember what was learned",
    "Ask for approval, then mail report.md to ann@example.org",
    "Read the list and the template",
    "Read the list and the template, reading 2",
    "Mail rows 1 to 100 (100 mails)",
    "Mail what is left of rows 1 to 100 (3 mails, 2)",
    "Say what was mailed",
    "Fix the login form",
    "Fix bug #17",
    "Improve search to under 20 ms",
    "Improve the README",
    "Build the docker image",
    "Research prices of flights to Oslo",
    "Check it twice",
    "do a",
    "do one",
    "use guarded",
    "Look up the address of the notary",
    "Review the contract with Smith",
    "Update the price list",
    "Lint and format the module",
    "Search the files for TODO marks",
    "Write notes.md and tell Ann",
    'Set the title to "Etc."',
    "Test the login with a wrong password",
    "Call the bank about the invoice",
    "Handle the refund of order 8812",
    "Plan the agenda of the meeting on Monday",
    "日本語の報告を書く",
    "報告",
)


@pytest.mark.parametrize(("text", "why"), VAGUE.items())
def test_a_vague_line_is_caught_with_its_reason(text: str, why: str) -> None:
    assert why_vague(text) == why


@pytest.mark.parametrize("text", CONCRETE)
def test_a_concrete_line_is_left_alone(text: str) -> None:
    assert why_vague(text) == ""


@pytest.mark.parametrize("text", VAGUE)
def test_case_and_spaces_change_nothing(text: str) -> None:
    assert why_vague(f" {text.upper()}  ") == VAGUE[text]
