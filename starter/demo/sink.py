"""A local SMTP server that keeps what it is sent: the demo's witness of how many mails went out."""

import socket
from email import message_from_bytes
from email.message import Message
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Runs while its block does, on a free loopback port."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self._port = _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)

    @property
    def url(self) -> str:
        """Where to send mail."""
        return f"smtp://127.0.0.1:{self._port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Takes a mail in."""
        content = envelope.original_content or b""
        self.mails.append(message_from_bytes(content))
        return "250 kept"

    @property
    def repeats(self) -> int:
        """Mails beyond one for each idempotency key."""
        return len(self.mails) - len({mail["X-Longhaul-Key"] for mail in self.mails})

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._controller.stop(no_assert=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
