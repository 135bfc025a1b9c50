"""Two searches as one: what each says of an entry, in standard deviations from its own mean, added up.

    score = z(words) + WEIGHT · z(meaning)

What one of them did not find counts there as its worst. Ranks alone would forget by how much the best is better.
"""

import statistics
from collections.abc import Hashable, Mapping
from typing import TypeVar

WEIGHT = 0.5
"""Of what an entry means, beside its words: with the same weight for both, more is lost among the first than found."""

K = TypeVar("K", bound=Hashable)


def fused(words: Mapping[K, float], meaning: Mapping[K, float]) -> dict[K, float]:
    """The score of everything that one of them found, the best first; of two that are equal, the first one given."""
    by_words, by_meaning = _deviations(words), _deviations(meaning)
    worst_words, worst_meaning = min(by_words.values(), default=0.0), min(by_meaning.values(), default=0.0)
    scores = {
        key: by_words.get(key, worst_words) + WEIGHT * by_meaning.get(key, worst_meaning)
        for key in {**words, **meaning}
    }
    return dict(sorted(scores.items(), key=lambda each: -each[1]))


def _deviations(scores: Mapping[K, float]) -> dict[K, float]:
    if not scores:
        return {}
    mean, spread = statistics.fmean(scores.values()), statistics.pstdev(scores.values())
    return {key: (score - mean) / spread if spread else 0.0 for key, score in scores.items()}
