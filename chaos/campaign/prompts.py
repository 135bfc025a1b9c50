"""The oracle of prompts: what the model was told, against what stood in the journal before."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from chaos.campaign.evidence import noted, rate
from chaos.campaign.found import Finding, Oracle
from chaos.campaign.observer import Seen
from domain.report import Rate


def prompts(jobs: Mapping[str, Seen], told: Path) -> tuple[Rate, list[Finding]]:
    """Every prompt of these jobs, with the words it lacks of those that stood in the journal before it.

    `told` has a line a prompt: its job, the version it was made at, and the words that were in it.
    """
    total, lost, found = Counter[str](), Counter[str](), list[Finding]()
    for each in noted(told):
        job, version = each["job"], each["version"]
        if job not in jobs:
            continue
        total[job] += 1
        if missing := [word for word, at in jobs[job].words.items() if at <= version and word not in each["words"]]:
            lost[job] += 1
            what = f"the prompt at version {version} lacks {', '.join(missing)}"
            found.append(Finding(oracle=Oracle.PROMPTS, about=job, what=what))
    return rate(sum(lost.values()), sum(total.values()), len(lost), len(total)), found
