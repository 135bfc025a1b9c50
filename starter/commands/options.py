"""Options that several commands share."""

import getpass
from typing import Annotated

from cyclopts import Parameter

from starter.output import Format

Output = Annotated[Format, Parameter(name=["--output", "-o"], help="how to print: text, json or jsonl")]
By = Annotated[str | None, Parameter(help="who says this: a claim, but for signed approvals")]


def speaker(by: str | None) -> str:
    """Who speaks: as said, else the user of this machine."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
