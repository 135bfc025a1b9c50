"""What is hashed before a commit hashes the same after Postgres has kept it as jsonb."""

from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from domain.canonical import canonical
from tests.unit.domain.test_canonical_bytes_are_one_for_one_value import JSON

HARD = [
    1e22,
    1e21,
    123456789012345678901234567890,
    1e300,
    5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    0.1,
    0.30000000000000004,
    1e-7,
    -0.0,
    1.0,
    100.0,
    -1e22,
    {"b": 1, "a": {"ü": 2, "A": 3, "": 4}},
    '\u2028 \U0001f355 \\ " \t\n\r \x7f \ufffe',
    [[], {}, None, True, False, ""],
]


def _kept(connection: psycopg.Connection, value: Any) -> Any:
    row = connection.execute("select %s::jsonb", (canonical(value).decode(),)).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("value", HARD, ids=ascii)
def test_a_hard_value_hashes_the_same_after_postgres(value: Any, database: str) -> None:
    with psycopg.connect(database) as connection:
        assert canonical(_kept(connection, value)) == canonical(value)


def test_any_value_hashes_the_same_after_postgres(database: str) -> None:
    with psycopg.connect(database) as connection:

        @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
        @given(JSON)
        def holds(value: Any) -> None:
            assert canonical(_kept(connection, value)) == canonical(value)

        holds()
