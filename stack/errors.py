"""What can go wrong with the local stack.

StackError
├── HomeUnusable    LONGHAUL_HOME cannot be used
├── DiskFull        no space is left
├── BinaryMissing   a program that the stack needs is not there
├── PortTaken       a port that was asked for is in use
├── DataUnusable    the data of a service is not what this version can open
├── ServiceDied     a service ended while it started
├── ServiceStuck    a service runs and does not answer
└── StackBusy       another command is at work on the same stack
"""

from domain.errors import LonghaulError


class StackError(LonghaulError):
    """The local stack cannot be used."""


class HomeUnusable(StackError):
    """LONGHAUL_HOME cannot be used."""


class DiskFull(StackError):
    """The disk is full."""


class BinaryMissing(StackError):
    """A program is missing."""


class PortTaken(StackError):
    """The port is taken."""


class DataUnusable(StackError):
    """The data cannot be opened."""


class ServiceDied(StackError):
    """A service ended while it started."""


class ServiceStuck(StackError):
    """A service runs and does not answer."""


class StackBusy(StackError):
    """Another longhaul command is at work on this stack."""
