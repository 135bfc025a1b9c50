"""What is done about vague items: the planner breaks them down, and if it does not, people are asked.

    a plan with a vague item ─────▶ VagueAnswered ──▶ the model is asked again, and told which and why
    a call for a vague item ──────┘      └─ MAX_VAGUE times in a row ──▶ DoubtRaised, QuestionAsked ──▶ a person

A line that a person wrote is kept, whatever it says, but marked; the planner replaces it by concrete items before work
on it starts. When people were asked, the words that they were shown count as they are: whether they answered that or
nothing, no rule calls them vague again.
"""

from domain import events as e
from domain import todo_events as t
from domain.answers import Usage
from domain.errors import InvalidAnswer
from domain.facts import MAX_VAGUE, JobFacts
from domain.messages import Deadline
from domain.todo import ItemStatus, PlanItem, TodoItem, VagueItem
from domain.vague import why_vague
from domain.words import excerpt

DEFAULT = "it is worked on as it stands"
SHOWN = 5


class VagueAnswer(InvalidAnswer):
    """The model's answer does not say what is to be done."""

    def __init__(self, items: tuple[VagueItem, ...]) -> None:
        super().__init__("; ".join(f"{item.item} ({item.text}): {item.why}" for item in items))
        self.items = items


def checked(state: JobFacts, plan: tuple[PlanItem, ...]) -> tuple[PlanItem, ...]:
    """The plan, with the marks of the lines that stand already. Raises `VagueAnswer` for new lines that are vague."""
    standing = {(old.item, old.text): old.vague for old in state.todo if old.status is not ItemStatus.COMPLETED}
    new = [item for item in plan if (item.item, item.text) not in standing and item.text not in state.shown_vague]
    if vague := tuple(
        VagueItem(item=item.item, text=item.text, why=why) for item in new if (why := why_vague(item.text))
    ):
        raise VagueAnswer(vague)
    return tuple(item.model_copy(update={"vague": standing.get((item.item, item.text), "")}) for item in plan)


def refuse_vague(item: TodoItem) -> None:
    """Raises `VagueAnswer` for an item that must be broken down before it is worked on."""
    if item.vague:
        raise VagueAnswer((VagueItem(item=item.item, text=item.text, why=item.vague),))


def refused(state: JobFacts, vague: VagueAnswer, raw: object, usage: Usage, until: Deadline) -> tuple[e.JobEvent, ...]:
    """The events for a vague answer; with the last one that is borne, people are asked `until` then."""
    answered = t.VagueAnswered(items=vague.items, excerpt=excerpt(raw), usage=usage)
    if state.vague + 1 < MAX_VAGUE:
        return (answered,)
    texts = tuple(item.text for item in vague.items)
    doubt = t.DoubtRaised(question=_question(vague.items), default=DEFAULT, texts=texts)
    return (answered, doubt, e.QuestionAsked(about=doubt.question, deadline=until))


def _question(items: tuple[VagueItem, ...]) -> str:
    named = "; ".join(f'"{item.text}" ({item.why})' for item in items[:SHOWN])
    more = f"; and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return f"The plan does not say what is to be done: {named}{more}. Which steps are meant?"
