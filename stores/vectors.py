"""What entries mean to an embedder: the table `memory_vectors`, a cache that is filled outside of every append.

    entry ──▶ its text, behind that of the entry before it ──▶ embedder ──▶ vector of length 1 ──▶ row

An entry without a vector is found by its words. A vector belongs to an entry's place, so it is found only through an
entry that may be found; what another embedder, model or server has made is another vector.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from typing import Protocol

from domain.errors import LonghaulError, ModelUnavailable, Refused, Unembeddable
from stores.meaning import Meant
from stores.postgres import Connection, Pool, reading, transaction

BATCH = 32
QUESTION_SECONDS = 2.0
"""How long a search waits for what its question means."""
QUIET_SECONDS = 10.0
"""How long an embedder that failed is left alone by searches."""

NO_TABLE = (
    "this database keeps no vectors yet: run `longhaul up` with the same LONGHAUL_EMBEDDER; in a Postgres of your own"
    " its administrator runs `create extension vector` first"
)

READY = "select to_regclass('memory_vectors') is not null"

SAID = "concat_ws(E'\\n', before.author || ': ' || before.text, entry.author || ': ' || entry.text)"
"""What is embedded for an entry."""

BEFORE = """
  left join memory_entries as before
    on before.agent_id = entry.agent_id and before.occasion = entry.occasion and before.place = entry.place - 1
   and (before.removed_in is null or before.archived)
"""

LACKING = f"""
  from memory_entries as entry
  {BEFORE}
 where entry.agent_id = %(agent)s and entry.added_in > %(after)s
   and (entry.removed_in is null or entry.archived)
   and not exists (
       select from memory_vectors as known
        where known.agent_id = entry.agent_id and known.embedder = %(embedder)s
          and known.occasion = entry.occasion and known.place = entry.place)
"""

COUNT = f"select count(*) {LACKING}"

NEXT = f"""
select entry.added_in, {SAID}
{LACKING}
 order by entry.added_in
 limit %(batch)s
"""

LOCK = "select pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"
"""Nothing is erased meanwhile (see `stores/memory.py`)."""

KEEP = f"""
insert into memory_vectors (agent_id, embedder, occasion, place, vector)
select entry.agent_id, %(embedder)s, entry.occasion, entry.place, made.vector::halfvec
  from unnest(%(versions)s::integer[], %(texts)s::text[], %(vectors)s::text[]) as made (version, said, vector)
  join memory_entries as entry on entry.agent_id = %(agent)s and entry.added_in = made.version
  {BEFORE}
 where {SAID} = made.said
on conflict do nothing
"""  # noqa: S608 - a constant
"""What was erased since it was read is not kept."""

ERASE = """
delete from memory_vectors as vector
 using memory_entries as entry
 where entry.agent_id = %s and entry.added_in = any(%s)
   and vector.agent_id = entry.agent_id and vector.occasion = entry.occasion
   and vector.place in (entry.place, entry.place + 1)
"""

Row = tuple[int, str]
"""An entry that has no vector: its version, and the text that is embedded for it."""


class Embedder(Protocol):
    """What makes vectors of texts. `name` tells its vectors from those of every other."""

    @property
    def name(self) -> str: ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of each text, all of one size.

        Raises `ModelUnavailable`, `RateLimited`, `Refused` for what only a person can mend, and `Unembeddable` where
        it does not take one of the texts.
        """
        ...


class Vectors:
    """The vectors that one embedder makes."""

    def __init__(self, pool: Pool, embedder: Embedder) -> None:
        self.pool = pool
        self.embedder = embedder
        self._quiet_until = 0.0
        self._fault = ""

    async def meant(self, question: str) -> Meant:
        """What the question means, within two seconds; else why that is not known."""
        if time.monotonic() < self._quiet_until:
            return Meant(fault=self._fault)
        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                await self._check_table()
                return Meant(self.embedder.name, _written((await self.embedder.embed([question]))[0]))
        except TimeoutError:
            self._fault = f"{self.embedder.name} did not answer within {QUESTION_SECONDS:.0f} s"
        except LonghaulError as error:
            self._fault = str(error)
        self._quiet_until = time.monotonic() + QUIET_SECONDS
        return Meant(fault=self._fault)

    async def missing(self, agent: str) -> int:
        """How many of the agent's entries have no vector."""
        values = {**self._of(agent), "after": 0}
        async with transaction(self.pool, agent) as connection:
            row = await (await connection.execute(COUNT.encode(), values, prepare=False)).fetchone()
        return int(row[0]) if row else 0

    async def fill(self, agent: str, most: int | None = None) -> int:
        """Makes the vectors that the agent's entries lack, `most` of them; returns how many. Raises as `embed` does.

        What the embedder does not take stays without.
        """
        await self._check_table()
        made, after = 0, 0
        while most is None or made < most:
            rows = await self._next(agent, after)
            if not rows:
                break
            made += await self._make(agent, rows)
            after = rows[-1][0]
        return made

    async def _next(self, agent: str, after: int) -> list[Row]:
        values = {**self._of(agent), "after": after, "batch": BATCH}
        async with transaction(self.pool, agent) as connection:
            found: list[Row] = await (await connection.execute(NEXT.encode(), values, prepare=False)).fetchall()
        return found

    async def _make(self, agent: str, rows: Sequence[Row]) -> int:
        """Embeds the rows; where one of them is not taken, each alone."""
        try:
            vectors = [_written(vector) for vector in await self.embedder.embed([said for _, said in rows])]
        except Unembeddable:
            return 0 if len(rows) == 1 else sum([await self._make(agent, [row]) for row in rows])
        versions, texts = zip(*rows, strict=True)
        made = {"versions": list(versions), "texts": list(texts), "vectors": vectors}
        async with transaction(self.pool, agent) as connection:
            await connection.execute(LOCK, (f"agent/{agent}",))
            await connection.execute(KEEP.encode(), {**made, **self._of(agent)}, prepare=False)
        return len(rows)

    def _of(self, agent: str) -> dict[str, str]:
        return {"agent": agent, "embedder": self.embedder.name}

    async def _check_table(self) -> None:
        async with reading(self.pool) as connection:
            if not await are_kept(connection):
                raise Refused(NO_TABLE)


async def are_kept(connection: Connection) -> bool:
    """Whether this database has vectors: without the extension there is no table."""
    row = await (await connection.execute(READY)).fetchone()
    return bool(row and row[0])


async def erase(connection: Connection, agent: str, versions: Sequence[int]) -> None:
    """Removes what was made of entries that were added in those versions, whatever the embedder."""
    if await are_kept(connection):
        await connection.execute(ERASE, (agent, list(versions)), prepare=False)


def _written(vector: Sequence[float]) -> str:
    """The vector with length 1, as Postgres reads it. Raises `ModelUnavailable` for one without a direction."""
    length = math.hypot(*vector)
    if not length or not math.isfinite(length):
        raise ModelUnavailable(f"an embedder gave a vector of length {length}")
    return f"[{','.join(f'{each / length:.6g}' for each in vector)}]"
