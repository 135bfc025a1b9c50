"""Faults of the files that workers write."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field

from chaos.campaign.arena import Arena
from chaos.campaign.plan import Fault
from chaos.campaign.processes import until

FILES_SECONDS = 20.0


@dataclass
class OnFiles:
    """`edits` are the words that a person added to a memory.md, by agent.

    What spoiled the file before the edit was read has taken it away, and nobody was told that it is kept.
    """

    arena: Arena
    edits: dict[str, list[str]] = field(default_factory=dict)

    async def file_torn(self, fault: Fault) -> str:
        return await self._spoiled(fault, lambda content: content[: len(content) // 2])

    async def file_replaced(self, fault: Fault) -> str:
        other = None if fault.pick % 2 else b"\x00\xff not at all what was here"
        return await self._spoiled(fault, lambda content: other)

    async def file_edited(self, fault: Fault) -> str:
        """A person adds a line; it replaces the file as an editor does, if nobody else just has."""
        agent = self._whose(fault, "memory.md")
        if not agent:
            return ""
        path = self.arena.file(agent, "memory.md")
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

    async def files_deleted(self, fault: Fault) -> str:
        agents = {seen.agent for seen in self.arena.observer.working()}
        files = [self.arena.file(agent, name) for agent in agents for name in ("memory.md", "TODO.md")]
        for agent in agents:
            gone = self.arena.there.home / f"deleted-{agent}"
            self.arena.file(agent, "").rename(gone)  # a worker may be writing there: no folder is emptied in an instant
            await asyncio.to_thread(shutil.rmtree, gone, ignore_errors=True)
        back = await until(lambda: all(file.exists() for file in files), FILES_SECONDS)
        return f"of {len(agents)} agents" + ("" if back else ", and not all came back")

    async def _spoiled(self, fault: Fault, change: Callable[[bytes], bytes | None]) -> str:
        agent = self._whose(fault, fault.place)
        if not agent:
            return ""
        path = self.arena.file(agent, fault.place)
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

    def _whose(self, fault: Fault, name: str) -> str:
        """An agent at work that has the file; nothing when none has."""
        agents = sorted({seen.agent for seen in self.arena.observer.working()})
        found = [agent for agent in agents if self.arena.file(agent, name).exists()]
        return found[fault.pick % len(found)] if found else ""
