"""Many jobs of many agents at once, two workers: all end, no effect is repeated, memory is flat once it is warm.

With `--whole` 1,000 jobs of 100 agents, else a fifth; `python -m bench.crowd` prints the figures of either.
"""

import pytest

from bench.crowd import HEARTBEAT_SECONDS, crowd
from settings import Settings

MARGIN = 0.1
"""By so much memory may grow from the middle of the run to its end."""


@pytest.mark.timeout(900)
async def test_all_end_none_is_repeated_and_memory_is_flat(settings: Settings, whole: bool) -> None:
    jobs, agents = (1000, 100) if whole else (200, 20)
    patient = settings.model_copy(update={"heartbeat_seconds": HEARTBEAT_SECONDS})
    figures = await crowd(patient, jobs, agents)
    assert figures.completed == jobs, figures
    assert (figures.effects, figures.repeated) == (jobs, 0), figures
    assert figures.growth < MARGIN, figures
