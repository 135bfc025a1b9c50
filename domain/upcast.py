"""Older events in today's form.

A release that changes the fields of an event raises `SCHEMA` and adds one step here, from the schema before to its own.
A row is never rewritten: it stays as it was stored and hashed, and is brought to today's form each time it is read.
Workers of the new release are deployed before anything is written in its form: an older one refuses what is newer.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from domain.errors import LonghaulError
from domain.events import SCHEMA

Fields = dict[str, Any]
"""An event as JSON, its `type` among its fields."""
Step = Callable[[Fields], Fields]
"""From one schema to the next. Pure: it returns other fields, and leaves those it was given as they are."""


def _identified(fields: Fields) -> Fields:
    """An entry of memory had no id of its own: it was known by the hash of what it says and where."""
    if fields["type"] != "MemoryAdded":
        return fields
    entry = fields["entry"]
    if entry.get("id"):  # what it said was erased, so the id is kept beside it
        return fields
    said = f"{entry['section']}\n{entry['text']}"
    return {**fields, "entry": {**entry, "id": hashlib.sha256(said.encode()).hexdigest()[:16]}}


STEPS: Mapping[int, Step] = {
    1: lambda fields: fields,  # 2: parts and batches, all optional; an older release refuses them by their number
    2: _identified,  # 3: memories with ids, trust, times and pins; archiving and rolling back
    3: lambda fields: fields,  # 4: vague and stale items, when a plan was made: all optional, or new events
}
"""By the schema that the step starts from: every released one before `SCHEMA`."""


class NewerSchema(LonghaulError):
    """The journal holds an event of a newer release; deploy that release's workers first."""


def upcast(fields: Fields, schema: int) -> Fields:
    """The fields of an event that was stored under `schema`, in today's form. Raises `NewerSchema`."""
    if schema > SCHEMA:
        raise NewerSchema(f"{fields.get('type')} has schema {schema}, this release knows {SCHEMA}")
    for older in range(schema, SCHEMA):
        fields = STEPS[older](fields)
    return fields
