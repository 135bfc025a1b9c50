"""Whose memory is due for compaction: agents with enough old entries in a section, as `domain.compaction` has it."""

from domain.compaction import SECTIONS, Policy
from domain.memory import Trust
from stores.postgres import EVERY_AGENT, Pool, transaction

AGENTS = """
select agent_id
  from memory_entries
 where removed_in is null and not pinned and topic = '' and expires_at is null
   and section = any(%s) and trust = any(%s) and at <= %s
   and (entry_id !~ '^m' or entry_id = 'm' || added_in)
 group by agent_id, section
having count(*) >= %s
 order by random()
 limit %s
"""
"""In no order: agents whose compaction fails each time must not stand before all others."""

OURS = tuple(trust for trust in Trust if not trust.is_theirs)


async def with_old_entries(pool: Pool, policy: Policy, now: float, most: int) -> list[str]:
    """At most so many of the agents whose memory may be due at `now` (Unix seconds)."""
    values = (list(SECTIONS), list(OURS), policy.before(now), policy.entries, most)
    async with transaction(pool, EVERY_AGENT) as connection:
        rows = await (await connection.execute(AGENTS, values, prepare=False)).fetchall()
    return sorted({row[0] for row in rows})
