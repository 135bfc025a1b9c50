"""`python -m bench.recall [ENTRIES]`: what remembering and searching cost an agent that remembers 100,000 entries.

Entries are sentences of made-up words whose frequencies follow Zipf's law: some words are in nearly every entry.
The last 1,000 insertions and 500 searches for words of a random entry are timed, on a stack of its own; beside them, in
the same run, the floor: a bare `select 1`, and a bare commit of one row.
"""

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import accumulate

from bench.own import own_stack, say
from domain.memory import Author, Remembered
from domain.sections import Section
from settings import Settings
from stores import postgres
from stores.memory import Judge, Memories
from stores.postgres import Pool, reading
from stores.search import Search

AGENT = "bench"
WORDS, LENGTH = 20_000, 14
ASKED = 7
TIMED, SEARCHES = 1_000, 500
HOUR = 3600.0


def vocabulary(chance: random.Random) -> list[str]:
    """Made-up words of three syllables."""
    syllables = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
    return ["".join(chance.choices(syllables, k=3)) for _ in range(WORDS)]


def sentences(chance: random.Random, count: int) -> list[str]:
    """Sentences whose words follow Zipf's law."""
    words, weights = vocabulary(chance), list(accumulate(1 / rank for rank in range(1, WORDS + 1)))
    return [" ".join(chance.choices(words, cum_weights=weights, k=LENGTH)) for _ in range(count)]


async def measured(settings: Settings, entries: int) -> dict[str, object]:
    """Every figure."""
    chance = random.Random(1)  # noqa: S311 - reproducible, not secret
    said = sentences(chance, entries)
    async with postgres.pool(settings.needed("postgres_dsn")) as pool:
        memories = Memories(pool)
        inserts = list[float]()
        for number, text in enumerate(said):
            fact = Remembered(section=Section.LEARNINGS, text=text, happened_at=number // 20 * HOUR)
            inserts.append(await _timed(lambda: memories.append(AGENT, _remembering(fact))))  # noqa: B023 - called here
            if number % 10_000 == 0:
                say(f"{number} entries")
        asked = [" ".join(chance.sample(chance.choice(said).split(), ASKED)) for _ in range(SEARCHES)]
        searches = [await _timed(lambda: memories.search(_search(words))) for words in asked]  # noqa: B023
        return {
            "entries": entries,
            "insert": _summary(inserts[-TIMED:]),
            "search": _summary(searches),
            "bare_select": _summary([await _timed(lambda: _bare(pool, "select 1")) for _ in range(SEARCHES)]),
            "bare_commit": _summary([await _timed(lambda: _bare(pool, BARE)) for _ in range(SEARCHES)]),
        }


BARE = "insert into outbox (stream, version) values (gen_random_uuid()::text, 1)"


def _remembering(fact: Remembered) -> Judge:
    return lambda memory: memory.remember([fact], Author("bench", 0.0))


def _search(words: str) -> Search:
    return Search(agent=AGENT, question=words, now=0.0, limit=20)


async def _bare(pool: Pool, statement: str) -> None:
    async with reading(pool) as connection:
        await connection.execute(statement.encode())


async def _timed(deed: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await deed()
    return 1000 * (time.perf_counter() - began)


def _summary(milliseconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(milliseconds, n=20)
    return {"ms_p50": round(cuts[9], 2), "ms_p95": round(cuts[18], 2)}


def main(entries: int = 100_000) -> None:
    """Measures on a stack of its own."""
    with own_stack(Settings(), postgres_only=True) as settings:
        figures = asyncio.run(measured(settings, entries))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
