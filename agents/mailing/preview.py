"""mailing.md: what a person reads before they consent to a batch."""

from collections.abc import Iterable

from agents.mailing.render import Rendered
from agents.survey.words import code, count, escaped, visible

NAME = "mailing.md"
FAULTS_SHOWN = 1000
ADDRESSES_SHOWN = 20_000


def preview(made: Rendered, recipients: str, template: str, digest: str) -> str:
    """The whole batch: its numbers, what cannot be mailed, the first mails in full, and every address."""
    parts = [
        f"# Mailing: {escaped(made.batch.subject) or 'nothing to send'}\n",
        f"- {count(made.batch.mails, 'mail')} from {code(recipients)} and {code(template)}",
        f"- batch {digest}: a consent holds for exactly these mails\n",
        *_faults(made),
        *_examples(made),
        *_addresses(made),
    ]
    return "\n".join(parts) + "\n"


def _faults(made: Rendered) -> Iterable[str]:
    if not made.faults:
        return
    yield f"## Cannot be mailed ({len(made.faults):,})\n"
    yield from (f"- {escaped(str(fault))}" for fault in made.faults[:FAULTS_SHOWN])
    if len(made.faults) > FAULTS_SHOWN:
        yield f"- … and {len(made.faults) - FAULTS_SHOWN:,} more"
    yield ""


def _examples(made: Rendered) -> Iterable[str]:
    if not made.examples:
        return
    yield f"## The first {count(len(made.examples), 'mail')} in full\n"
    for letter in made.examples:
        yield f"Row {letter.row}, to {code(letter.to)}: **{escaped(letter.subject)}**\n"
        yield from (f"    {visible(line)}" for line in letter.text.splitlines())
        yield ""


def _addresses(made: Rendered) -> Iterable[str]:
    rows = [row for group in made.batch.groups for row in group.rows]
    if not rows:
        return
    yield "## To whom\n"
    yield from (f"- row {row}: {code(to)}" for row, to in rows[:ADDRESSES_SHOWN])
    if len(rows) > ADDRESSES_SHOWN:
        yield f"- … and {len(rows) - ADDRESSES_SHOWN:,} more"
