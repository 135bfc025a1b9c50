"""The oracle of prompts: what the model was told, against what stood in the journal before."""

from collections import Counter

from chaos.campaign.evidence import Evidence, noted, rate
from chaos.campaign.found import Finding, Oracle
from chaos.campaign.script import fact
from domain.report import Rate


def prompts(evidence: Evidence) -> tuple[Rate, list[Finding]]:
    """Every prompt, with the words it lacks of those that stood in the journal before it."""
    known = {job: _words_by_version(evidence, job) for job in evidence.plans}
    total, lost, found = Counter[str](), Counter[str](), list[Finding]()
    for each in noted(evidence.folder / "prompts.jsonl"):
        job, version = each["job"], each["version"]
        if job not in known:
            continue
        total[job] += 1
        if missing := [word for word, at in known[job].items() if at <= version and word not in each["words"]]:
            lost[job] += 1
            what = f"the prompt at version {version} lacks {', '.join(missing)}"
            found.append(Finding(oracle=Oracle.PROMPTS, about=job, what=what))
    return rate(sum(lost.values()), sum(total.values()), len(lost), len(total)), found


def _words_by_version(evidence: Evidence, job: str) -> dict[str, int]:
    """What a prompt must hold from which version on: what people said, and what the job itself remembered."""
    plan, seen = evidence.plans[job], evidence.seen[job]
    said = {
        saying.word: seen.messages[saying.message_id]
        for saying in plan.sayings
        if saying.message_id in seen.messages and saying.kind in ("tell", "inform")
    }
    facts = {fact(job, item): version for item, version in seen.returned.items() if item.startswith("keep")}
    return said | facts
