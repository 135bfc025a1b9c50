"""Searching an agent's memories by what they mean, beside their words: the cosine of vectors, exact within one agent.

    cosine(entry)  of its vector and the question's; its neighbours count too, with the weights of `stores/search.py`
    score(entry)   as `domain/fusion.py` says, over the `BEST` entries of either search

The `NEAR` entries that are nearest alone, and what stands beside them, come into question. No index: a sequential scan
of one agent's vectors, whose result is exact. An approximate index would pay for searches of all agents' memories at
once, and there is none.
"""

from dataclasses import dataclass, replace

from domain.fusion import fused
from stores.entries import COLUMNS, entry_of
from stores.postgres import Connection
from stores.search import BEST, FINDABLE, KERNEL, NEAR, Found, Search, Searched, search

MEANING = f"""
with heard as materialized (
    select occasion, place, -(vector <#> %(vector)s::halfvec) as cosine
      from memory_vectors
     where agent_id = %(agent)s and embedder = %(embedder)s
), near as (
    select occasion, place from heard order by cosine desc, occasion desc, place desc limit %(near)s
), kernel (distance, weight) as (
    {KERNEL}
), beside as (
    select distinct occasion, place + distance as place from near cross join kernel
), smooth as (
    select beside.occasion, beside.place, sum(weight * cosine) / sum(weight) as score
      from beside
      cross join kernel
      join heard on heard.occasion = beside.occasion and heard.place = beside.place - distance
     group by 1, 2
)
select {COLUMNS}, smooth.score, removed_in is not null
  from smooth
  join memory_entries using (occasion, place)
 where agent_id = %(agent)s and {FINDABLE}
 order by smooth.score desc, added_in desc
 limit %(best)s
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class Meant:
    """What a question means to an embedder, as Postgres reads a vector; without one, `fault` says why."""

    embedder: str = ""
    vector: str = ""
    fault: str = ""


async def search_both(connection: Connection, wanted: Search, meant: Meant) -> Searched:
    """The entries that fit the question best, the best first: by words, and where there is a vector by meaning too."""
    if not meant.vector:
        return Searched(await search(connection, wanted), meant.fault)
    words = await search(connection, wanted.model_copy(update={"limit": BEST}))
    meaning = await _nearest(connection, wanted, meant)
    if not meaning:
        return Searched(words[: wanted.limit])
    found = {each.entry.id: each for each in (*words, *meaning)}
    scores = fused(*({each.entry.id: each.score for each in leg} for leg in (words, meaning)))
    best = [replace(found[key], score=score) for key, score in scores.items()]
    return Searched(best[: wanted.limit])


async def _nearest(connection: Connection, wanted: Search, meant: Meant) -> list[Found]:
    values = {
        **wanted.model_dump(), "embedder": meant.embedder, "vector": meant.vector, "near": NEAR, "best": BEST,
    }  # fmt: skip
    rows = await connection.execute(MEANING.encode(), values, prepare=False)
    return [Found(entry_of(row[:-2]), float(row[-2]), row[-1]) for row in await rows.fetchall()]
