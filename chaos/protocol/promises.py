"""What must hold in every world that can be reached. Each promise is one function: why it is broken, or nothing."""

from chaos.protocol.core import Core
from chaos.protocol.world import World
from domain import events as e

INNOCENT = {"refused", "slow"}
"""Faults that leave no doubt about what was sent."""


def broken(core: Core, world: World) -> str:
    """The promise that does not hold, or nothing."""
    return (
        world.broken
        or world.journal.fault
        or _outcomes_are_true(world)
        or _acted_once(world)
        or _messages_are_kept(world)
        or _asked_only_in_doubt(world)
    )


def _outcomes_are_true(world: World) -> str:
    happened = {a.call.version for a in world.target if world.journal.has(a.call) and not a.forgotten}
    if lied := happened & world.journal.failed:
        return f"call {min(lied)} is recorded as failed, and its effect happened"
    return ""


def _acted_once(world: World) -> str:
    """What the model wanted once for a revision happens once, and once more each time that a person says so."""
    journal = world.journal
    if journal.losses or not all(journal.has(applied.call) for applied in world.target):
        return ""
    calls = [applied.call.event for applied in world.target]
    revisions = [call.revision for call in calls if isinstance(call, e.ToolCalled)]
    most, agains = max((revisions.count(revision) for revision in revisions), default=0), journal.agains
    return f"the same is done {most} times, and people said 'again' {agains} times" if most > 1 + agains else ""


def _messages_are_kept(world: World) -> str:
    kept = world.journal.heard | world.lost | set(world.life.inbox)
    if gone := world.confirmed - kept:
        return f"{min(gone)!r} was confirmed, and is lost"
    if world.life.done and (lost := set(world.said) - kept - world.unheard):
        return f"{min(lost)!r} was said, and is lost"
    if world.life.done and world.life.inbox:
        return f"{world.life.inbox[0]!r} was said, and is never recorded"
    return ""


def _asked_only_in_doubt(world: World) -> str:
    if world.journal.unknowns and not set(world.faults) - INNOCENT:
        return "a person is asked what happened, and nothing has gone wrong"
    return ""


def at_its_end(world: World) -> bool:
    """Whether the job has ended and its workflow has returned."""
    return world.life.done and world.life.seen is not None and world.life.seen.state.end is not None
