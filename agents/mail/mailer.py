"""What sends a mail: the installation's `LONGHAUL_MAIL_URL` says which.

smtp://  smtps://   effect once    a server can neither be asked about a mail nor told to take it only once
http://  https://   effect keyed   a service that honours Idempotency-Key: a repeat under the key is one mail
"""

from typing import Protocol

from agents.mail.http import HttpMailer
from agents.mail.mail import Mail
from agents.mail.route import is_http
from agents.mail.smtp import SmtpMailer
from agents.tools.tool import ToolContext
from domain.answers import Effect


class Mailer(Protocol):
    """A way out for mail. `resource` names what only one call at a time may use, if anything."""

    @property
    def effect(self) -> Effect: ...

    @property
    def resource(self) -> str | None: ...

    async def send(self, ctx: ToolContext, mail: Mail) -> str:
        """Sends the mail and returns the id by which it can be found again.

        Raises `ToolUnsent` or `ToolInvalid` when it is known not to have gone out (the latter: it never will); any
        other error leaves that open.
        """
        ...


def mailer(mail_url: str | None, mail_from: str) -> Mailer:
    """The way out that the settings name. A setting that is wrong is told by `send`."""
    return HttpMailer(mail_url, mail_from) if is_http(mail_url) else SmtpMailer(mail_url, mail_from)
