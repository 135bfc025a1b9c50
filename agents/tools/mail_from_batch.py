"""mail_from_batch: sends one mail of a batch. One consent, to the digest of the whole batch, covers them all."""

from agents.mail.address import Address
from agents.mail.mail import Mail
from agents.mail.mailer import Mailer
from agents.mailing.batch import Batch, Group, batch_of, letters_of
from agents.tools.send_email import SECONDS
from agents.tools.tool import Args, Tool, ToolContext, ToolResult
from domain.canonical import args_hash
from domain.errors import ToolInvalid
from domain.frozen import Digest
from domain.tools import Batch as Consented

NAME = "mail_from_batch"


class MailFromBatchArgs(Args):
    """Which mail of which batch. `mails` and `subject` are the batch's, for the person who is asked."""

    batch: Digest
    row: int
    to: Address
    mails: int
    subject: str


def mail_from_batch(mailer: Mailer) -> Tool[MailFromBatchArgs]:
    """The tool for that way out."""

    async def run(ctx: ToolContext, args: MailFromBatchArgs) -> ToolResult:
        batch = batch_of(await ctx.artifact(args.batch))
        letter = letters_of(await ctx.artifact(_group(batch, args).sha256))[args.row]
        known_as = await mailer.send(ctx, Mail(letter.to, letter.subject, letter.text))
        return ToolResult(text=f"mailed to {letter.to}", data={"to": letter.to, "message_id": known_as})

    return Tool(
        name=NAME,
        effect=mailer.effect,
        args=MailFromBatchArgs,
        run=run,
        summary=lambda args: f"mail to {args.to} (row {args.row})",
        guarded=True,
        seconds=SECONDS,
        resource=lambda args: mailer.resource,
        batch=_consented,
    )


def consent_to(batch: str) -> str:
    """What a consent to the batch names."""
    return args_hash(NAME, {"batch": batch})


def _consented(args: MailFromBatchArgs) -> Consented:
    many = "1 mail" if args.mails == 1 else f"up to {args.mails:,} mails"
    return Consented(consent_to(args.batch), f"send {many}: {args.subject} (batch {args.batch[:12]}, see mailing.md)")


def _group(batch: Batch, args: MailFromBatchArgs) -> Group:
    """The group with that mail. The arguments must say of the batch what is true: a person read them."""
    group = batch.group_of(args.row)
    if group is None or (args.row, args.to) not in group.rows:
        raise ToolInvalid(f"row {args.row} of the batch is not a mail to {args.to}")
    if (args.mails, args.subject) != (batch.mails, batch.subject):
        raise ToolInvalid(f"the batch has {batch.mails} mails with the subject {batch.subject!r}")
    return group
