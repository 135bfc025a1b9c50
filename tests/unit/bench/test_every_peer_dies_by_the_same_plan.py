"""The plan of kills follows from its seed, and a kill that is armed kills the first process that comes to it, once."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.peers.lines import LINES
from bench.peers.plan import Kill, all_of, count, planned
from bench.peers.witness import Witness

COMES_TO_IT = """
import sys
from pathlib import Path
from bench.peers.witness import Witness
Witness(Path(sys.argv[1])).make(int(sys.argv[2]), sys.argv[3], honours_keys=bool(sys.argv[3]))
"""


def test_the_same_seed_is_the_same_plan() -> None:
    assert planned(7, 20, 10, 8) == planned(7, 20, 10, 8)
    assert planned(7, 20, 10, 8) != planned(8, 20, 10, 8)


def test_each_run_dies_so_often_at_another_effect_each_time() -> None:
    plan = planned(1, 20, 10, 8)
    assert [len({kill.effect for kill in kills}) for kills in plan] == [8] * 20
    assert {kill.effect for kill in all_of(plan)} == set(range(10))
    assert count(plan, "before") + count(plan, "after") == 160
    assert min(count(plan, "before"), count(plan, "after")) > 50


def test_more_kills_than_effects_are_refused() -> None:
    with pytest.raises(ValueError, match="11 kills of a run do not fit its 10 effects"):
        planned(1, 1, 10, 11)


def _comes_to(folder: Path, effect: int, key: str = "") -> int:
    return subprocess.run([sys.executable, "-c", COMES_TO_IT, str(folder), str(effect), key], check=False).returncode


@pytest.mark.parametrize(
    ("kill", "key", "first", "then"),
    [
        (Kill(3, "before"), "", ["begun", "died"], ["begun", "applied"]),
        (Kill(3, "after"), "", ["begun", "applied", "died"], ["begun", "applied"]),
        (Kill(3, "after"), "a-key", ["begun", "applied", "died"], ["begun", "forgiven"]),
    ],
)
def test_a_kill_kills_once(kill: Kill, key: str, first: list[str], then: list[str], tmp_path: Path) -> None:
    witness = Witness(tmp_path / "run")
    witness.arm([kill])
    assert _comes_to(witness.folder, 3, key) == -signal.SIGKILL
    assert [seen.what for seen in witness.lines()] == first
    assert _comes_to(witness.folder, 3, key) == 0
    assert [seen.what for seen in witness.lines()] == first + then


def test_a_kill_of_another_effect_does_not_kill(tmp_path: Path) -> None:
    witness = Witness(tmp_path / "run")
    witness.arm([Kill(4, "before"), Kill(5, "after")])
    assert _comes_to(witness.folder, 3) == 0
    assert (witness.folder / "before-4").exists()


def test_every_line_has_a_name_and_a_database_of_its_own() -> None:
    peers = [line for line in LINES if not line.ours]
    assert max(Counter(line.name for line in LINES).values()) == 1
    assert max(Counter(line.database() for line in peers).values()) == 1
    apart = next(line for line in LINES if line.apart)
    assert apart.database("dbos-step-7") != apart.database("dbos-step-8") != apart.database()
