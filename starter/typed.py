"""What people typed, as the values that it means."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from domain.errors import Refused
from domain.frozen import Id
from domain.preference import person_id
from domain.report import Period

M = TypeVar("M", bound=BaseModel)


def moment(text: str) -> datetime:
    """A time that a person typed, UTC unless it says otherwise. Raises `Refused`."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is no time; right is 2026-11-24, or 2026-11-24T08:27 in UTC") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def day(text: str) -> Period:
    """A day of UTC that a person typed. Raises `Refused`."""
    try:
        return Period.of_day(date.fromisoformat(text))
    except (ValueError, OverflowError):
        raise Refused(f"{text!r} is no day; right is 2026-11-24, a day of UTC") from None


def valid(model: type[M], **fields: object) -> M:
    """The value that these fields make. Raises `Refused` with the first field that is not right."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(f"{first['loc'][0] if first['loc'] else 'this'}: {first['msg']}") from error


def agent_id(text: str) -> str:
    """The id that a person typed. Raises `Refused`."""
    try:
        return TypeAdapter(Id).validate_python(text)
    except ValidationError:
        raise Refused(f"{text!r} is no agent's id; right are a-z, 0-9, - and _, at most 63 of them") from None


def person(text: str) -> str:
    """The id of a person that somebody typed. Raises `Refused`."""
    found = person_id(text)
    if found is None:
        raise Refused(f"{text!r} is no person's id; right is one such as bob or bob@example.org, without spaces")
    return found


def pairs(words: Iterable[str], example: str) -> dict[str, str]:
    """What `KEY=VALUE` words set. Raises `Refused` for one that is none, or a key that stands there twice."""
    found = dict[str, str]()
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key or key in found:
            fault = "sets a key twice" if key in found else "is no KEY=VALUE"
            raise Refused(f"{word!r} {fault}; right is {example}")
        found[key] = value
    if not found:
        raise Refused(f"what is to be set? right is {example}")
    return found
