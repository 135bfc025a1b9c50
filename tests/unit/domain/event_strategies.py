"""Hypothesis strategies for every event type, made by pydantic, with small numbers so that they often fit together."""

from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from domain.events import JobEvent

EVENT_TYPES: tuple[type[BaseModel], ...] = get_args(JobEvent)

TIMES = st.sampled_from([0.0, 1_800_000_000.0, 1_800_000_000.5, 1_900_000_000.0])
NUMBERS = {"revision": st.integers(1, 4), "step": st.integers(1, 5), "priority": st.integers(-2, 2)}
WORDS: dict[str, st.SearchStrategy[str]] = {
    "job": st.just("toy-1"),
    "agent": st.just("ann"),
    "job_type": st.just("toy"),
    "item": st.sampled_from("abc"),
    "args_hash": st.sampled_from(["a" * 64, "b" * 64]),
    "batch": st.sampled_from(["a" * 64, "e" * 64]),
    "ref": st.just("c" * 64),
    "ed25519": st.just("A" * 86 + "=="),
    "sha256": st.just("d" * 64),
    "hash": st.just("e" * 64),
    "message_id": st.text("mn0123456789", min_size=1, max_size=6),
    "tool": st.sampled_from(["keyed", "once"]),
    "recalled": st.sampled_from(["m1", "m17"]),
    "person": st.sampled_from(["bob", "ann"]),
    "move": st.sampled_from(["Decide", "Act"]),
}
TEXT = st.sampled_from(["x", "do it", "naïve ñ", "日本"])


def of(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Instances of one model, validated."""
    fields = {name: field(name, info.annotation) for name, info in model.model_fields.items()}
    return st.fixed_dictionaries(fields).map(model.model_validate)


def field(name: str, annotation: Any) -> st.SearchStrategy[Any]:
    """Values for one field."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return field(name, inner[0])
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, UnionType):
        return st.one_of([field(name, each) for each in inner])
    if origin is tuple:
        one = field("item" if name in ("ticked", "order", "archived", "stale") else name, inner[0])
        return st.lists(one, max_size=3, unique_by=lambda made: str(getattr(made, "item", made)))
    if origin is dict:
        return st.dictionaries(TEXT, st.one_of(st.integers(-3, 3), TEXT, st.booleans(), st.none()), max_size=2)
    return _of_class(name, annotation)


def _of_class(name: str, annotation: type) -> st.SearchStrategy[Any]:
    if annotation is NoneType:
        return st.none()
    if issubclass(annotation, BaseModel):
        return of(annotation)
    if issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return NUMBERS.get(name, st.integers(1, 9))
    if annotation is float:
        return st.sampled_from([0.5, 2.0]) if name in ("days", "cost") else TIMES
    return WORDS.get(name, TEXT)


EVENTS: st.SearchStrategy[JobEvent] = st.one_of([of(each) for each in EVENT_TYPES])
