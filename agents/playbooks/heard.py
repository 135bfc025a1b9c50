"""How a playbook reads what people say: line by line, asking once about a message that it does not understand.

Each playbook has its own words; this is what all of them do with a message. What is unclear is asked about, the answer
is read in the same way, and what is unclear again is set aside, which the job says at its end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from agents.survey.words import clip, plain
from domain.answers import Ask
from domain.conflicts import settled
from domain.facts import JobFacts, Said

C = TypeVar("C")

ReadLine = Callable[[str, str], C | None]
"""What a line means that somebody wrote, or None."""


@dataclass(frozen=True)
class Words(Generic[C]):
    """A playbook's language. `job` and `known` name the job type and all that it understands, for the question."""

    job: str
    known: str
    read: ReadLine[C]
    default: str

    def understood(self, text: str, by: str) -> tuple[tuple[C, ...], str]:
        """The changes that a message holds, and those of its lines that are none."""
        changes, unclear = list[C](), list[str]()
        for line in filter(None, (line.strip() for line in text.splitlines())):
            change = self.read(line, by)
            if change is None:
                unclear.append(line)
            else:
                changes.append(change)
        return tuple(changes), " / ".join(unclear)

    def question(self, revision: int, unclear: str) -> Ask:
        """The one question about a message that was not understood."""
        quoted = clip(plain(unclear, 1000), 200)
        text = f'Revision {revision} says "{quoted}", which a {self.job} does not understand.'
        return Ask(question=f"{text} It understands: {self.known}. What is to change?", default=self.default)


@dataclass(frozen=True)
class Heard(Generic[C]):
    """Everything that people have said of what they want, as of now."""

    changes: tuple[C, ...] = ()
    set_aside: tuple[tuple[str, str], ...] = ()
    """What was not understood in the end, and who said it."""
    question: Ask | None = None
    """What must be asked next."""
    amended: bool = False
    """Whether the answer to a question has changed something, without a new revision."""


def heard(state: JobFacts, words: Words[C]) -> Heard[C]:
    """What the job's requirements, and the answers to questions about them, amount to."""
    found = Heard[C]()
    for said in state.requirements:
        found = _heard(found, said, state, words)
        for answer, by in settled(state.exchanges, said.revision):
            found = _settled(found, answer, by, words)
    return found


def _settled(before: Heard[C], answer: str, by: str, words: Words[C]) -> Heard[C]:
    """What holds of requirements that contradicted something: the last word on it."""
    changes = words.understood(answer, by)[0] or words.understood(f"set {answer}", by)[0]
    aside = before.set_aside if changes else (*before.set_aside, (answer, by))
    changed = before.amended or bool(changes)
    return replace(before, changes=before.changes + changes, set_aside=aside, amended=changed)


def _heard(before: Heard[C], said: Said, state: JobFacts, words: Words[C]) -> Heard[C]:
    changes, unclear = words.understood(said.text, said.by)
    after = replace(before, changes=before.changes + changes)
    if not unclear:
        return after
    asked = words.question(said.revision, unclear)
    exchange = next((one for one in state.exchanges if one.question == asked.question), None)
    if exchange is None:
        return replace(after, question=after.question or asked)
    more, still_unclear = words.understood(exchange.answer, exchange.by) if exchange.by else ((), "")
    aside = after.set_aside if more and not still_unclear else (*after.set_aside, (unclear, said.by))
    return replace(after, changes=after.changes + more, set_aside=aside, amended=after.amended or bool(more))
