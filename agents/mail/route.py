"""Where mail goes out: what LONGHAUL_MAIL_URL says. Its user and password never appear in a text."""

import base64
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from domain.errors import ToolUnsent

PORTS = {"smtp": 25, "smtps": 465, "http": 80, "https": 443}
SAID = 300
"""Characters of what a server said that are kept."""
SCHEMES = ", ".join(f"{scheme}://" for scheme in PORTS)


@dataclass(frozen=True)
class Route:
    """A mail server or service; `tls` from the first byte on (smtps, https), else STARTTLS when SMTP offers it."""

    host: str
    port: int
    tls: bool
    path: str = "/"
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """host:port"""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def without_secrets(self, text: str) -> str:
        """The text with the password taken out, should a server have repeated it."""
        secret = self.password or ""
        encoded = base64.b64encode(f"\0{self.user}\0{secret}".encode()).decode()
        for form in (encoded, base64.b64encode(secret.encode()).decode(), quote(secret), secret):
            text = text.replace(form, "***") if form else text
        return text


def route_of(mail_url: str | None) -> Route:
    """The route that the setting names. Raises `ToolUnsent` with what would be right."""
    if not mail_url:
        raise ToolUnsent("LONGHAUL_MAIL_URL must be set, e.g. smtp://localhost:1025")
    scheme = mail_url.partition(":")[0] if ":" in mail_url else "none"
    if scheme not in PORTS:
        known = scheme if scheme in ("none", *map(str.upper, PORTS)) else "another"
        raise ToolUnsent(f"LONGHAUL_MAIL_URL must begin with one of {SCHEMES}; its scheme is {known}")
    try:
        url = urlsplit(mail_url)
        host, port = url.hostname or "", url.port or PORTS[scheme]
    except ValueError:
        host, port = "", 0
    if not host:
        raise ToolUnsent("LONGHAUL_MAIL_URL must name a host and may name a port, e.g. smtp://localhost:1025")
    user = unquote(url.username) if url.username else None
    password = unquote(url.password) if url.password else None
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    return Route(host, port, tls=scheme in ("smtps", "https"), path=path, user=user, password=password)


def is_http(mail_url: str | None) -> bool:
    """Whether mail goes to a service over HTTP."""
    return (mail_url or "").startswith(("http://", "https://"))
