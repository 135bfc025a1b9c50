"""What a mutant is, and the names of the files that are changed."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One rule taken out: in `file`, `old` becomes `new` (and so for each of `more`); then `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: str
    more: tuple[tuple[str, str, str], ...] = ()


def rule(number: int, name: str) -> str:
    """A test of the rule."""
    [file] = (ROOT / "tests" / "integration").glob(f"test_rule_{number:02}_*.py")
    return f"{file.relative_to(ROOT)}::{name}"


JUDGE, FACTS, HEAR, DECISION = (f"domain/{n}.py" for n in ("judge", "facts", "hear", "decision"))
CALLS = "domain/fold_calls.py"
SETTLE, OUTCOMES, ACT, DECIDE, JOB = (f"activities/{n}.py" for n in ("settle", "outcomes", "tools", "thinking", "job"))
JOBS, JOURNAL, MEMORY, POSTGRES = (f"stores/{n}.py" for n in ("jobs", "journal", "memory", "postgres"))
NEXT = "domain/job.py"
AHEAD = "tests/integration/test_a_quick_call_is_followed_by_the_next_decision.py"
BATCH = "tests/unit/domain/test_one_consent_covers_a_batch.py"
MACHINE = '__import__("time").time()'
