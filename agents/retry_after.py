"""What a service means by Retry-After (RFC 9110, 10.2.3): seconds, or a date."""

import time
from email.utils import parsedate_to_datetime

UNSAID = 5.0
"""How long to wait when a service says "later", and not when."""
LONGEST = 3600.0


def seconds_to_wait(header: str | None) -> float:
    """Seconds until a service wants to be asked again: 5 when it does not say, at most an hour."""
    if not header:
        return UNSAID
    return min(max(_seconds(header.strip()), 0.0), LONGEST)


def _seconds(header: str) -> float:
    if header.isdecimal():
        return float(header)
    try:
        return parsedate_to_datetime(header).timestamp() - time.time()
    except ValueError:
        return UNSAID
