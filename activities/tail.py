"""A tail as a workflow gets it: one page of what the journal holds after the version seen."""

from activities.inputs import Tail
from stores.jobs import Found

PAGE_BYTES = 200_000
"""Payloads stay under Temporal's warning size; the next activity brings the rest."""


def page(found: Found) -> Tail:
    """The first page of what stands after the version seen, and the head it leads to."""
    events, size = found.standing.tail, 0
    count = 0
    for event in events:
        size += len(event.model_dump_json())
        if count and size > PAGE_BYTES:
            break
        count += 1
    head = found.heads[count - 1] if count else found.seen
    receipts = tuple(found.recorded.values())
    return Tail(after=found.seen.version, events=events[:count], head=head, more=count < len(events), receipts=receipts)
