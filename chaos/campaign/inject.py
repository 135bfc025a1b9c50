"""How each kind of fault is done to an arena, and undone. An injector returns what it did; nothing, if it could not.

The fault is over when its injector returns: whatever it broke is whole again, and jobs should move.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.service import RPCError

from chaos.campaign.arena import Arena
from chaos.campaign.edge import Edge
from chaos.campaign.histories import Histories, collect
from chaos.campaign.plan import Fault
from chaos.campaign.postgres_edge import Cut
from domain.errors import LonghaulError
from stack.local import ServiceName
from starter import losses
from starter.commands.recover import recovered
from stores.postgres import reading

POINT_SECONDS = 8.0
CUT_SECONDS = 5.0
FILES_SECONDS = 20.0
SUSPENDED_SECONDS = 2.0
"""More than the time of a heartbeat."""
UNHEARD_SECONDS = 0.7
RECOVERY_SECONDS = 15.0
CUTS = (b"ToolCalled", b"ToolReturned", b"ModelAnswered", b"RequirementChanged")
END_BACKENDS = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid() and usename = current_user
"""


@dataclass
class Injector:
    """Does the faults of one run, each by the method that is named like its kind.

    `edits` are the words that a person added to a memory.md, by agent.
    What spoiled the file before the edit was read has taken it away, and nobody was told that it is kept.
    """

    arena: Arena
    edits: dict[str, list[str]] = field(default_factory=dict)
    histories: Histories = field(default_factory=dict)
    """What Temporal knew when its database was deleted."""

    async def __call__(self, fault: Fault) -> str:
        """Does it, and undoes it."""
        injector: Callable[[Fault], Awaitable[str]] = getattr(self, fault.kind)
        return await injector(fault)

    async def worker_killed(self, fault: Fault) -> str:
        worker = self.arena.fleet.pick(fault.pick)
        if worker is None:
            return ""
        self.arena.fleet.end(worker)
        return f"worker {worker.pid}"

    async def worker_killed_at_point(self, fault: Fault) -> str:
        return fault.place if await self._struck(fault.place, "kill") else ""

    async def worker_suspended(self, fault: Fault) -> str:
        """At any moment, or at a place: then it wakes up cut off from Temporal, and hears of nothing."""
        seconds = SUSPENDED_SECONDS + fault.seconds
        if fault.place:
            pid = await self._struck(fault.place, "stop")
        else:
            worker = self.arena.fleet.pick(fault.pick)
            pid = worker.pid if worker else 0
        if not pid:
            return ""
        await _suspended(pid, seconds, self.arena.temporal if fault.place else None)
        return f"{fault.place or f'worker {pid}'} for {seconds:.1f} s"

    async def worker_drained(self, fault: Fault) -> str:
        worker = self.arena.fleet.pick(fault.pick)
        if worker is None:
            return ""
        self.arena.fleet.end(worker, signal.SIGTERM)
        return f"worker {worker.pid}"

    async def temporal_killed(self, fault: Fault) -> str:
        await self._again("temporal")
        return "killed and started again"

    async def temporal_paused(self, fault: Fault) -> str:
        await _suspended(self.arena.servers.pid("temporal"), fault.seconds)
        return f"for {fault.seconds} s"

    async def temporal_lost(self, fault: Fault) -> str:
        """What a person does then stands in the README: start it, and `longhaul recover`."""
        with contextlib.suppress(RPCError, RuntimeError):  # the other lane may have it away
            await collect(self.arena, self.histories)
        await asyncio.to_thread(self.arena.servers.kill, "temporal")
        for file in self.arena.servers.temporal_database:
            file.unlink()
        await asyncio.to_thread(self.arena.servers.start, "temporal")
        while True:
            try:
                await self.arena.longhaul.keep_up()
                found = await recovered(self.arena.longhaul, RECOVERY_SECONDS)
            except (LonghaulError, RPCError, RuntimeError):  # the other lane is at work as well: a person tries again
                await asyncio.sleep(0.5)
            else:
                return f"{sum(each['is'] == 'recovered' for each in found)} jobs started again"

    async def temporal_one_way(self, fault: Fault) -> str:
        self.arena.temporal.hold("replies")
        return await self._released(fault.seconds)

    async def postgres_backends_killed(self, fault: Fault) -> str:
        async with reading(self.arena.longhaul.pool) as connection:
            row = await (await connection.execute(END_BACKENDS)).fetchone()
        return f"{row[0] if row else 0} connections"

    async def postgres_killed(self, fault: Fault) -> str:
        await self._again("postgres")
        return "killed and started again"

    async def postgres_rewound(self, fault: Fault) -> str:
        """A backup, some more work, the backup again; then what stands in docs/operations.md."""
        servers, backup = self.arena.servers, self.arena.servers.settings.home / "backup"
        await asyncio.to_thread(servers.back_up_postgres, backup)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(servers.restore_postgres, backup)
        await self.arena.longhaul.pool.check()
        gone = await self.arena.observer.rewound()
        accepted = await self._losses_accepted()
        return f"{gone} events gone, the loss of {accepted} jobs accepted"

    async def _losses_accepted(self) -> int:
        """Until no job lacks anything: who had seen more may only find out as it goes on."""
        accepted = 0
        while found := await losses.losses(self.arena.longhaul):
            for loss in found:
                await losses.accept(self.arena.longhaul, loss, "ann")
            accepted += len(found)
            await recovered(self.arena.longhaul, RECOVERY_SECONDS)
        return accepted

    async def files_deleted(self, fault: Fault) -> str:
        agents = {seen.agent for seen in self.arena.observer.working()}
        files = [self.arena.file(agent, name) for agent in agents for name in ("memory.md", "TODO.md")]
        for agent in agents:
            await asyncio.to_thread(shutil.rmtree, self.arena.file(agent, ""))
        back = await _until(lambda: all(file.exists() for file in files), FILES_SECONDS)
        return f"of {len(agents)} agents" + ("" if back else ", and not all came back")

    async def commit_reply_cut(self, fault: Fault) -> str:
        what = CUTS[fault.pick % len(CUTS)]
        order = self.arena.postgres.cut(Cut.REPLY, what)
        try:
            async with asyncio.timeout(CUT_SECONDS):
                await order.done.wait()
        except TimeoutError:
            self.arena.postgres.withdraw(order)
            return ""
        return f"of a commit with {what.decode()}"

    async def postgres_black_hole(self, fault: Fault) -> str:
        self.arena.postgres.hold()
        return await self._released(fault.seconds)

    async def postgres_slow(self, fault: Fault) -> str:
        self.arena.postgres.delay_seconds = 0.02
        return await self._released(fault.seconds)

    async def connections_reset(self, fault: Fault) -> str:
        return f"{sum(edge.reset_all() for edge in self.arena.edges)} connections"

    async def redis_emptied(self, fault: Fault) -> str:
        await asyncio.to_thread(self.arena.servers.kill, "redis")
        await asyncio.to_thread(shutil.rmtree, self.arena.servers.data / "valkey")
        await asyncio.to_thread(self.arena.servers.start, "redis")
        return "killed, emptied, started again"

    async def redis_paused(self, fault: Fault) -> str:
        await _suspended(self.arena.servers.pid("redis"), fault.seconds)
        return f"for {fault.seconds} s"

    async def file_torn(self, fault: Fault) -> str:
        return await self._spoiled(fault, lambda content: content[: len(content) // 2])

    async def file_replaced(self, fault: Fault) -> str:
        other = None if fault.pick % 2 else b"\x00\xff not at all what was here"
        return await self._spoiled(fault, lambda content: other)

    async def file_edited(self, fault: Fault) -> str:
        """A person adds a line; it replaces the file as an editor does, if nobody else just has."""
        agent = self._agent(fault)
        path = self.arena.file(agent, "memory.md")
        if not agent or not path.exists():
            return ""
        said = f"said-{fault.number:012x}"
        text = path.read_text(encoding="utf-8")
        head, mark, rest = text.partition("## Key Learnings\n")
        if not mark:
            return ""
        beside = path.with_name(f".{fault.number}.edited")
        beside.write_text(f"{head}{mark}- {said} a person wrote this\n{rest}", encoding="utf-8")
        if path.read_text(encoding="utf-8") != text:
            beside.unlink()
            return ""
        beside.rename(path)
        self.edits.setdefault(agent, []).append(said)
        return f"memory.md of {agent}"

    async def disk_full(self, fault: Fault) -> str:
        """A limit of the process stands for a full disk: a file system of its own needs rights that a user lacks."""
        self.arena.fleet.limit_files(0)
        await asyncio.sleep(fault.seconds)
        self.arena.fleet.limit_files(-1)
        return f"for {fault.seconds} s"

    async def job_reset(self, fault: Fault) -> str:
        working = self.arena.observer.working()
        if not working:
            return ""
        job = working[fault.pick % len(working)].job
        try:
            ends = await self._task_ends(job)
            await self._reset(job, ends[fault.pick % len(ends)])
        except (RPCError, IndexError):  # it has ended meanwhile
            return ""
        return job

    async def _struck(self, place: str, how: str) -> int:
        """Arms a crash point; the process that came by it, or 0 when none did."""
        crash = self.arena.there.crash_points
        assert crash is not None
        armed = crash / f"{place}.{how}"
        armed.touch()
        if not await _until(lambda: not armed.exists(), POINT_SECONDS):
            with contextlib.suppress(FileNotFoundError):  # else it struck at this very moment
                armed.unlink()
                return 0
        taken = max(crash.glob(f"{place}.{how}.*"), key=lambda path: path.stat().st_mtime_ns)
        return int(taken.suffix[1:])

    async def _task_ends(self, job: str) -> list[int]:
        handle = self.arena.longhaul.temporal.get_workflow_handle(f"job/{job}")
        return [
            event.event_id
            async for event in handle.fetch_history_events()
            if event.HasField("workflow_task_completed_event_attributes")
        ]

    async def _reset(self, job: str, event: int) -> None:
        request = ResetWorkflowExecutionRequest(
            namespace=self.arena.longhaul.temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=f"job/{job}"),
            reason="a fault of the campaign",
            workflow_task_finish_event_id=event,
            request_id=str(uuid.uuid4()),
        )
        await self.arena.longhaul.temporal.workflow_service.reset_workflow_execution(request)

    async def _spoiled(self, fault: Fault, change: Callable[[bytes], bytes | None]) -> str:
        agent = self._agent(fault)
        path = self.arena.file(agent, fault.place)
        if not agent or not path.exists():
            return ""
        content = change(path.read_bytes())
        await self._forgive_unread(agent)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        return f"{fault.place} of {agent}"

    async def _forgive_unread(self, agent: str) -> None:
        memory = await self.arena.longhaul.memories.load(agent)
        text = "\n".join(entry.text for entry in memory.entries)
        self.edits[agent] = [word for word in self.edits.get(agent, []) if word in text]

    def _agent(self, fault: Fault) -> str:
        working = self.arena.observer.working()
        return working[fault.pick % len(working)].agent if working else ""

    async def _released(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        for edge in self.arena.edges:
            edge.release()
        return f"for {seconds} s"

    async def _again(self, name: ServiceName) -> None:
        await asyncio.to_thread(self.arena.servers.kill, name)
        await asyncio.to_thread(self.arena.servers.start, name)


async def _suspended(pid: int, seconds: float, unheard: Edge | None = None) -> None:
    """It wakes up while nothing comes through the edge that is `unheard`."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        if unheard:
            unheard.hold("replies")
        os.kill(pid, signal.SIGCONT)
    if unheard:
        await asyncio.sleep(UNHEARD_SECONDS)
        unheard.release()


async def _until(holds: Callable[[], bool], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - what is awaited is another process
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False
    return True
