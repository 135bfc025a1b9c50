"""Tries the mutants.

    python -m tests.mutants [WORD ...]      only mutants whose name has one of the words

No part of the pytest run. Prints killed or SURVIVED for each; ends with 1 when one survives, or no longer applies.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.mutants import keeping, sending
from tests.mutants.mutant import ROOT, Mutant

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "docs")
SECONDS = 240
AT_ONCE = 2


def main(words: list[str]) -> int:
    """Tries the mutants; returns 1 when one is not killed."""
    chosen = [
        mutant
        for mutant in (*sending.MUTANTS, *keeping.MUTANTS)
        if not words or any(word in mutant.name for word in words)
    ]
    with ThreadPoolExecutor(AT_ONCE) as several:
        verdicts = list(several.map(_tried, chosen))
    bad = [mutant.name for mutant, verdict in zip(chosen, verdicts, strict=True) if verdict != "killed"]
    print(f"{len(chosen) - len(bad)} of {len(chosen)} killed" + "".join(f"\n  not: {name}" for name in bad))
    return 1 if bad else 0


def _tried(mutant: Mutant) -> str:
    with _copy() as copy:
        verdict = _verdict(mutant, copy)
    print(f"{verdict:9} {mutant.name}", flush=True)
    return verdict


def _verdict(mutant: Mutant, copy: Path) -> str:
    for file, old, new in ((mutant.file, mutant.old, mutant.new), *mutant.more):
        text = (copy / file).read_text(encoding="utf-8")
        if text.count(old) != 1:
            return "NOT ONE" if old in text else "NOT FOUND"
        (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "--timeout", "60", mutant.tests]
    try:
        code = subprocess.run(command, cwd=copy, capture_output=True, timeout=SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        return "killed"
    return {0: "SURVIVED", 1: "killed"}.get(code, f"ERROR {code}")


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="longhaul-mutant-", dir="/var/tmp") as folder:
        copy = Path(folder) / "longhaul"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        yield copy


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
