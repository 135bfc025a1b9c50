"""What a job asks its agent's archive before a decision, and will ask before the one after the call that still runs."""

from domain.events import ToolReturned
from domain.job import JobState
from domain.moves import Decide
from domain.todo import ItemResult, ItemStatus

ASKED = 4000
"""Characters of a question at most."""


def question(state: JobState) -> str:
    """What the job is at: its goal, its newest requirement, the item that comes next."""
    assert state.asked is not None
    newest = state.requirements[-1].text if state.requirements else ""
    item = next((item.text for item in state.todo if item.status is not ItemStatus.COMPLETED), "")
    return f"{state.asked.goal} {newest} {item}"[:ASKED]


def next_question(state: JobState, now: float) -> str | None:
    """What will be asked when the open call has returned; None when no decision comes next then."""
    if state.call is None:
        return None
    after = state.apply(ToolReturned(call=state.call.version, result=ItemResult(), at=now))
    return question(after) if isinstance(after.next_move(), Decide) else None
