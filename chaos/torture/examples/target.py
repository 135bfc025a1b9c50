"""A stand-in for a service: what came to it, under which key and with which mark."""

from agents.tools.tool import Args


class OrderArgs(Args):
    """An order; its text is the mark."""

    text: str


class Shop:
    """Takes orders. It honours keys where it is given one, and can be asked about them."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, str]] = []

    def order(self, text: str, key: str = "") -> None:
        """One order more, unless there is one under this key."""
        if not (key and self.knows(key)):
            self.orders.append((key, text))

    def knows(self, key: str) -> bool:
        """Whether there is an order under this key."""
        return any(known == key for known, _ in self.orders)

    def count(self, text: str) -> int:
        """How many orders of this text there are."""
        return sum(each == text for _, each in self.orders)

    def order_noting(self, text: str, key: str) -> None:
        """One order more; the key is noted, but not honoured."""
        self.orders.append((key, text))
