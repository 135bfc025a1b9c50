"""A search of what an agent remembers, for one command: what no worker has embedded yet is embedded first."""

import asyncio

from domain.errors import LonghaulError
from starter.client import Longhaul
from stores.search import Search, Searched

CATCH_UP_SECONDS = 2.0


async def searched(longhaul: Longhaul, wanted: Search) -> tuple[Searched, str]:
    """What was found, and what a person should know about how; nothing, if there is nothing to know."""
    lacking = 0 if wanted.is_of_another else await _lacking(longhaul, wanted.agent)
    found = await longhaul.memories.search(wanted)
    if found.fault:
        return found, f"searched by words alone: {found.fault}"
    if lacking:
        return found, f"{lacking} entries have no vector yet, and are found by their words alone; workers make them"
    return found, ""


async def _lacking(longhaul: Longhaul, agent: str) -> int:
    """How many entries lack a vector after two seconds of making them; that an embedder fails, the search tells."""
    if longhaul.vectors is None:
        return 0
    try:
        async with asyncio.timeout(CATCH_UP_SECONDS):
            await longhaul.vectors.fill(agent)
    except TimeoutError:
        return await longhaul.vectors.missing(agent)
    except LonghaulError:
        return 0
    return 0
