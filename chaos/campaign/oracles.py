"""What must be true when all faults are over and every job has ended: witness, journal, tables, files, prompts."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import Replayer

from chaos.campaign import witness
from chaos.campaign.arena import Arena
from chaos.campaign.expected import FACTS, agree, end, expected
from chaos.campaign.found import Checked, Effect, Finding, Oracle
from chaos.campaign.observer import Seen
from chaos.campaign.people import Heard
from chaos.campaign.plan import JobPlan
from chaos.campaign.script import fact
from chaos.campaign.witness import Line
from domain import memory_file, todo_file
from domain.errors import JournalBehind
from domain.head import Head
from domain.report import Period, Rate
from stores.consistency import consistency
from stores.files import ENDED_SHOWN
from stores.postgres import EVERY_AGENT, reading, transaction
from workflows.agent import AgentWorkflow
from workflows.job import JobWorkflow
from workflows.upkeep import UpkeepWorkflow

PAUSE_SECONDS = 1.0
"""Longer than any sender needs from its last check to its effect, unless it stands still."""
LOOK_SECONDS = 0.5
KEPT = "select job, item, key, count(*) from kept group by job, item, key"
RESTORED = "select stream, event_data ->> 'path' from agent_events where event_type = 'FileRestored'"
EVERY = "select stream, version from agent_events"


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
    patience: float
    """How long files and notices may take to follow, all together."""

    @property
    def seen(self) -> Mapping[str, Seen]:
        return {job: self.arena.observer.jobs[job] for job in self.plans}


async def checked(evidence: Evidence) -> Checked:
    """Asks every oracle."""
    lines = witness.read(evidence.folder / "witness.jsonl")
    kept = await _kept(evidence)
    effects, doubled = _effects(evidence, lines, kept)
    prompts, loss = _prompts(evidence)
    ends = await _ends(evidence)
    streams = await consistency(evidence.arena.longhaul.pool, Period(), None)
    wrong = [Finding(oracle=Oracle.STREAMS, about=each.stream, what=each.why) for each in streams.wrong]
    histories, replayed = await _replayed(evidence)
    found = [
        *_happened(evidence, lines, kept),
        *doubled,
        *ends,
        *loss,
        *[each async for each in _recorded(evidence)],
        *wrong,
        *[each async for each in _files(evidence)],
        *[each async for each in _notices(evidence)],
        *replayed,
        *(Finding(oracle=Oracle.PROCESSES, about="worker", what=died) for died in evidence.arena.fleet.died),
    ]
    jobs, amiss = len(evidence.plans), {finding.about for finding in found}
    ill = {finding.about for finding in ends}
    return Checked(
        findings=tuple(found),
        effects=effects,
        consistent=_rate(jobs - len(amiss & evidence.plans.keys()), jobs, len(amiss & evidence.plans.keys()), jobs),
        ended_well=_rate(jobs - len(ill), jobs, len(ill), jobs),
        prompts=prompts,
        notices_repeated=sum(count > 1 for count in evidence.notices.values()),
        histories=histories,
        in_the_pause=_in_the_pause(line for line in lines if line.job in evidence.plans),
    )


def _rate(hit: int, of: int, amiss: int, jobs: int) -> Rate:
    return Rate(hit=hit, of=of, jobs_amiss=amiss, jobs=jobs)


async def _kept(evidence: Evidence) -> list[tuple[str, str, str, int]]:
    async with reading(evidence.arena.longhaul.pool) as connection:
        found = await (await connection.execute(KEPT)).fetchall()
    return [(job, item, key, count) for job, item, key, count in found]


def _times(lines: Iterable[Line], kept: Iterable[tuple[str, str, str, int]]) -> Counter[tuple[str, str]]:
    """How often each item's effect has happened, whatever keys it went under."""
    times = Counter[tuple[str, str]]()
    for line in lines:
        times[line.job, line.item] += line.applied
    for job, item, _, count in kept:
        times[job, item] += count
    return times


def _effects(
    evidence: Evidence, lines: Iterable[Line], kept: Iterable[tuple[str, str, str, int]]
) -> tuple[tuple[Effect, ...], list[Finding]]:
    times = Counter({(job, item): count for (job, item), count in _times(lines, kept).items() if job in evidence.plans})
    found = [
        Finding(oracle=Oracle.EFFECTS, about=job, what=f"{item} happened {count} times")
        for (job, item), count in times.items()
        if count > 1
    ]
    calls, doubted = _calls(evidence)
    effects = tuple(
        Effect(
            tool=tool,
            effect=FACTS[tool].effect,
            duplicates=_of_tool(tool, {of: count - 1 for of, count in times.items() if count}),
            unknown=_of_tool(tool, {of: doubted[of] for of in calls}),
        )
        for tool in FACTS
        if tool != "look"
    )
    return effects, found


def _of_tool(tool: str, amiss: Mapping[tuple[str, str], int]) -> Rate:
    """Of the items of a tool, how many were amiss (more than 0)."""
    ours = {of: count for of, count in amiss.items() if of[1].partition(":")[0] == tool}
    ill = {job for (job, _), count in ours.items() if count}
    return _rate(sum(count > 0 for count in ours.values()), len(ours), len(ill), len({job for job, _ in ours}))


def _calls(evidence: Evidence) -> tuple[set[tuple[str, str]], Counter[tuple[str, str]]]:
    """The items that were called, and how often nobody knew what had come of a call."""
    called, doubted = set[tuple[str, str]](), Counter[tuple[str, str]]()
    for job, seen in evidence.seen.items():
        called |= {(job, item) for item in seen.called}
        doubted.update((job, call.open.call.item) for call in seen.state.unknown)
    return called, doubted


def _happened(
    evidence: Evidence, lines: Iterable[Line], kept: Iterable[tuple[str, str, str, int]]
) -> Iterator[Finding]:
    """What the journal calls done has happened, and what happened is a call of the journal."""
    times, over = _times(lines, kept), {job: seen for job, seen in evidence.seen.items() if seen.state.end}
    for job, seen in over.items():
        for item in end(seen.state).completed:
            if not item.startswith("look") and not times[job, item]:
                yield Finding(oracle=Oracle.EFFECTS, about=job, what=f"{item} is completed and never happened")
    for job, item in times:
        if job in over and item not in over[job].called:
            yield Finding(oracle=Oracle.EFFECTS, about=job, what=f"{item} happened without a call in the journal")


def _in_the_pause(lines: Iterable[Line]) -> int:
    return sum(line.applied and line.at - line.checked > PAUSE_SECONDS for line in lines)


async def _ends(evidence: Evidence) -> list[Finding]:
    found = list[Finding]()
    for job, plan in evidence.plans.items():
        seen, wanted = evidence.seen[job], expected(plan, evidence.heard.recorded)
        if seen.state.end is None:
            found.append(Finding(oracle=Oracle.ENDS, about=job, what=f"did not end: {seen.state.status}"))
        elif not agree(wanted, end(seen.state)):
            found.append(Finding(oracle=Oracle.ENDS, about=job, what=f"{_difference(wanted, end(seen.state))}"))
        elif told := await _told_otherwise(evidence, job):
            found.append(Finding(oracle=Oracle.ENDS, about=job, what=told))
    return found


def _difference(wanted: Any, found: Any) -> str:
    both = {name: (getattr(wanted, name), getattr(found, name)) for name in type(wanted).model_fields}
    return "; ".join(
        f"{name} should be {_short(one)}, is {_short(other)}" for name, (one, other) in both.items() if one != other
    )


def _short(value: object) -> str:
    return str(sorted(value) if isinstance(value, frozenset) else value)[:300]


async def _told_otherwise(evidence: Evidence, job: str) -> str:
    """What the row or the workflow's result says else than the journal; a result that Temporal lost says nothing."""
    state, longhaul = evidence.seen[job].state, evidence.arena.longhaul
    row = await longhaul.tasks.job(job)
    if row is None or row["status"] != state.status:
        return f"its row says {row and row['status']}, the journal {state.status}"
    try:
        async with asyncio.timeout(evidence.patience):
            result = await longhaul.temporal.get_workflow_handle(f"job/{job}").result()
    except RPCError:
        return ""
    except TimeoutError:
        return f"its workflow does not end, the journal says {state.status}"
    stands = await longhaul.jobs.holds(job, Head.model_validate(result["head"]))
    return "" if result["status"] == state.status and stands else f"its workflow says {result}"


def _prompts(evidence: Evidence) -> tuple[Rate, list[Finding]]:
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
    return _rate(sum(lost.values()), sum(total.values()), len(lost), len(total)), found


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


def noted(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of what the world has written down."""
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


async def _recorded(evidence: Evidence) -> Any:
    """Nothing that was read, or confirmed, is gone; no message stands twice (the schema sees to that)."""
    for job, seen in evidence.seen.items():
        if seen.heads and not await _holds(evidence, job, seen):
            yield Finding(
                oracle=Oracle.RECORDED, about=job, what=f"version {seen.heads[-1].version} was read, and is gone"
            )
    ids = {message_id for seen in evidence.seen.values() for message_id in seen.messages}
    for message_id in evidence.heard.recorded - ids:
        job = message_id.partition("-says-")[0].partition("-answers-")[0]
        yield Finding(oracle=Oracle.RECORDED, about=job, what=f"{message_id} was confirmed, and is not there")


async def _holds(evidence: Evidence, job: str, seen: Seen) -> bool:
    try:
        found = await evidence.arena.longhaul.jobs.find(job, seen.heads[-1])
    except JournalBehind:
        return False
    return found.seen == seen.heads[-1]


async def _files(evidence: Evidence) -> Any:
    """They follow the journal within a while, and hold what people wrote into them."""
    longhaul, restored = evidence.arena.longhaul, 0
    async with transaction(longhaul.pool, EVERY_AGENT) as connection:
        restored = len(await (await connection.execute(RESTORED)).fetchall())
    if restored > evidence.spoiled:
        what = f"{restored} files were restored, and {evidence.spoiled} spoiled by the campaign"
        yield Finding(oracle=Oracle.FILES, about="files", what=what)
    agents, until = defaultdict[str, list[str]](list), time.monotonic() + evidence.patience
    for plan in evidence.plans.values():
        agents[plan.agent].append(plan.job)
    for agent, jobs in agents.items():
        for name in ("memory.md", "TODO.md"):
            if why := await _behind(evidence, agent, name, until):
                yield Finding(oracle=Oracle.FILES, about=jobs[-1], what=why)
        text = await _memory(evidence, agent)
        for word in evidence.edits.get(agent, ()):
            if word not in text:
                yield Finding(oracle=Oracle.FILES, about=jobs[-1], what=f"what a person wrote is gone: {word}")


async def _behind(evidence: Evidence, agent: str, name: str, until: float) -> str:
    """Why the file is not what the journal says; it may take a while."""
    path = evidence.arena.file(agent, name)
    while True:
        wanted = await (_memory(evidence, agent) if name == "memory.md" else _todo(evidence, agent))
        if path.exists() and path.read_text(encoding="utf-8", errors="replace") == wanted:
            return ""
        if time.monotonic() > until:
            break
        await asyncio.sleep(LOOK_SECONDS)
    return f"{name} of {agent} is not what the journal says"


async def _memory(evidence: Evidence, agent: str) -> str:
    memory = await evidence.arena.longhaul.memories.load(agent)
    return memory_file.render(agent, memory.version, memory.entries)


async def _todo(evidence: Evidence, agent: str) -> str:
    return todo_file.render(agent, await evidence.arena.longhaul.tasks.todo_of(agent, ENDED_SHOWN))


async def _notices(evidence: Evidence) -> Any:
    until = time.monotonic() + evidence.patience
    while True:
        async with transaction(evidence.arena.longhaul.pool, EVERY_AGENT) as connection:
            written = {(stream, version) for stream, version in await (await connection.execute(EVERY)).fetchall()}
        missing = written - evidence.notices.keys()
        if not missing or time.monotonic() > until:
            break
        await asyncio.sleep(LOOK_SECONDS)
    streams = Counter(stream.removeprefix("job/") for stream, _ in missing)
    for job, count in streams.items():
        yield Finding(oracle=Oracle.NOTICES, about=job, what=f"{count} notices never came")


async def _replayed(evidence: Evidence) -> tuple[int, list[Finding]]:
    """Every history that Temporal has."""
    replayer = Replayer(workflows=[JobWorkflow, AgentWorkflow, UpkeepWorkflow], data_converter=pydantic_data_converter)
    temporal, queue = evidence.arena.longhaul.temporal, evidence.arena.there.task_queue
    count, found = 0, list[Finding]()
    async for each in temporal.list_workflows(f"TaskQueue = '{queue}'"):
        history = await temporal.get_workflow_handle(each.id, run_id=each.run_id).fetch_history()
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        count += 1
        if result.replay_failure:
            about = each.id.removeprefix("job/")
            found.append(Finding(oracle=Oracle.REPLAY, about=about, what=str(result.replay_failure)[:300]))
    return count, found
