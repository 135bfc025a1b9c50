"""What people have said and the journal does not hold yet.

A message stays here until the state holds its id; it travels with continue-as-new. Repeats are harmless: the journal
takes each message id once.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from domain.hear import parse
from domain.messages import Message
from domain.spoken import SpokenEvent
from domain.words import excerpt

BATCH = 100


class Inbox:
    """Messages in the order in which they came. `life` names the execution, for messages that bring no id."""

    def __init__(self, life: str, messages: Iterable[Message] = (), unnamed: int = 0) -> None:
        self.life = life
        self.unnamed = unnamed
        self.receipts: dict[str, SpokenEvent] = {}
        self._messages = list(messages)
        self._awaited: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._messages)

    def put(self, kind: str, said: Any, at: float) -> Message:
        """Takes a message in, whatever it is."""
        message = parse(kind, said, self._unnamed_id(kind, said), at)
        self._messages.append(message)
        return message

    def batch(self) -> tuple[Message, ...]:
        """The oldest messages; they stay until they are recorded."""
        return tuple(self._messages[:BATCH])

    def rest(self) -> tuple[Message, ...]:
        """All that is not recorded."""
        return tuple(self._messages)

    def recorded(self, events: Iterable[SpokenEvent]) -> None:
        """The journal holds these: their messages leave, and whoever waits for a receipt gets it."""
        known = {event.message_id: event for event in events}
        self._messages = [message for message in self._messages if message.message_id not in known]
        self.receipts.update({key: event for key, event in known.items() if key in self._awaited})

    def awaiting(self, message_id: str) -> None:
        """Somebody waits for the receipt of this message."""
        self._awaited.add(message_id)

    def take_receipt(self, message_id: str) -> SpokenEvent:
        """The receipt, once."""
        self._awaited.discard(message_id)
        return self.receipts.pop(message_id)

    def _unnamed_id(self, kind: str, said: Any) -> str:
        """For a message sent by hand without an id: the same after a Reset, another for the next such message."""
        self.unnamed += 1
        try:
            content = json.dumps([self.life, kind, said, self.unnamed], sort_keys=True, default=repr)
        except (RecursionError, TypeError):
            content = json.dumps([self.life, kind, excerpt(said), self.unnamed])
        return f"unnamed-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
