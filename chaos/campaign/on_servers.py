"""Faults of the servers, and of the way to them: Temporal, Postgres, Redis."""

import asyncio
import contextlib
import shutil
from dataclasses import dataclass, field

from temporalio.service import RPCError

from chaos.campaign.arena import Arena
from chaos.campaign.histories import Histories, collect
from chaos.campaign.plan import Fault
from chaos.campaign.postgres_edge import Cut
from chaos.campaign.processes import suspended
from domain.errors import LonghaulError
from stack.local import ServiceName
from starter import losses
from starter.commands.recover import recovered
from stores.postgres import reading

CUT_SECONDS = 5.0
RECOVERY_SECONDS = 15.0
CUTS = (b"ToolCalled", b"ToolReturned", b"ModelAnswered", b"RequirementChanged")
END_BACKENDS = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid() and usename = current_user
"""


@dataclass
class OnServers:
    """`histories` is what Temporal knew when its database was deleted."""

    arena: Arena
    histories: Histories = field(default_factory=dict)

    async def temporal_killed(self, fault: Fault) -> str:
        await self._again("temporal")
        return "killed and started again"

    async def temporal_paused(self, fault: Fault) -> str:
        await suspended(self.arena.servers.pid("temporal"), fault.seconds)
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
        await suspended(self.arena.servers.pid("redis"), fault.seconds)
        return f"for {fault.seconds} s"

    async def _losses_accepted(self) -> int:
        """Until no job lacks anything: who had seen more may only find out as it goes on."""
        accepted = 0
        while found := await losses.losses(self.arena.longhaul):
            for loss in found:
                await losses.accept(self.arena.longhaul, loss, "ann")
            accepted += len(found)
            await recovered(self.arena.longhaul, RECOVERY_SECONDS)
        return accepted

    async def _released(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        for edge in self.arena.edges:
            edge.release()
        return f"for {seconds} s"

    async def _again(self, name: ServiceName) -> None:
        await asyncio.to_thread(self.arena.servers.kill, name)
        await asyncio.to_thread(self.arena.servers.start, name)
