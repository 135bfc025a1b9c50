"""What must be true when all faults are over and every job has ended: witness, journal, tables, files, prompts."""

import asyncio
import time
from collections import Counter, defaultdict
from typing import Any

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from chaos.campaign import witness
from chaos.campaign.effects import Effects
from chaos.campaign.evidence import Evidence, rate
from chaos.campaign.expected import agree, end, expected
from chaos.campaign.found import Checked, Finding, Oracle
from chaos.campaign.histories import Histories, collect
from chaos.campaign.observer import Seen
from chaos.campaign.prompts import prompts
from domain import memory_file, todo_file
from domain.errors import JournalBehind
from domain.head import Head
from domain.report import Period
from stores.consistency import consistency
from stores.files import ENDED_SHOWN
from stores.postgres import EVERY_AGENT, transaction
from workflows.agent import AgentWorkflow
from workflows.job import JobWorkflow
from workflows.upkeep import UpkeepWorkflow

LOOK_SECONDS = 0.5
RESTORED = "select stream, event_data ->> 'path' from agent_events where event_type = 'FileRestored'"
EVERY = "select stream, version from agent_events"


async def checked(evidence: Evidence) -> Checked:
    """Asks every oracle."""
    effects = await Effects.of(evidence, witness.read(evidence.folder / "witness.jsonl"))
    told, loss = prompts(evidence.seen, evidence.folder / "prompts.jsonl")
    ends = await _ends(evidence)
    streams = await consistency(evidence.arena.longhaul.pool, Period(), None)
    wrong = [
        Finding(oracle=Oracle.STREAMS, about=each.stream.removeprefix("job/"), what=each.why) for each in streams.wrong
    ]
    histories, replayed = await _replayed(evidence)
    found = [
        *effects.findings(),
        *ends,
        *loss,
        *[each async for each in _recorded(evidence)],
        *wrong,
        *[each async for each in _files(evidence)],
        *[each async for each in _notices(evidence)],
        *replayed,
        *(Finding(oracle=Oracle.PROCESSES, about="worker", what=died) for died in evidence.arena.fleet.died),
    ]
    jobs, amiss = len(evidence.plans), len({finding.about for finding in found} & evidence.plans.keys())
    ill = len({finding.about for finding in ends})
    return Checked(
        findings=tuple(found),
        effects=effects.by_tool(),
        consistent=rate(jobs - amiss, jobs, amiss, jobs),
        ended_well=rate(jobs - ill, jobs, ill, jobs),
        prompts=told,
        notices_repeated=sum(count > 1 for count in evidence.notices.values()),
        histories=histories,
        in_the_pause=effects.in_the_pause,
    )


async def _ends(evidence: Evidence) -> list[Finding]:
    found = list[Finding]()
    for job, plan in evidence.plans.items():
        seen, wanted = evidence.seen[job], expected(plan, evidence.seen[job].messages)
        if seen.state.end is None:
            found.append(Finding(oracle=Oracle.ENDS, about=job, what=f"did not end: {seen.state.status}"))
        elif not agree(wanted, end(seen.state)):
            found.append(Finding(oracle=Oracle.ENDS, about=job, what=f"{_difference(wanted, end(seen.state))}"))
        elif told := await _told_otherwise(evidence, job):
            found.append(Finding(oracle=Oracle.ENDS, about=job, what=told))
        if job in evidence.heard.late:
            found.append(Finding(oracle=Oracle.ENDS, about=job, what="it took a consent after its end"))
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


async def _recorded(evidence: Evidence) -> Any:
    """Nothing that was read, or confirmed, is gone, and nothing that was refused stands."""
    for job, seen in evidence.seen.items():
        if seen.heads and not await _holds(evidence, job, seen):
            yield Finding(
                oracle=Oracle.RECORDED, about=job, what=f"version {seen.heads[-1].version} was read, and is gone"
            )
    ids = {message_id for seen in evidence.seen.values() for message_id in seen.messages}
    for message_id in evidence.heard.recorded - ids:
        yield _about_message(message_id, "was confirmed, and is not there")
    for message_id in evidence.heard.refused.keys() & ids:
        yield _about_message(message_id, f"was refused ({evidence.heard.refused[message_id]}), and stands")


def _about_message(message_id: str, what: str) -> Finding:
    job = message_id.partition("-says-")[0].partition("-answers-")[0]
    return Finding(oracle=Oracle.RECORDED, about=job, what=f"{message_id} {what}")


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
    """Every history that Temporal has, or had before its database was deleted."""
    histories: Histories = dict(evidence.histories)
    await collect(evidence.arena, histories)
    replayer = Replayer(
        workflows=[JobWorkflow, AgentWorkflow, UpkeepWorkflow],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    found = list[Finding]()
    for (workflow_id, _), history in histories.items():
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure:
            about = workflow_id.removeprefix("job/")
            found.append(Finding(oracle=Oracle.REPLAY, about=about, what=str(result.replay_failure)[:300]))
    return len(histories), found
