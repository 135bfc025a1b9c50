"""Canonical bytes: one for one value, whatever its order and spelling, and nothing that jsonb could not give back."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import args_hash, canonical
from domain.errors import Unstorable

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        "a\0b",
        "\0",
        "\ud800",
        "a\udfffb",
        {"a\0b": 1},
        {"\ud800": 1},
        [[["\0"]]],
        {"a": {"b": [float("nan")]}},
        {1, 2},
        b"bytes",
        Decimal(1),
        Ellipsis,
    ],
    ids=ascii,
)
def test_what_jsonb_cannot_give_back_is_refused_with_a_reason(value: Any) -> None:
    with pytest.raises(Unstorable, match=r"cannot be stored: \w+"):
        canonical(value)


def test_what_is_too_deep_is_refused_and_not_a_crash() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(Unstorable):
        canonical(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (1.0, 1),
        (1e22, 10**22),
        (-0.0, 0),
        (1e300, int(1e300)),
        ((1, 2), [1, 2]),
        (5e-324, 5e-324),
    ],
    ids=ascii,
)
def test_one_value_has_one_spelling(one: Any, other: Any) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"), [(1, "1"), (True, 1), (None, "null"), ([], {}), ("é", "e\u0301"), ([1, 2], [2, 1]), (0.1, 0.2)]
)
def test_different_values_have_different_spellings(one: Any, other: Any) -> None:
    assert canonical(one) != canonical(other)


def test_text_stands_as_it_is() -> None:
    assert canonical({"ü": "日本 \U0001f355\u2028"}) == '{"ü":"日本 \U0001f355\u2028"}'.encode()


@given(JSON)
def test_reading_it_gives_the_value_and_writing_that_the_same_bytes(value: Any) -> None:
    written = canonical(value)
    assert json.loads(written) == value
    assert canonical(json.loads(written)) == written


def test_an_approval_binds_tool_and_arguments() -> None:
    digest = args_hash("mail", {"to": "ann", "n": 1})
    assert digest == args_hash("mail", {"n": 1.0, "to": "ann"})
    assert len({digest, args_hash("mail", {"to": "bob", "n": 1}), args_hash("post", {"to": "ann", "n": 1})}) == 3
