"""What two searches say is added up by how far each score is from its own search's mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fusion import WEIGHT, fused

SCORES = st.dictionaries(st.integers(0, 20), st.integers(-1000, 1000).map(lambda tenths: tenths / 10), max_size=12)


def test_what_is_good_in_both_is_best() -> None:
    assert list(fused({"a": 9.0, "b": 8.0, "c": 1.0}, {"b": 0.9, "c": 0.2, "a": 0.1})) == ["b", "a", "c"]


def test_words_count_more() -> None:
    assert list(fused({"a": 2.0, "b": 1.0}, {"b": 2.0, "a": 1.0})) == ["a", "b"]
    assert fused({"a": 2.0, "b": 1.0}, {"b": 2.0, "a": 1.0}) == {"a": 1 - WEIGHT, "b": WEIGHT - 1}


def test_what_one_did_not_find_counts_there_as_its_worst() -> None:
    scores = fused({"a": 3.0, "b": 1.0}, {"c": 0.9, "b": 0.1})
    assert scores["a"] == pytest.approx(1 - WEIGHT)
    assert scores["c"] == pytest.approx(-1 + WEIGHT)


def test_how_much_better_counts_and_not_the_rank() -> None:
    narrow = fused({"a": 1.01, "b": 1.0, "c": 0.0}, {"b": 1.0, "c": 0.5, "a": 0.0})
    wide = fused({"a": 9.0, "b": 1.0, "c": 0.0}, {"b": 1.0, "c": 0.5, "a": 0.0})
    assert (next(iter(narrow)), next(iter(wide))) == ("b", "a")


@given(SCORES)
def test_one_alone_keeps_its_order(words: dict[int, float]) -> None:
    ranked = sorted(words, key=lambda key: -words[key])
    by_score = [words[key] for key in fused(words, {})]
    assert by_score == [words[key] for key in ranked]
    assert fused({}, {}) == {}


@given(SCORES, SCORES, st.floats(0.1, 10), st.floats(-5, 5))
def test_nothing_is_lost_and_units_do_not_matter(
    words: dict[int, float], meaning: dict[int, float], unit: float, zero: float
) -> None:
    scores = fused(words, meaning)
    assert scores.keys() == words.keys() | meaning.keys()
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    if len(words) > 1 and max(words.values()) - min(words.values()) > 1:
        other = fused({key: unit * score + zero for key, score in words.items()}, meaning)
        assert all(other[key] == pytest.approx(score, abs=1e-3) for key, score in scores.items())
