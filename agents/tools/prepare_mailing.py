"""prepare_mailing: reads the list and the template, and renders every mail. Nothing is sent.

The result's content is the `Batch` (agents/mailing/batch.py), its attachments are the groups. Its data:

    {"mails": n, "faults": n, "first": ["row 5: …", …], "subject": "…"}

A list or a template that cannot be used is a fault too: a person is asked about all of them at once.
"""

import hashlib
import os
import stat
from collections.abc import Callable

from agents.mailing.batch import Batch, dumped
from agents.mailing.preview import NAME, preview
from agents.mailing.recipients import Fault
from agents.mailing.render import Rendered, rendered
from agents.survey.thread import beside
from agents.survey.words import count, visible
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.answers import Effect

LARGEST_LIST = 32_000_000
LARGEST_TEMPLATE = 1_000_000
FIRST = 5


class PrepareMailingArgs(Args):
    """The paths of the list (CSV) and of the template. `reading` counts: a person may want them read again."""

    recipients: str
    template: str
    reading: int = 1


async def _run(ctx: ToolContext, args: PrepareMailingArgs) -> ToolResult:
    made = await beside(lambda still_wanted: _made(args, still_wanted))
    content = dumped(made.batch)
    shown = preview(made, args.recipients, args.template, hashlib.sha256(content).hexdigest())
    return ToolResult(
        text=f"{count(made.batch.mails, 'mail')} can be sent, {count(len(made.faults), 'row')} cannot",
        data={
            "mails": made.batch.mails,
            "faults": len(made.faults),
            "first": [str(fault)[:300] for fault in made.faults[:FIRST]],
            "subject": made.batch.subject,
        },
        content=content,
        attachments=made.groups,
        files={NAME: shown.encode()},
    )


def _made(args: PrepareMailingArgs, still_wanted: Callable[[], None]) -> Rendered:
    contents = list[bytes]()
    for what, path, largest in (
        ("list of recipients", args.recipients, LARGEST_LIST),
        ("template", args.template, LARGEST_TEMPLATE),
    ):
        try:
            contents.append(_content(path, largest))
        except OSError as error:
            why = f"the {what}: {visible(path)} cannot be read: {error.strerror}"
            return Rendered(Batch(subject="", groups=()), faults=(Fault(why),))
    return rendered(contents[0], contents[1], still_wanted)


def _content(path: str, largest: int) -> bytes:
    """A regular file's content. Raises `OSError`."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:  # noqa: PTH123 - a descriptor
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is no file")
        if found.st_size > largest:
            raise OSError(0, f"it has {found.st_size:,} bytes, at most {largest:,}")
        return stream.read(largest)


PREPARE_MAILING = Tool(
    name="prepare_mailing",
    effect=Effect.PURE,
    args=PrepareMailingArgs,
    run=_run,
    summary=lambda args: f"read {visible(args.recipients)}, render {visible(args.template)}",
    seconds=300.0,
)
