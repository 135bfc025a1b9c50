"""One key and different values: people are asked which holds, once, with a stated default."""

from typing import Any

import pytest

from domain import events as e
from domain.conflicts import due, people_of, settled
from domain.facts import Exchange
from domain.hear import hear, parse
from domain.job import JobState
from domain.moves import Decide, Wait
from domain.preference import Customs, PersonState, Preference, PreferenceSet
from domain.todo_events import DoubtRaised
from tests.unit.domain import toy

AT = toy.NOW


def told(state: JobState, by: str, text: str, kind: str = "tell") -> JobState:
    return state.apply(hear(state, parse(kind, {"by": by, "text": text}, f"m{state.version}", AT)))


def required(*said: tuple[str, str]) -> JobState:
    state = toy.opened()
    for by, text in said:
        state = told(state, by, text)
    return state


def rules(**values: str) -> tuple[Preference, ...]:
    return tuple(Preference(key=key, value=value, by="ann", at=AT, version=1) for key, value in values.items())


def prefers(person: str, **values: str) -> PersonState:
    events = [PreferenceSet(key=key, value=value, by=person, at=AT) for key, value in values.items()]
    return PersonState(person=person).apply_all(events)


def asked(state: JobState, doubt: DoubtRaised) -> JobState:
    until = {"until": AT + 10, "default": doubt.default}
    return state.apply_all([doubt, e.QuestionAsked.model_validate({"about": doubt.question, "deadline": until})])


TWO = required(("ann", "set title=Books"), ("ben", "set title=Accounts"))

CONTRADICTIONS: list[tuple[str, JobState, Customs, tuple[str, ...], str]] = [
    (
        "two people's requirements",
        TWO,
        Customs(),
        ("ann said “set title=Books” (revision 2)", "ben said “set title=Accounts” (revision 3)"),
        "what ben said “set title=Accounts” (revision 3) holds",
    ),
    (
        "a requirement and a standing rule",
        required(("ann", "Language: English\nignore *.lock")),
        Customs(profile=rules(language="German")),
        ("ann said “Language: English” (revision 2)", "the agent's standing rule is “language=German”"),
        "what ann said “Language: English” (revision 2) holds",
    ),
    (
        "what two people prefer",
        told(toy.opened(), "ann", "the office is closed", "inform"),
        Customs(people=(prefers("ann", tone="formal"), prefers("bob", tone="short"))),
        ("bob prefers “tone=short”", "ann prefers “tone=formal”"),
        "what bob prefers “tone=short” holds",
    ),
    (
        "a preference and a standing rule",
        toy.opened(),
        Customs(profile=rules(tone="formal"), people=(prefers("bob", tone="short"),)),
        ("bob prefers “tone=short”", "the agent's standing rule is “tone=formal”"),
        "the agent's standing rule holds: tone=formal",
    ),
    (
        "a requirement and what another prefers",
        required(("ann", "tone=formal")),
        Customs(people=(prefers("bob", tone="short"),)),
        ("ann said “tone=formal” (revision 2)", "bob prefers “tone=short”"),
        "what ann said “tone=formal” (revision 2) holds",
    ),
]
AGREEMENTS: dict[str, tuple[JobState, Customs]] = {
    "one person changes their mind": (required(("ann", "title=Books"), ("ann", "title=Accounts")), Customs()),
    "the same in other words": (
        required(("ann", "title=Books  and more"), ("ben", "TITLE = books and More")),
        Customs(),
    ),
    "different keys": (required(("ann", "title=Books"), ("ben", "email=ben@example.org")), Customs()),
    "a person overrules their own preference": (
        required(("bob", "tone=long")),
        Customs(people=(prefers("bob", tone="short"),)),
    ),
    "a name is no rule": (required(("ann", "name=Bo")), Customs(profile=rules(name="Ann", role="cook"))),
    "prose": (required(("ann", "Note: be quick"), ("ben", "Note: be careful")), Customs(profile=rules(tone="formal"))),
    "an address": (
        required(("ann", "see https://example.org/?a=1"), ("ben", "see https://example.org/?a=2")),
        Customs(),
    ),
}


@pytest.mark.parametrize(
    ("state", "customs", "voices", "default"),
    [each[1:] for each in CONTRADICTIONS],
    ids=[each[0] for each in CONTRADICTIONS],
)
def test_it_is_asked_with_both_sides_and_a_default(
    state: JobState, customs: Customs, voices: tuple[str, ...], default: str
) -> None:
    doubt = due(state, customs)
    assert doubt is not None
    assert all(voice in doubt.question for voice in voices), doubt.question
    assert doubt.default == default
    waiting = asked(state, doubt)
    assert isinstance(waiting.next_move(), Wait)
    assert due(waiting, customs) is None, "it is asked once"


@pytest.mark.parametrize("name", AGREEMENTS)
def test_what_does_not_contradict_is_not_asked(name: str) -> None:
    assert due(*AGREEMENTS[name]) is None


def test_after_the_answer_the_job_goes_on_and_a_new_value_is_a_new_question() -> None:
    doubt = due(TWO, Customs())
    assert doubt is not None
    state = asked(TWO, doubt)
    state = state.apply(
        hear(state, parse("answer", {"by": "cy", "request": state.requests[0].id, "text": "Books"}, "a", AT))
    )
    state = state.apply(e.TurnTaken(at=AT))
    assert isinstance(state.next_move(), Decide)
    assert due(state, Customs()) is None
    assert due(told(state, "ben", "title=Books"), Customs()) is None, "ben gave in"
    assert due(told(state, "ben", "title=Ledger"), Customs()) is not None


@pytest.mark.parametrize(
    ("answer", "words"),
    [("Books", "set title=Books"), (" books ", "set title=Books"), ("set title=Both", "set title=Both")],
)
def test_a_value_alone_stands_for_its_line(answer: str, words: str) -> None:
    doubt = due(TWO, Customs())
    assert doubt is not None
    exchange = Exchange(question=doubt.question, answer=answer, by="cy")
    assert list(settled([exchange], 3)) == [(words, "cy")]
    assert list(settled([exchange], 2)) == [], "it settles what was said up to then"
    assert list(settled([exchange.model_copy(update={"by": None})], 3)) == [], "the default changes nothing"


def test_people_are_those_who_speak_and_can_have_preferences() -> None:
    state = told(required(("Ann", "title=Books"), ("Bob Smith", "x=1")), "ben", "hello", "inform")
    assert people_of(state) == ("bob", "ann", "ben")


def test_a_quotation_cannot_pose_as_a_revision() -> None:
    state = required(("ann", "title=x (revision 99)"), ("ben", "title=y” (revision 98)"))
    doubt = due(state, Customs())
    assert doubt is not None
    exchange = Exchange(question=doubt.question, answer="x (revision 99)", by="cy")
    assert len(list(settled([exchange], 3))) == 1


def test_a_long_contradiction_still_fits_into_a_question() -> None:
    said: list[tuple[str, str]] = [(f"{'p' * 150}{n}", f"title={'x' * 3000}{n}") for n in range(12)]
    doubt = due(required(*said), Customs())
    assert doubt is not None
    fields: dict[str, Any] = doubt.model_dump()
    assert DoubtRaised.model_validate(fields) == doubt
    assert len(doubt.key) < 60, "the words are in the question alone"
