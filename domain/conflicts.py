"""What contradicts itself as far as a rule can see: one key, and different values of it.

A voice is what a person last said of a key in a line `key=value` (or `set key=value`) of a requirement, else what they
prefer, and what the agent's standing rules say. `key: value` counts too, where a preference or a rule has that key.
Voices that differ, whatever their case and spaces, are asked about, once for the same values; what nobody answers in
time goes by the stated default: the newest requirement, else the standing rule, else whoever asked for the job.

Nothing else is seen: two sentences that exclude each other are for the model to notice, which is told to ask.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from domain.canonical import canonical
from domain.facts import Exchange, JobFacts
from domain.preference import Customs, person_id
from domain.todo_events import DoubtRaised

BEGINNING = "These contradict each other: "
_LINE = re.compile(r"(?:set\s+)?([a-z][a-z0-9 _-]{0,39}?)\s*([=:])\s*(\S.*)", re.IGNORECASE)
_QUOTED = re.compile(r"“([^”]*)”")
_REVISION = re.compile(r"\(revision ([0-9]+)\)")
SHOWN = 200


@dataclass(frozen=True)
class Voice:
    """What one person, or the agent's standing rule, says of a key. `revision` is 0 for what is no requirement."""

    key: str
    value: str
    line: str
    who: str
    revision: int = 0

    @property
    def means(self) -> str:
        """The value, whatever its case and spaces."""
        return " ".join(self.value.casefold().split())

    @property
    def told(self) -> str:
        quoted = self.line[:SHOWN].replace("“", '"').replace("”", '"')
        return f"{self.who} “{quoted}”" + f" (revision {self.revision})" * bool(self.revision)


def people_of(state: JobFacts) -> tuple[str, ...]:
    """The ids of those who asked for the job or spoke to it, in the order in which they came."""
    asked = [state.asked.requested_by] if state.asked else []
    said = [said.by for said in (*state.requirements, *state.information)]
    answered = [exchange.by for exchange in state.exchanges if exchange.by]
    return tuple(dict.fromkeys(found for name in (*asked, *said, *answered) if (found := person_id(name))))


def due(state: JobFacts, customs: Customs) -> DoubtRaised | None:
    """The first contradiction that people were not asked about yet."""
    required = _required(state, customs)
    voices = [*required, *_preferred(state, customs, required), *_ruled(customs)]
    for key in dict.fromkeys(voice.key for voice in voices):
        heard = [voice for voice in voices if voice.key == key]
        values = sorted({voice.means for voice in heard})
        if len(values) > 1 and (name := f"{key}:{_named(values)}") not in state.raised:
            return DoubtRaised(question=_question(heard), default=_default(heard), key=name)
    return None


def _named(values: list[str]) -> str:
    return hashlib.sha256(canonical(list[JsonValue](values))).hexdigest()[:16]


def _required(state: JobFacts, customs: Customs) -> list[Voice]:
    """What each person last required of each key, the newest last."""
    known = {each.key for each in customs.rules} | {
        each.key for person in customs.people for each in person.preferences
    }
    last = dict[tuple[str, str], Voice]()
    for said in state.requirements:
        for line in said.text.splitlines():
            found = _LINE.fullmatch(line.strip())
            key = "-".join(found[1].casefold().split()) if found else ""
            if found and (found[2] == "=" or key in known):
                by = person_id(said.by) or said.by
                last.pop((by, key), None)
                last[by, key] = Voice(key, found[3], line.strip(), f"{said.by} said", said.revision)
    return list(last.values())


def _preferred(state: JobFacts, customs: Customs, required: Iterable[Voice]) -> Iterator[Voice]:
    """What people prefer, but for what they themselves required otherwise; whoever asked for the job comes first."""
    theirs = {(person_id(voice.who.removesuffix(" said")), voice.key) for voice in required}
    order = people_of(state)
    for person in sorted(customs.people, key=lambda each: order.index(each.person) if each.person in order else 99):
        for each in person.preferences:
            if (person.person, each.key) not in theirs:
                yield Voice(each.key, each.value, f"{each.key}={each.value}", f"{person.person} prefers")


def _ruled(customs: Customs) -> Iterator[Voice]:
    for each in customs.rules:
        yield Voice(each.key, each.value, f"{each.key}={each.value}", RULE)


RULE = "the agent's standing rule is"


def _question(heard: list[Voice]) -> str:
    told = "; ".join(voice.told for voice in heard[:8])
    return f"{BEGINNING}{told}. Which holds for this job? Answer with the words that do."


def _default(heard: list[Voice]) -> str:
    required = [voice for voice in heard if voice.revision]
    ruled = [voice for voice in heard if voice.who == RULE]
    chosen = [*required[-1:], *ruled, *heard][0]
    return (
        f"what {chosen.told} holds" if chosen.who != RULE else f"the agent's standing rule holds: {chosen.line[:SHOWN]}"
    )


def settled(exchanges: Iterable[Exchange], revision: int) -> Iterator[tuple[str, str]]:
    """What people answered about requirements of which `revision` was the newest: the words that hold, and who said so.

    An answer that is but a value stands for the line that had it.
    """
    for exchange in exchanges:
        if exchange.by and exchange.question.startswith(BEGINNING) and _newest(exchange.question) == revision:
            lines = _QUOTED.findall(exchange.question)
            named = [line for line in lines if _value(line) == " ".join(exchange.answer.casefold().split())]
            yield (named[0] if named else exchange.answer), exchange.by


def _newest(question: str) -> int:
    return max((int(number) for number in _REVISION.findall(_QUOTED.sub("", question))), default=0)


def _value(line: str) -> str:
    found = _LINE.fullmatch(line)
    return " ".join(found[3].casefold().split()) if found else ""
