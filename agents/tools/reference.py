"""Text that is too long for an argument, and so goes by reference.

A call holds the SHA-256 of the artifact, so events and approvals stay small and are bound to the exact text. A language
model is asked for the text itself, under the same name: it is kept as an artifact before the call is checked.
"""

from typing import Annotated

from pydantic import Field

from domain.frozen import Digest

MARK = "x-text-by-reference"
"""Marks such an argument in the JSON Schema of a tool."""

TextRef = Annotated[Digest, Field(json_schema_extra={MARK: True})]
"""The artifact that holds a text."""
