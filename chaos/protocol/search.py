"""Breadth first through every world that can be reached, so that the first counterexample found is a shortest one."""

import gc
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from chaos.protocol import appends, mishaps, people
from chaos.protocol.acting import Acting
from chaos.protocol.bounds import Bounds
from chaos.protocol.core import NOW, Core
from chaos.protocol.promises import at_its_end, broken
from chaos.protocol.workflow import go_on
from chaos.protocol.world import Life, Step, World

STUCK = "the job never ends, whatever happens next"


@dataclass(frozen=True)
class Told:
    """One line of a counterexample: who did what, and the rows that this added to the journal."""

    who: str
    what: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Explored:
    """What a search has found. `complete` says that no world was left out for the limits of depth or number."""

    states: int
    steps: int
    depth: int
    complete: bool
    violation: str = ""
    path: tuple[Told, ...] = ()


@dataclass
class Search:
    """One search. `depth` and `states` limit it; 0 is no limit."""

    core: Core
    bounds: Bounds
    depth: int = 0
    states: int = 0
    known: dict[World, int] = field(default_factory=dict)
    worlds: list[World] = field(default_factory=list)
    came_from: list[int] = field(default_factory=list)
    free: list[tuple[int, int]] = field(default_factory=list)
    steps: int = 0

    def explored(self) -> Explored:
        """Explores; stops at the first violation."""
        gc.disable()  # nothing that is kept here ever becomes garbage, and there is much of it
        try:
            return self._explored()
        finally:
            gc.enable()

    def _explored(self) -> Explored:
        start = self.core.start()
        self._add(go_on(self.core, World(start, Life(start), now=NOW)), -1)
        queue, level, cut = deque([(0, 0)]), 0, set[int]()
        while queue:
            number, level = queue.popleft()
            if (self.depth and level >= self.depth) or (self.states and len(self.worlds) >= self.states):
                cut.add(number)
                continue
            goes_on = at_its_end(self.worlds[number])
            for step in following(self.core, self.worlds[number], self.bounds):
                self.steps += 1
                goes_on |= step.free
                new = step.world not in self.known
                to = self._add(step.world, number) if new else self.known[step.world]
                if step.free:
                    self.free.append((number, to))
                if new and (why := broken(self.core, step.world)):
                    return self._found(level + 1, why, to)
                if new:
                    queue.append((to, level + 1))
            if not goes_on:
                return self._found(level, STUCK, number)
        stuck = self._stuck(cut)
        if stuck is not None:
            return self._found(level, STUCK, stuck)
        return Explored(len(self.worlds), self.steps, level, complete=not cut)

    def _add(self, world: World, before: int) -> int:
        self.known[world] = len(self.worlds)
        self.worlds.append(world)
        self.came_from.append(before)
        return len(self.worlds) - 1

    def _stuck(self, cut: set[int]) -> int | None:
        """The first world from which no free steps lead to the job's end."""
        before: list[list[int]] = [[] for _ in self.worlds]
        for a, b in self.free:
            before[b].append(a)
        ends = [n for n, world in enumerate(self.worlds) if n in cut or at_its_end(world)]
        good = bytearray(len(self.worlds))
        while ends:
            n = ends.pop()
            if not good[n]:
                good[n] = 1
                ends += before[n]
        return next((n for n, fine in enumerate(good) if not fine), None)

    def _found(self, level: int, why: str, at: int) -> Explored:
        return Explored(len(self.worlds), self.steps, level, complete=False, violation=why, path=self._path(at))

    def _path(self, at: int) -> tuple[Told, ...]:
        told = list[Told]()
        while (before := self.came_from[at]) >= 0:
            earlier, later = self.worlds[before], self.worlds[at]
            step = next(s for s in following(self.core, earlier, self.bounds) if s.world == later)
            kept = later.journal.has(earlier.journal)
            rows = later.journal.since(earlier.journal) if kept else ()
            names = tuple(f"{row.version} {row.event.type}" for row in rows if row.event)
            told.append(Told(step.who, step.what, names))
            at = before
        return tuple(reversed(told))


def following(core: Core, world: World, bounds: Bounds) -> Iterator[Step]:
    """Everything that can happen next."""
    for n, attempt in enumerate(world.attempts):
        taken = Acting(core, bounds, world, n).steps() if attempt.work == "act" else appends.steps(core, world, n)
        yield from taken if attempt.current else (step._replace(free=False) for step in taken)
    yield from people.steps(core, world, bounds)
    yield from mishaps.steps(core, world, bounds)
