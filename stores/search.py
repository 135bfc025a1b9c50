"""Searching an agent's memories by their words: BM25 in one statement, with the entries around each one.

    score(entry) = Σ over the question's lexemes  idf · tf · 2.2 / (tf + 1.2)        + 1.5 if it names the author
    tf           = how often the lexeme stands in the entry and its date, and in its neighbours, the farther the less
    idf          = ln(1 + (N − n + 0.5) / (n + 0.5))     n of the agent's N entries hold the lexeme

Neighbours are up to three entries before and after of the same occasion: what answers a question often stands beside
the words that the question uses. The `WORDS` rarest lexemes count, from the rarest on; once they have `NEAR` postings
together, the rest counts only where it stands, and only for the `BEST` entries that the rare ones found. That bounds
the work, whatever the agent remembers. Length is not accounted for (BM25 with b = 0): neighbours even it out.

Figures: `python -m bench.locomo`. After Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), 3.4.
"""

from dataclasses import dataclass

from pydantic import Field

from domain.frozen import Frozen, Id, Text
from domain.memory import Entry
from stores.entries import COLUMNS, entry_of
from stores.postgres import Connection

WORDS = 32
NEAR = 600
BEST = 200

KERNEL = (
    "values (0, 1.0::float8), (1, 1 / 2.0), (2, 1 / 3.0), (3, 1 / 4.0), (-1, 1 / 3.0), (-2, 1 / 4.0), (-3, 1 / 5.0)"
)
"""How much a neighbour counts, by its distance."""

FINDABLE = """
    (expires_at is null or expires_at > %(now)s)
    and case when %(version)s::integer is null then removed_in is null or archived
             else added_in <= %(version)s and (removed_in is null or removed_in > %(version)s or archived) end
"""

COUNTED = """
select lexeme, entries from memory_lexemes where agent_id = %(agent)s and (lexeme = '' or lexeme in (table asked))
"""
"""How many entries hold a lexeme, and as '' how many there are."""

COUNTED_FOR_A_READER = """
select lexeme, count(distinct (occasion, place)) from memory_postings
 where agent_id = %(agent)s and lexeme in (table asked) group by 1
union all
select '', count(*) from memory_entries where agent_id = %(agent)s and (removed_in is null or archived)
"""
"""The same for another agent, of what it may read: what it may not read leaves no trace in what it finds."""

MAY_READ = """
       exists (
          select from memory_grants as held
           where held.owner_id = %(agent)s and held.reader_id = %(reader)s and held.section = memory_entries.section
             and (held.until is null or held.until > extract(epoch from now())))
"""

STATEMENT = f"""
with asked as (
    select lexeme from lexemes(%(question)s)
), counted (lexeme, entries) as materialized (
    {{counted}}
), known as (
    select held.lexeme, held.entries, ln(1 + (every.entries - held.entries + 0.5) / (held.entries + 0.5)) as idf
      from counted as held
      join counted as every on every.lexeme = ''
     where held.lexeme <> ''
     order by 2, 1
     limit %(words)s
), word as (
    select *, sum(entries) over rarest <= %(near)s or row_number() over rarest = 1 as is_near
      from known
    window rarest as (order by entries, lexeme)
), kernel (distance, weight) as (
    {KERNEL}
), spread as (
    select occasion, place + distance as place, word.lexeme, sum(times * weight) as tf
      from word
      cross join lateral (
            select occasion, place, field, times from memory_postings
             where agent_id = %(agent)s and lexeme = word.lexeme
             order by occasion desc, place desc
             limit %(near)s) as posting
      join kernel on distance = 0 or field = 'b'
     where is_near
     group by 1, 2, 3
), best as materialized (
    select occasion, place, sum(idf * tf * 2.2 / (tf + 1.2)) as score
      from spread
      join word using (lexeme)
     group by 1, 2
     order by 3 desc, 1 desc, 2 desc
     limit %(best)s
), entry as materialized (
    select memory_entries.*, best.score + coalesce(common.score, 0) as by_words
      from best
      join memory_entries using (occasion, place)
      cross join lateral (
            select sum(idf * tf * 2.2 / (tf + 1.2)) as score
              from word
              cross join lateral (
                    select sum(times)::float8 as tf from memory_postings
                     where agent_id = %(agent)s and lexeme = word.lexeme
                       and occasion = best.occasion and place = best.place) as posting
             where not is_near) as common
     where agent_id = %(agent)s
       and {{permitted}}
       and {FINDABLE}
), named as (
    select author from (select distinct author from entry) as authors
     where exists (select from lexemes(author) join word using (lexeme))
)
select {COLUMNS},
       by_words + case when author in (select author from named) then 1.5 else 0 end as score,
       removed_in is not null
  from entry
 order by score desc, added_in desc
 limit %(limit)s
"""  # noqa: S608 - a constant
SEARCH = STATEMENT.format(counted=COUNTED, permitted="true")
SEARCH_OF_ANOTHER = STATEMENT.format(counted=COUNTED_FOR_A_READER, permitted=MAY_READ)


@dataclass(frozen=True)
class Found:
    """An entry that a search found. `archived` says that it is not in memory.md."""

    entry: Entry
    score: float
    archived: bool


@dataclass(frozen=True)
class Searched:
    """What a search found, the best first. `fault` says why it went by words alone although there is an embedder."""

    found: list[Found]
    fault: str = ""


class Search(Frozen):
    """A search of what `agent` remembers, or with `version` of what it knew then; at most `limit` entries.

    `now` (Unix seconds) decides what has expired. What was forgotten or superseded since is not found. `reader` is the
    agent that asks, if it is another one; `job` and `step` say for which of its jobs.
    """

    agent: Id
    question: Text
    now: float
    limit: int = Field(default=200, ge=1, le=BEST)
    version: int | None = None
    reader: Id | None = None
    job: str = ""
    step: int = 0

    @property
    def is_of_another(self) -> bool:
        """Whether one agent searches another's memory."""
        return self.reader is not None and self.reader != self.agent


async def search(connection: Connection, wanted: Search) -> list[Found]:
    """The entries that fit the question best, the best first."""
    values = {**wanted.model_dump(), "near": NEAR, "best": BEST, "words": WORDS}
    statement = SEARCH_OF_ANOTHER if wanted.is_of_another else SEARCH
    rows = await connection.execute(statement.encode(), values, prepare=False)  # planned for today's size
    return [Found(entry_of(row[:-2]), float(row[-2]), row[-1]) for row in await rows.fetchall()]
