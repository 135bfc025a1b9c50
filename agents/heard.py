"""What people said to a job, as its model is told: all of it, word for word, until it would be too much.

    said ──▶ fits ──▶ told whole
         └──▶ is too much ──▶ a person is asked to sum it up ──▶ their words stand for all that was said before
                                                             └──▶ nobody did in time: the job gives up
    goal, profile and preferences alone are too much ──▶ refused: no summary would help

Nothing that a person said or was told is cut away by a machine. Goal and inputs always stay as they are.
"""

from dataclasses import dataclass

from domain.errors import LonghaulError
from domain.facts import Exchange, Said
from domain.job import JobState

SUM_UP = "What people said to this job is too long for its model"
QUESTION = (
    SUM_UP + " (about {} tokens, of {} that there is room for). Please say in one message what holds now, in full: "
    "it then stands for all that was said before it. The goal stays."
)
DEFAULT = "the job gives up: nothing that was said is left out without a person"
GAVE_UP = "What people said was too long for the model, and nobody summed it up in time."


ALONE = (
    "goal, profile and preferences alone have about {} tokens, of {} that there is room for beside a summary;"
    " set LONGHAUL_PROMPT_TOKENS higher where workers run, and start them again"
)
SUMMARY = 1000
"""Tokens that are kept free for a summary, when it is asked for."""


class TooMuchSaid(LonghaulError):
    """People said more than there is room for in a prompt."""

    def __init__(self, found: int, room: int) -> None:
        super().__init__(f"{found} tokens, of {room}")
        self.question = QUESTION.format(found, room)


@dataclass(frozen=True)
class Heard:
    """What counts of what was said. `summary` stands for all that was said before it."""

    requirements: tuple[Said, ...]
    information: tuple[Said, ...]
    exchanges: tuple[Exchange, ...]
    summary: Exchange | None = None


def heard(state: JobState) -> Heard:
    """What was said, from the last summary on."""
    asked = [each for each in state.exchanges if each.question.startswith(SUM_UP)]
    summary = next((each for each in reversed(asked) if each.by is not None), None)
    since = summary.asked if summary else 0
    return Heard(
        requirements=tuple(said for said in state.requirements if said.version >= since),
        information=tuple(said for said in state.information if said.version >= since),
        exchanges=tuple(each for each in state.exchanges if each.asked >= since and each not in asked),
        summary=summary,
    )


def nobody_summed_up(state: JobState) -> bool:
    """Whether a person was asked to, and the time is over."""
    last = state.exchanges[-1] if state.exchanges else None
    return last is not None and last.question.startswith(SUM_UP) and last.by is None
