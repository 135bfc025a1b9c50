"""Which port a service gets: the one that was asked for, else the last run's, else the default, else one near it."""

import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from random import SystemRandom

import psutil

from settings import Settings, variable
from stack.errors import PortTaken
from stack.places import Say

LOOPBACK = "127.0.0.1"
DEFAULTS = {"postgres": 15432, "redis": 16379, "temporal": 7233, "ui": 8233}
NEAR = 400
CODEC_SERVER = 8234
"""The default of `longhaul codec-server`, which no other listener takes for want of its own."""


@dataclass(frozen=True)
class Wish:
    """The port that a listener would like, and whether it may have another."""

    listener: str
    asked: int | None

    @property
    def variable(self) -> str:
        return variable(f"{self.listener}_port")


def wish(settings: Settings, listener: str) -> Wish:
    """What the settings say about this listener's port."""
    asked: int | None = getattr(settings, f"{listener}_port")
    return Wish(listener, asked)


def choose(wishes: list[Wish], last: Mapping[str, int], say: Say, *, scattered: bool = False) -> dict[str, int]:
    """A free port for each listener; raises `PortTaken` for one that was asked for by number.

    `scattered`, the search goes in random order: stacks that just collided would else go on doing so in step.
    """
    return {each.listener: _choose(each, last.get(each.listener), say, scattered) for each in wishes}


def _choose(each: Wish, last: int | None, say: Say, scattered: bool) -> int:
    if each.asked:
        if not is_free(each.asked):
            raise PortTaken(f"{each.variable} is {each.asked}, used by {holder(each.asked)}; end that or unset it")
        return each.asked
    default = DEFAULTS[each.listener]
    liked = last or default
    near = [port for port in range(default, default + NEAR) if port != CODEC_SERVER]
    for port in chain([liked], SystemRandom().sample(near, len(near)) if scattered else near):
        if is_free(port):
            if port != liked:
                say(f"port {liked} is used by {holder(liked)}: {each.listener} takes {port}")
            return port
    raise PortTaken(f"{default} to {default + NEAR} are all used; set {each.variable} to a free one")


def is_free(port: int) -> bool:
    """Whether we could listen on this loopback port now."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Whether that process listens on the port; also when we may not know."""
    try:
        return any(each.laddr and each.laddr[1] == port for each in psutil.Process(pid).net_connections("tcp"))
    except psutil.Error:
        return True


def holder(port: int) -> str:
    """The process that listens on this port, as far as we may know it."""
    try:
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr[1] == port and found.pid:
                return f"{psutil.Process(found.pid).name()} (pid {found.pid})"
    except psutil.Error:
        pass
    return "another process"
