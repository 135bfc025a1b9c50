"""The job's workflow, as far as the protocol needs it: what it has seen, what it waits for, what it does with a tail.

It is deterministic, so it takes no steps of its own: it goes on at once when an activity or a person gives it cause.
"""

from chaos.protocol.core import Core
from chaos.protocol.rows import Row
from chaos.protocol.rules import Rule
from chaos.protocol.world import Attempt, World
from domain.moves import Act, Close, Decide, TakeTurn, Wait

BATCH = 100


def go_on(core: Core, world: World) -> World:
    """Starts the next activity, unless the workflow waits for one, or for a person."""
    life = world.life
    if life.running or life.stopped or life.done:
        return world
    if life.seen is None:
        return _start(world, "open", world.journal.line[0])
    move = life.seen.state.next_move()
    if move is None:
        if life.inbox and core.holds(Rule.AFTER_END):
            return _record(core, world)
        return world._replace(life=life._replace(done=True))
    if life.inbox and not (life.heard_last and not isinstance(move, Wait)):
        return _record(core, world)
    world = world._replace(life=life._replace(heard_last=False))
    match move:
        case Wait():
            return alarm(world, world.now) if life.news else world
        case TakeTurn():
            return _start(world, "take_turn", life.seen)
        case Decide():
            return _start(world, "decide", life.seen)
        case Act():
            return _start(world, "act", life.seen)
        case Close():
            return _start(world, "close_job", life.seen)


def alarm(world: World, now: float) -> World:
    """The timer has fired, or there is news: looks what is due."""
    assert world.life.seen is not None
    quiet = world._replace(life=world.life._replace(news=False), now=now)
    return _start(quiet, "expire", world.life.seen)


def idle_until(world: World) -> float | None:
    """When the timer of a workflow that waits for people fires."""
    life = world.life
    if life.running or life.stopped or life.done or life.inbox or life.seen is None:
        return None
    move = life.seen.state.next_move()
    return move.until if isinstance(move, Wait) else None


def hear(core: Core, world: World, said: str) -> World:
    """A signal: the message goes into the inbox; one with `now` cancels the activity that runs."""
    life = world.life
    confirmed = world.confirmed if core.holds(Rule.CONFIRM) else world.confirmed | {said}
    attempts = tuple(_told_to_stop(attempt) for attempt in world.attempts) if "now" in said.split() else world.attempts
    heard = life._replace(inbox=(*life.inbox, said))
    return go_on(core, world._replace(life=heard, attempts=attempts, confirmed=confirmed))


def deliver(core: Core, world: World, n: int, found: Row) -> World:
    """Attempt `n` has ended with what stood up to `found`. Nobody waits for a zombie."""
    attempt = world.attempts[n]
    world = without(world, n)
    if not attempt.current:
        return world
    life = world.life
    taken = found.heard if core.holds(Rule.MESSAGE_EACH) else found.heard | set(attempt.batch)
    inbox = tuple(said for said in life.inbox if said not in taken)
    confirmed = world.confirmed | found.heard if core.holds(Rule.CONFIRM) else world.confirmed
    told = life._replace(seen=found, inbox=inbox, running=False)
    return go_on(core, world._replace(life=told, confirmed=confirmed))


def behind(world: World, n: int) -> World:
    """Attempt `n` was told that the journal lacks what it has seen: its workflow stops and asks."""
    current = world.attempts[n].current
    world = without(world, n)
    return world._replace(life=world.life._replace(running=False, stopped=True)) if current else world


def given_up(core: Core, world: World, n: int, kind: str) -> World:
    """Attempt `n` gives no result and there is no further one: the workflow reads on from the journal."""
    attempt = world.attempts[n]
    world = without(world, n)
    if not attempt.current:
        return world
    if not core.holds(Rule.GIVEN_UP):
        return world._replace(life=world.life._replace(running=True))
    idle = world._replace(life=world.life._replace(running=False))
    return _start(idle, "read_on", attempt.seen, note=kind)


def retried(core: Core, world: World, n: int) -> World:
    """Attempt `n` has failed; the server makes another one of the same activity, unless that was to stop."""
    attempt = world.attempts[n]
    if attempt.cancelled:
        return given_up(core, world, n, "crashed")
    return without(world, n) if not attempt.current else replaced(world, n, again(attempt))


def again(attempt: Attempt) -> Attempt:
    """The next attempt of the same activity."""
    return Attempt(
        attempt.work, attempt.seen, retry=True, batch=attempt.batch, now=attempt.now, cancelled=attempt.cancelled,
        note=attempt.note if attempt.work == "read_on" else "",
    )  # fmt: skip


def without(world: World, n: int) -> World:
    return world._replace(attempts=world.attempts[:n] + world.attempts[n + 1 :])


def replaced(world: World, n: int, attempt: Attempt) -> World:
    return world._replace(attempts=(*world.attempts[:n], attempt, *world.attempts[n + 1 :]))


def _told_to_stop(attempt: Attempt) -> Attempt:
    return attempt._replace(cancelled=True) if attempt.current and attempt.work in ("decide", "act") else attempt


def _record(core: Core, world: World) -> World:
    life, batch = world.life, world.life.inbox[:BATCH]
    assert life.seen is not None
    rest = life.inbox if core.holds(Rule.INBOX) else life.inbox[BATCH:]
    started = world._replace(life=life._replace(heard_last=True, inbox=rest))
    return _start(started, "record", life.seen, batch=batch)


def _start(world: World, work: str, seen: Row, *, batch: tuple[str, ...] = (), note: str = "") -> World:
    attempt = Attempt(work, seen, batch=batch, now=world.now, note=note)
    return world._replace(life=world.life._replace(running=True), attempts=(attempt, *world.attempts))
