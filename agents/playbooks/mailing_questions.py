"""What a mailing asks people about, and how their answers are read."""

import re
from enum import Enum, auto

from agents.survey.words import count, plain
from domain.answers import Ask
from domain.facts import JobFacts, Step
from domain.todo import ItemResult

IN_A_ROW = 3
"""After so many mails in a row that did not go out, people are asked before the next."""
_STEP = re.compile(r"\(after step (\d+)\)")
_STOP = "nothing more is mailed"


class Reply(Enum):
    """What a person said to a question."""

    GO_ON = auto()
    RELOAD = auto()
    STOP = auto()
    UNCLEAR = auto()


WORDS = {"go on": Reply.GO_ON, "go": Reply.GO_ON, "yes": Reply.GO_ON, "continue": Reply.GO_ON}
WORDS |= {"reload": Reply.RELOAD, "stop": Reply.STOP, "no": Reply.STOP}


def reply_to(state: JobFacts, ask: Ask) -> Reply | None:
    """The last answer to that question; nobody's answer in time is a stop."""
    answers = [exchange for exchange in state.exchanges if exchange.question == ask.question]
    if not answers:
        return None
    if answers[-1].by is None:
        return Reply.STOP
    return WORDS.get(" ".join(answers[-1].answer.lower().strip(" .!`").split()), Reply.UNCLEAR)


def about_faults(reading: int, result: ItemResult) -> Ask:
    """What to do about the rows that cannot be mailed."""
    faults, mails, first = (result.data.get(name) for name in ("faults", "mails", "first"))
    assert isinstance(faults, int)
    assert isinstance(mails, int)
    told = [str(each) for each in first] if isinstance(first, list) else []
    more = f" … and {faults - len(told):,} more" if faults > len(told) else ""
    listed = f"{'; '.join(told)}{more}. They are all in mailing.md"
    if mails == 0:
        ways = "Answer `reload` once the files are mended, or `stop`."
        return Ask(question=f"Nothing can be mailed (reading {reading}): {listed}. {ways}", default=_STOP)
    ways = f"Answer `go on` to mail the other {mails:,}, `reload` once the files are mended, or `stop`."
    asked = f"{count(faults, 'row')} cannot be mailed (reading {reading}): {listed}. {ways}"
    return Ask(question=asked, default=_STOP)


def about_failures(state: JobFacts, tool: str) -> Ask | None:
    """Whether to go on, when mails in a row did not go out; asked again after as many more."""
    trail = _trail(state, tool)
    if len(trail) < IN_A_ROW or state.steps_done - _asked_after(state) < IN_A_ROW:
        return None
    return _failures(len(trail), trail[-1], state.steps_done)


def stopped(state: JobFacts) -> bool:
    """Whether the answer to the last such question was to stop."""
    for exchange in reversed(state.exchanges):
        if found := _STEP.search(exchange.question):
            ask = Ask(question=exchange.question, default=_STOP)
            return int(found[1]) == state.steps_done and reply_to(state, ask) is Reply.STOP
    return False


def _failures(number: int, last: Step, after: int) -> Ask:
    told = f"{number} mails in a row did not go out, or may not have; the last: {plain(last.text, 300)}"
    ways = f"Answer `go on` or `stop`; `longhaul tell JOB 'skip GLOB'` leaves some out. (after step {after})"
    return Ask(question=f"{told}. {ways}", default=_STOP)


def _trail(state: JobFacts, tool: str) -> list[Step]:
    """The last steps, as far as they are mails that did not surely go out."""
    trail = list[Step]()
    for step in reversed(state.steps):
        if step.tool != tool or step.outcome == "returned":
            break
        trail.insert(0, step)
    return trail


def _asked_after(state: JobFacts) -> int:
    found = (_STEP.search(exchange.question) for exchange in state.exchanges)
    return max((int(each[1]) for each in found if each), default=0)
