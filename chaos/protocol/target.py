"""What the tool reaches: a target that keeps keys, and honours them for `keyed`; and what must never happen there."""

from chaos.protocol.core import Core
from chaos.protocol.rows import Row
from chaos.protocol.rules import Rule
from chaos.protocol.world import Applied, Attempt, World
from domain.answers import Effect


def key_of(core: Core, me: Attempt) -> str:
    """The idempotency key that this attempt sends."""
    call = me.call and me.call.state.call
    assert call
    key = call.key if core.holds(Rule.FORK) else f"{call.version}"
    return key if core.holds(Rule.KEY) else f"{key} of {'a later' if me.retry else 'the first'} attempt"


def has(core: Core, world: World, me: Attempt) -> bool:
    """What the target says when it is asked."""
    return any(applied.key == key_of(core, me) for applied in world.target)


def apply(core: Core, world: World, me: Attempt) -> World:
    """The world after the effect has reached the target once more."""
    if core.effect is Effect.PURE:
        return world
    call = me.call and me.call.state.call
    assert me.call and call
    recorded = str(call.call.args["text"])
    text = recorded if core.holds(Rule.RECORDED) or not me.retry else f"{recorded} anew"
    sent = Applied(key_of(core, me), me.call.line[call.version], text)
    broken = _wrongly_sent(me.call, sent, recorded)
    known = next((applied for applied in world.target if applied.key == sent.key), None)
    if known is None or (known.call is not sent.call and core.effect is not Effect.KEYED):
        return world._replace(target=(*world.target, sent), broken=broken)
    if core.effect is Effect.KEYED:
        swallowed = known.call is not sent.call and known.text != sent.text
        what = f"the target takes call {sent.call.version} for another one with its key: the effect is lost"
        return world._replace(broken=what if swallowed else broken)
    more = tuple(a._replace(times=a.times + 1) if a is known else a for a in world.target)
    return world._replace(target=more, broken=f"the effect of key {sent.key} happens twice")


def _wrongly_sent(known: Row, sent: Applied, recorded: str) -> str:
    if known.state.call_is_voided:
        return f"call {sent.call.version} is sent by one who has read that people have voided it"
    if sent.text != recorded:
        return f"call {sent.call.version} is sent with {sent.text!r}, and {recorded!r} was recorded"
    return ""
