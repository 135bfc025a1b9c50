"""Which addresses may be read: the allow-list of LONGHAUL_HTTP_ALLOW, and no private network by accident.

    docs.example.org        http and https at their own ports; every address that the name has must be a public one
    intranet.example:8443   exactly that host and port, wherever it lies

An address is resolved once, checked, and then connected to, so that a name cannot mean something else the second time.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from domain.errors import ToolFault, ToolInvalid

PORTS = {"http": 80, "https": 443}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """Where a URL leads: `anywhere` says that its host and port are listed together, so that any address is right."""

    scheme: str
    host: str
    port: int
    path: str
    anywhere: bool

    @property
    def place(self) -> str:
        """host:port, as it is listed."""
        return _place(self.host, self.port)

    def addresses(self) -> list[str]:
        """What to connect to. Raises `ToolFault` for a name that is unknown, or leads into a private network."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ToolFault(f"the name {self.host} is not known: {error.strerror or error}") from error
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        private = [address for address in addresses if not is_public(address)]
        if private and not self.anywhere:
            raise ToolInvalid(
                f"{self.host} leads to {private[0]}, which is no public address; "
                f"a person may list it as {self.place} in LONGHAUL_HTTP_ALLOW"
            )
        return addresses


@dataclass(frozen=True)
class AllowList:
    """The hosts, and the host:port pairs, that may be read."""

    listed: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[str]) -> Self:
        """From the words of the setting."""
        return cls(frozenset(entry.strip().lower() for entry in entries if entry.strip()))

    def target(self, url: str) -> Target:
        """Where the URL leads. Raises `ToolInvalid` for one that is not listed."""
        try:
            parts = urlsplit(url)
            scheme, host, port = parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
        except ValueError as error:
            raise ToolInvalid(f"{url!r} is no URL: {error}") from error
        if scheme not in PORTS or not host or parts.username is not None:
            raise ToolInvalid(f"{url!r}; right is http:// or https:// with a host, and without a user or password")
        anywhere = _place(host, port) in self.listed
        if not anywhere and not (host in self.listed and port == PORTS[scheme]):
            raise ToolInvalid(f"{_place(host, port)} may not be read; LONGHAUL_HTTP_ALLOW lists {self}")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(scheme=scheme, host=host, port=port, path=path, anywhere=anywhere)

    def __str__(self) -> str:
        return ", ".join(sorted(self.listed)) or "none"


def is_public(address: str) -> bool:
    """Whether the address lies in the public internet, and so does the IPv4 address that it may stand for."""
    ip: Address = ipaddress.ip_address(address.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in (ip, *_within(ip)))


def _within(ip: Address) -> tuple[Address, ...]:
    """The IPv4 address inside an IPv6 one: mapped, 6to4, or of a translator (RFC 6052)."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ()
    if ip in ipaddress.IPv6Network("64:ff9b::/96"):
        return (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF),)
    return tuple(inner for inner in (ip.ipv4_mapped, ip.sixtofour) if inner)


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
