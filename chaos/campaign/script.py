"""What the scripted model says of a job: a pure function of how the job stands. Every item is one call of one tool.

The world answers by it when it is asked (`chaos.campaign.world`), and the expected end of a job is played by it
(`chaos.campaign.expected`).
"""

import hashlib
import re
from typing import Any

from domain.frozen import Frozen
from domain.job import JobState
from domain.todo import ItemStatus

WORDS = re.compile(r"\b(?:fact|said)-[0-9a-f]{12}\b")
"""What is looked for in prompts: what people said, and what jobs remembered."""
EFFECTLESS = ("look", "ask")


class View(Frozen):
    """How a job stands, as far as the script goes by it."""

    job: str
    wanted: tuple[str, ...]
    done: tuple[str, ...]
    refused: tuple[str, ...]
    waiting: tuple[str, ...]
    """Items whose call has an unknown outcome that nobody has settled as not sent."""
    answered: tuple[str, ...] = ()
    """Questions that have their answer."""
    plan_is_old: bool

    @property
    def left(self) -> tuple[str, ...]:
        """What is still to be called, in the order in which it was asked for."""
        over = {*self.done, *self.refused, *self.waiting}
        return tuple(item for item in self.wanted if item not in over)


def view(state: JobState) -> View:
    """The view of a state."""
    assert state.asked is not None
    wanted, done, refused = _wanted(state), _done(state), _refused(state)
    undone = [item.item for item in state.todo if item.status is not ItemStatus.COMPLETED]
    return View(
        job=state.asked.job,
        wanted=wanted,
        done=done,
        refused=refused,
        waiting=tuple(
            call.open.call.item for call in state.unknown if call.happened is not False and call.verdict != "again"
        ),
        answered=tuple(exchange.question for exchange in state.exchanges),
        plan_is_old=state.planned_revision < state.revision or any(item not in wanted for item in undone),
    )


def answer(view: View, other: int = 0) -> dict[str, Any]:
    """The model's answer. With `other`, one that is as sound, but begins with another item."""
    kept = [item for item in view.wanted if item not in (*view.done, *view.refused)]
    plan = [{"item": item, "text": f"Call {item.partition(':')[0]} for {item}"} for item in kept]
    if not view.left:
        finish = {"kind": "finish", "result": f"{len(view.done)} calls were made"}
        return {"says": "all is done", "plan": plan if view.plan_is_old or view.refused else None, "intent": finish}
    item = view.left[other % len(view.left)]
    says = f"next is {item}" if not other else f"on reflection, next is {item}"
    return {"says": says, "plan": plan if view.plan_is_old else None, "intent": _intent(view, item)}


def _intent(view: View, item: str) -> dict[str, Any]:
    """A question first, where the item is one: once it is answered, the item is to look."""
    tool = item.partition(":")[0]
    if tool == "ask" and question(item) not in view.answered:
        return {"kind": "ask", "question": question(item), "default": "either way"}
    return {"kind": "use_tool", "tool": "look" if tool == "ask" else tool, "args": {"item": item}, "item": item}


def question(item: str) -> str:
    """What an `ask` asks."""
    return f"Which way for {item}?"


def answered(job: str, about: str) -> str:
    """The word of the answer to a question: it stands in what people said alone."""
    return f"said-{_word(job, about)}"


def remembered(job: str, item: str) -> str:
    """The word that a `keep` remembers, else nothing: it stands in the agent's memory alone."""
    return f"fact-{_word(job, item)}" if item.startswith("keep") else ""


def _word(job: str, what: str) -> str:
    return hashlib.sha256(f"{job}/{what}".encode()).hexdigest()[:12]


def added(text: str) -> str:
    """The item that a requirement adds: `also ITEM WORD`."""
    return text.split(" ")[1]


def _wanted(state: JobState) -> tuple[str, ...]:
    assert state.asked is not None
    items = state.asked.inputs["items"]
    assert isinstance(items, list)
    asked = [str(item) for item in items]
    return tuple(dict.fromkeys([*asked, *(added(said.text) for said in state.requirements)]))


def _done(state: JobState) -> tuple[str, ...]:
    sent = [call.open.call.item for call in state.unknown if call.happened or call.verdict == "sent"]
    return tuple(dict.fromkeys([*(item.item for item in state.todo if item.status is ItemStatus.COMPLETED), *sent]))


def _refused(state: JobState) -> tuple[str, ...]:
    """A person who denies one payment denies them all."""
    denied = any(consent.verdict != "granted" for consent in state.consents)
    return tuple(item for item in _wanted(state) if denied and item.startswith("pay"))
