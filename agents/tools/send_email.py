"""send_email: one text mail to one address, with a person's consent; by SMTP or over HTTP (agents/mail/mailer.py)."""

from typing import Annotated

from pydantic import AfterValidator, Field

from agents.mail.address import Address
from agents.mail.mail import Mail
from agents.mail.mailer import Mailer
from agents.tools.reference import TextRef
from agents.tools.tool import Args, Tool, ToolContext, ToolResult

SECONDS = 30.0


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it must not hold line breaks or control characters")
    return text


class SendEmailArgs(Args):
    """`body_ref` is the artifact that holds the text of the mail."""

    to: Address
    subject: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
    body_ref: TextRef


def send_email(mailer: Mailer) -> Tool[SendEmailArgs]:
    """The tool for that way out."""

    async def run(ctx: ToolContext, args: SendEmailArgs) -> ToolResult:
        body = await ctx.artifact(args.body_ref)
        known_as = await mailer.send(ctx, Mail(args.to, args.subject, body.decode(errors="replace")))
        return ToolResult(text=f"mailed to {args.to}", data={"to": args.to, "message_id": known_as})

    return Tool(
        name="send_email",
        effect=mailer.effect,
        args=SendEmailArgs,
        run=run,
        summary=lambda args: f"mail to {args.to}: {args.subject}",
        guarded=True,
        seconds=SECONDS,
        resource=lambda args: mailer.resource,
        about="Mails a text to one address, once a person has approved it.",
    )
