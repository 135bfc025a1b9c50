"""From what the witness saw to duplicates, lost effects and seconds."""

import pytest

from bench.peers.campaign import summed
from bench.peers.counting import counted, moved_after
from bench.peers.witness import Seen, What
from bench.percentile import percentile


def seen(*lines: tuple[What, int, float]) -> list[Seen]:
    """Lines of a witness: what, which effect, when."""
    return [Seen(what, effect, at) for what, effect, at in lines]


UNDISTURBED = seen(("begun", 0, 0), ("applied", 0, 1), ("begun", 1, 2), ("applied", 1, 3), ("ended", -1, 4))
REPEATED = seen(
    ("begun", 0, 0), ("applied", 0, 1), ("died", 0, 2), ("begun", 0, 5), ("applied", 0, 6), ("begun", 1, 7),
    ("applied", 1, 8), ("ended", -1, 9),
)  # fmt: skip
"""It died after the effect, which another process made again 3 s later."""


def test_an_undisturbed_run_has_nothing_amiss() -> None:
    found = counted(UNDISTURBED, 2)
    assert (found.duplicates, found.lost, found.deaths, found.ended, found.stood) == (0, 0, 0, True, ())


def test_an_effect_that_happened_again_is_a_duplicate_each_time() -> None:
    assert counted(REPEATED, 2).duplicates == 1
    assert counted([*REPEATED, *seen(("applied", 0, 10), ("applied", 1, 11))], 2).duplicates == 3


def test_an_effect_that_never_happened_is_lost() -> None:
    found = counted(seen(("begun", 0, 0), ("died", 0, 1)), 2)
    assert (found.lost, found.ended, found.stood) == (2, False, ())


def test_what_was_forgiven_is_no_duplicate() -> None:
    lines = seen(("applied", 0, 0), ("died", 0, 1), ("begun", 0, 2), ("forgiven", 0, 3))
    found = counted(lines, 1)
    assert (found.duplicates, found.forgiven) == (0, 1)


def test_effects_in_postgres_are_counted_by_their_rows() -> None:
    found = counted(REPEATED, 3, rows=[0, 1, 1])
    assert (found.duplicates, found.lost) == (1, 1)


@pytest.mark.parametrize("sign", ["begun", "looked", "ended"])
def test_a_run_stands_still_from_its_death_to_the_next_sign_of_life(sign: What) -> None:
    lines = seen(("died", 0, 10), ("answered", 0, 11), (sign, 0, 12.5), ("died", 1, 20), ("begun", 1, 21))
    assert counted(lines, 2).stood == (2.5, 1.0)


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(n) for n in range(20, 0, -1)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.95, 1.0)] == [1.0, 10.0, 19.0, 20.0]
    assert percentile([], 0.5) is None


def test_processes_are_told_apart() -> None:
    lines = [Seen("begun", 0, 0, pid) for pid in (7, 7, 8)]
    assert counted(lines, 1).processes == 2


def test_runs_add_up() -> None:
    killed = summed([counted(UNDISTURBED, 2), counted(REPEATED, 2), counted([], 2)], 2)
    assert (killed.effects, killed.duplicates, killed.lost) == (6, 1, 2)
    assert (killed.runs, killed.ended, killed.deaths, killed.p95) == (3, 2, 1, 3.0)


def test_a_run_has_moved_when_it_is_heard_of_after_an_instant() -> None:
    assert moved_after(REPEATED, 2.5) == 2.5
    assert moved_after(REPEATED, 8.5) == 0.5
    assert moved_after(UNDISTURBED, 4) == 0.0, "it had ended by then"
    assert moved_after(REPEATED[:3], 1.5) is None, "a death and an effect are no signs of life"
