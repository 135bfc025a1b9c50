"""What an agent is to be, and how people want things: a few values by key, each change an event and a version.

    agent/<id>    ProfileSet      its profile: `name`, `role`, and under any other key a standing rule
    person/<id>   PreferenceSet   what a person prefers, whichever agent works for them: format, tone, working hours …

Only people set them, on the command line. What a tool returns or a page says can become an entry of memory and nothing
else, so that no text from elsewhere is ever a rule or a preference.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError

from domain.erasure import TextErased
from domain.errors import Refused
from domain.frozen import Frozen
from domain.messages import Person

MOST = 40
"""So many keys may be set at once: all of them are told to the model each time."""
NOT_RULES = frozenset({"name", "role"})


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("it must be one line without control characters")
    return value


Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Value = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), AfterValidator(_printable)]
"""Empty: the key is set no more."""
PersonId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._@+-]{0,62}$")]
"""Who has preferences. A speaker is known by it, whatever the case: Bob is bob."""
PERSON_ID: TypeAdapter[str] = TypeAdapter(PersonId)


class ProfileSet(Frozen):
    """A person set, or took back, a value of an agent's profile."""

    type: Literal["ProfileSet"] = "ProfileSet"
    key: Key
    value: Value
    by: Person
    at: float


class PreferenceSet(Frozen):
    """Somebody set, or took back, what a person prefers."""

    type: Literal["PreferenceSet"] = "PreferenceSet"
    key: Key
    value: Value
    by: Person
    at: float


PersonEvent = PreferenceSet | TextErased
PERSON_EVENT: TypeAdapter[PersonEvent] = TypeAdapter(Annotated[PersonEvent, Field(discriminator="type")])
Setting = TypeVar("Setting", ProfileSet, PreferenceSet)


class Preference(Frozen):
    """A value as it stands: who set it, when (Unix seconds), and in which version of its stream."""

    key: Key
    value: Value
    by: Person
    at: float
    version: int


class PersonState(Frozen):
    """What a person prefers after `version` events of their stream."""

    person: PersonId
    version: int = 0
    preferences: tuple[Preference, ...] = ()

    def apply(self, event: PersonEvent) -> "PersonState":
        version, preferences = self.version + 1, self.preferences
        if isinstance(event, PreferenceSet):
            preferences = with_value(preferences, event, version)
        return self.model_copy(update={"version": version, "preferences": preferences})

    def apply_all(self, events: Iterable[PersonEvent]) -> "PersonState":
        state = self
        for event in events:
            state = state.apply(event)
        return state


def with_value(
    known: tuple[Preference, ...], event: ProfileSet | PreferenceSet, version: int
) -> tuple[Preference, ...]:
    """The values after one event, in the order of their keys."""
    rest = [each for each in known if each.key != event.key]
    if event.value:
        rest.append(Preference(key=event.key, value=event.value, by=event.by, at=event.at, version=version))
    return tuple(sorted(rest, key=lambda each: each.key))


def settings(
    kind: type[Setting], known: tuple[Preference, ...], wanted: Mapping[str, str], by: str, at: float
) -> tuple[Setting, ...]:
    """The events that set what is wanted; none for what is so already. Raises `Refused`."""
    before = {each.key: each.value for each in known}
    events = tuple(_setting(kind, key, value, by, at) for key, value in wanted.items())
    changed = tuple(event for event in events if before.get(event.key, "") != event.value)
    if len(after := before.keys() | {event.key for event in changed if event.value}) > MOST:
        raise Refused(f"{len(after)} keys are more than the {MOST} that may be set; take some back with KEY=")
    return changed


def _setting(kind: type[Setting], key: str, value: str, by: str, at: float) -> Setting:
    try:
        return kind(key=key, value=value, by=by, at=at)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["loc"][0] == "key":
            raise Refused(
                f"{key!r} is no key; right is one such as working-hours: a-z, 0-9 and -, at most 40"
            ) from None
        raise Refused(f"{first['loc'][0]} of {key}: {first['msg']}") from None


def person_id(name: str) -> str | None:
    """The id of somebody who speaks; None for a name that can have no preferences."""
    try:
        return PERSON_ID.validate_python(name.strip().casefold())
    except ValidationError:
        return None


class Customs(Frozen):
    """What holds besides what a job is told: its agent's profile, and the preferences of those who speak in it."""

    profile: tuple[Preference, ...] = ()
    people: tuple[PersonState, ...] = Field(default=())

    @property
    def rules(self) -> tuple[Preference, ...]:
        """The agent's standing rules."""
        return tuple(each for each in self.profile if each.key not in NOT_RULES)
