"""What goes wrong, within bounds: processes killed and suspended, time, a Reset, a lost server, an older backup."""

from collections.abc import Iterator

from chaos.protocol.appends import name
from chaos.protocol.bounds import Bounds
from chaos.protocol.core import Core
from chaos.protocol.rows import Row
from chaos.protocol.workflow import again, given_up, go_on, replaced
from chaos.protocol.world import Attempt, Life, Step, World
from domain.answers import Effect

AT_MOST = {"suspended": 2, "slow": 1, "doubt": 1, "refused": 1, "no answer": 1, "given up": 1}
"""How often one kind of fault happens; every other once."""
OPENED = 3
"""The version at which the explored job begins."""


def fault(world: World, bounds: Bounds, kind: str) -> World | None:
    """The world with that fault counted, or None when enough has gone wrong already."""
    few = len(world.faults) < bounds.faults and len(world.faults) + len(world.said) < bounds.together
    if bounds.kinds and kind not in bounds.kinds:
        return None
    if not few or world.faults.count(kind) >= AT_MOST.get(kind, 1):
        return None
    return world._replace(faults=tuple(sorted((*world.faults, kind))))


def steps(core: Core, world: World, bounds: Bounds) -> Iterator[Step]:
    """Everything that can go wrong now."""
    yield from _time(world, bounds)
    yield from _processes(core, world, bounds)
    yield from _temporal(core, world, bounds)
    yield from _backup(core, world, bounds)


def _time(world: World, bounds: Bounds) -> Iterator[Step]:
    """A deadline passes: freely where somebody waits for it, as a fault where a sender is slow."""
    if any(attempt.at == "send" for attempt in world.attempts) and not bounds.pause:
        return
    later = world._replace(clock=world.clock + 1)
    if any(attempt.at == "wait" and _is_ahead(world, attempt) for attempt in world.attempts):
        yield Step("time", "the deadline of the call passes", later)
    elif any(attempt.at in ("check", "send") and _is_ahead(world, attempt) for attempt in world.attempts):
        slow = fault(later, bounds, "slow")
        if slow is not None:
            yield Step("time", "the deadline of the call passes", slow, free=False)


def _is_ahead(world: World, attempt: Attempt) -> bool:
    call = attempt.call and attempt.call.state.call
    return bool(call and world.clock < call.deadline)


def _processes(core: Core, world: World, bounds: Bounds) -> Iterator[Step]:
    """A process that is suspended, and wakes whenever it likes. One that is killed is one that never wakes."""
    for n, attempt in enumerate(world.attempts):
        if attempt.current and (slept := fault(world, bounds, "suspended")) is not None:
            what = "its process is suspended, and the server gives it up"
            yield Step(name(attempt), what, _succeeded(core, slept, n), free=False)


def _succeeded(core: Core, world: World, n: int) -> World:
    """The server makes another attempt; not of an activity that was to stop: that ends without a result."""
    attempt = world.attempts[n]
    later = given_up(core, world, n, "timeout") if attempt.cancelled else replaced(world, n, again(attempt))
    return later._replace(attempts=(*later.attempts, attempt._replace(current=False)))


def _temporal(core: Core, world: World, bounds: Bounds) -> Iterator[Step]:
    life = world.life
    if life.done or life.stopped or life.seen is None or not world.journal.has(life.seen):
        return
    zombies = tuple(attempt._replace(current=False) for attempt in world.attempts)
    if (reset := fault(world, bounds, "reset")) is not None:
        for seen in _earlier(life.seen):
            inbox = tuple(said for said in world.said if said not in seen.heard | world.lost | world.unheard)
            new = reset._replace(life=Life(seen, inbox), attempts=zombies)
            what = f"the workflow is reset to where it had seen version {seen.version}"
            yield Step("Temporal", what, go_on(core, new), free=False)
    if (lost := fault(world, bounds, "server lost")) is not None:
        unheard = world.unheard | (set(world.life.inbox) - world.journal.heard)
        new = lost._replace(life=Life(None), attempts=zombies, unheard=unheard)
        yield Step("Temporal", "the server is lost; the job is started again", go_on(core, new), free=False)


def _backup(core: Core, world: World, bounds: Bounds) -> Iterator[Step]:
    """An older backup of Postgres: older than what the workflow has seen, which is all that it can notice."""
    seen = world.life.seen
    if seen is None or world.life.done or world.life.stopped or not world.journal.has(seen):
        return
    if (lost := fault(world, bounds, "backup")) is None:
        return
    within = core.effect is Effect.TRANSACTIONAL
    for row in _earlier(seen):
        kept = tuple(a._replace(forgotten=True) for a in world.target if a.call.version in row.returned or not within)
        gone = world.lost | (world.journal.heard - row.heard)
        later = lost.clock + 1  # to restore a backup takes longer than any call has
        new = lost._replace(journal=row, target=kept, clock=later, era=world.era + 1, lost=gone)
        yield Step("Postgres", f"is restored from a backup of version {row.version}", new, free=False)


def _earlier(seen: Row) -> tuple[Row, ...]:
    """Where a commit before it ended."""
    return tuple(row for row in seen.line[OPENED : seen.version] if row.ends)
