"""Keys for approvers."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from starter.commands.options import Output, speaker
from starter.output import data, next_commands, say, show
from stores.signatures import new_key


def approver_key_(
    path: Path,
    /,
    *,
    name: Annotated[str | None, Parameter(help="the approver; else the user of this machine")] = None,
    output: Output = "text",
) -> None:
    """Make an approver's key: the private one in a new file, the public one to be named in LONGHAUL_APPROVERS."""
    who, public = speaker(name), new_key(path.absolute())
    if output != "text":
        return data({"name": who, "public_key": public, "private_key_file": str(path.absolute())}, output)
    show(f"{who}={public}")
    say("for LONGHAUL_APPROVERS, where the workers run")
    say(f"LONGHAUL_APPROVER_KEY_FILE={path.absolute()} is for {who} alone, where {who} approves")
    next_commands(f"longhaul approve JOB REQUEST --by {who}")
