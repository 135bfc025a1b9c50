"""Percentiles, by nearest rank."""

from collections.abc import Iterable


def percentile(values: Iterable[float], share: float) -> float | None:
    """The smallest value that so large a share of them does not exceed; None of none."""
    ordered = sorted(values)
    if not ordered:
        return None
    rank = -(-len(ordered) * share // 1)
    return ordered[max(int(rank), 1) - 1]
