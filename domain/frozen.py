"""The base of every value in the domain: immutable, and strict about what it is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Frozen(BaseModel):
    """An immutable value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""A job's or an agent's id: it becomes a workflow id, a folder and a key, so it is kept plain."""

NO_NUL = r"^[^\x00]*$"
"""Postgres keeps no NUL character."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=NO_NUL)]
"""What a person or a model says in one message; anything longer belongs into a file."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal."""

Moment = Annotated[float, Field(ge=-62_135_596_800, lt=253_402_300_800)]
"""Unix seconds, of the years 1 to 9999."""
