"""A place in a stream."""

from domain.frozen import Frozen


class Head(Frozen):
    """A place in a stream: the version and, in hexadecimal, the hash of its row. Version 0 is before the first."""

    version: int = 0
    hash: str = ""
