"""200 jobs of 20 agents at once, two workers: all end, no effect is repeated, memory is flat once it is warm.

A fifth of the promise, for the time it takes; `python -m bench.crowd` does the 1,000 jobs of 100 agents and prints the
same figures.
"""

import pytest

from bench.crowd import HEARTBEAT_SECONDS, crowd
from settings import Settings

JOBS, AGENTS = 200, 20
MARGIN = 0.1
"""By so much memory may grow from the middle of the run to its end."""


@pytest.mark.timeout(400)
async def test_all_end_none_is_repeated_and_memory_is_flat(settings: Settings) -> None:
    patient = settings.model_copy(update={"heartbeat_seconds": HEARTBEAT_SECONDS})
    figures = await crowd(patient, JOBS, AGENTS)
    assert figures.completed == JOBS, figures
    assert (figures.effects, figures.repeated) == (JOBS, 0), figures
    assert figures.growth < MARGIN, figures
