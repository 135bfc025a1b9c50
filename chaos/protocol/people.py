"""What people say, within bounds: they change or stop the job, answer what it asks, and accept a loss."""

from collections.abc import Iterator

from chaos.protocol.bounds import Bounds
from chaos.protocol.core import Core
from chaos.protocol.workflow import alarm, go_on, hear, idle_until
from chaos.protocol.world import Step, World
from domain import events as e
from domain import judge
from domain.messages import Verdict

STEERING = ("tell", "cancel", "pause")
NOW = ("tell now", "cancel now")


def steps(core: Core, world: World, bounds: Bounds) -> Iterator[Step]:
    """Everything that a person can do now, saying nothing in time included."""
    if (until := idle_until(world)) is not None:
        yield Step("time", "nobody has answered in time", alarm(world, max(until, world.now)))
    if world.life.stopped:
        yield _accepted(core, world)
    if world.life.done or len(world.faults) + len(world.said) >= bounds.together:
        return
    steered = [said for said in world.said if said in STEERING + NOW]
    if len(steered) < bounds.messages:
        for said in _steering(world):
            yield _said(core, world, said)
    if len(world.said) - len(steered) < bounds.answers:
        for said in _answers(world):
            if said not in world.said:
                yield _said(core, world, said)


def _steering(world: World) -> Iterator[str]:
    """What has not been said. A message that stops nothing lies in the inbox until the activity that runs has ended,

    so whenever it comes meanwhile, it might as well have come as that began.
    """
    running = next((attempt for attempt in world.attempts if attempt.current), None)
    if running is None or (running.at == "find" and not running.retry):
        yield from (said for said in STEERING if said not in world.said)
    if running and running.work in ("decide", "act") and not running.cancelled:
        yield from (said for said in NOW if said not in world.said)


def _said(core: Core, world: World, said: str) -> Step:
    told = hear(core, world._replace(said=(*world.said, said)), said)
    return Step("a person", f"says {said!r}", told, free=False)


def _answers(world: World) -> Iterator[str]:
    state = world.journal.state
    if state.pause:
        yield "resume"
    for request in state.requests:
        match request.kind:
            case "unknown_outcome":
                yield from (f"answer {request.id} {verdict}" for verdict in Verdict)
            case "approval":
                yield from (f"{kind} {request.id}" for kind in ("approve", "reject"))
            case _:
                pass


def _accepted(core: Core, world: World) -> Step:
    """A person lets the job go on from the journal as it is; its workflow looks, and opens anew."""
    seen = world.life.seen
    assert seen is not None
    event = e.LossAccepted(by="bob", at=0, version=seen.version, hash=seen.hash)
    events = judge.loss(world.journal.standing(world.journal.line[0]), event, None)
    journal = world.journal.then(events, world.era)
    inbox = tuple(said for said in world.life.inbox if said not in journal.heard)
    life = world.life._replace(seen=journal, stopped=False, inbox=inbox)
    return Step("a person", "accepts the loss", go_on(core, world._replace(journal=journal, life=life)))
