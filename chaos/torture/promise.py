"""Whether what happened is what the tool's effect promises. Pure: the journal's outcome against the witness's count."""

from collections.abc import Sequence
from typing import Literal

from chaos.torture.scenario import Scenario
from domain.answers import Effect
from domain.events import JobEvent, LateOutcome, OutcomeUnknown, ToolCalled, ToolFailed, ToolReturned

Said = Literal["happened", "did not happen", "unknown", "open", "never called"]

PROMISES: dict[Effect, str] = {
    Effect.PURE: "it changes nothing",
    Effect.TRANSACTIONAL: "it happens as often as the journal says, never twice",
    Effect.KEYED: "it happens as often as the journal says, never twice",
    Effect.LOOKUP: "it happens as often as the journal says, never twice (but for a pause between check and send)",
    Effect.ONCE: "it happens at most once, and what is in doubt is asked about",
}


def said(events: Sequence[JobEvent]) -> Said:
    """What the journal says of the job's one call."""
    found: Said = "never called"
    for event in events:
        match event:
            case ToolCalled():
                found = "open"
            case ToolReturned():
                found = "happened"
            case ToolFailed():
                found = "did not happen"
            case OutcomeUnknown():
                found = "unknown"
            case LateOutcome():
                found = "happened" if event.happened else "did not happen"
            case _:
                pass
    return found


def broken(effect: Effect, journal: Said, applied: int) -> str:
    """How the promise was broken; empty when it was kept."""
    if effect is Effect.PURE:
        return f"it is declared pure, and had {_times(applied)}" if applied else ""
    if applied > 1:
        return f"it happened {applied} times"
    match journal:
        case "open":
            return "no attempt brings the call to an outcome"
        case "happened" if applied == 0:
            return "the journal says that it happened, and it did not"
        case "did not happen" | "never called" if applied:
            return f"the journal says that it {_never(journal)}, and it happened"
        case _:
            return ""


def too_late(effect: Effect, scenario: Scenario, applied: int) -> str:
    """How a deadline was broken by an attempt that stood still past it before its last check; else empty."""
    alone = scenario.how == "suspended" and scenario.late and scenario.alone
    outside = effect in (Effect.KEYED, Effect.LOOKUP, Effect.ONCE)
    if alone and outside and scenario.point in ("after_call", "before_effect") and applied:
        return "it was sent after its deadline: call ctx.last_check() immediately before the effect"
    return ""


def is_excused(effect: Effect, scenario: Scenario) -> bool:
    """Whether the promise of `lookup` leaves this one out."""
    return effect is Effect.LOOKUP and scenario.overlaps


def _never(journal: Said) -> str:
    return "was never called" if journal == "never called" else journal


def _times(count: int) -> str:
    return "1 effect" if count == 1 else f"{count} effects"
