"""What a run leaves behind, for the oracles."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos.campaign.arena import Arena
from chaos.campaign.histories import Histories
from chaos.campaign.observer import Seen
from chaos.campaign.people import Heard
from chaos.campaign.plan import JobPlan
from domain.report import Rate


@dataclass(frozen=True)
class Evidence:
    """What a run leaves: its plans, what people heard, notices by stream and version, files that were spoiled."""

    arena: Arena
    folder: Path
    plans: Mapping[str, JobPlan]
    heard: Heard
    notices: Mapping[tuple[str, int], int]
    spoiled: int
    edits: Mapping[str, Collection[str]]
    histories: Histories
    patience: float
    """How long files and notices may take to follow, all together."""

    @property
    def seen(self) -> Mapping[str, Seen]:
        return {job: self.arena.observer.jobs[job] for job in self.plans}


def noted(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of what the world has written down."""
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def rate(hit: int, of: int, amiss: int, jobs: int) -> Rate:
    """So many of so many; and of so many jobs, so many in which it was not as it should be."""
    return Rate(hit=hit, of=of, jobs_amiss=amiss, jobs=jobs)
