"""A result as people read it."""

from collections.abc import Iterator

from chaos.campaign import found, kinds
from chaos.campaign.controls import CAUGHT_BY
from chaos.campaign.found import Moved
from chaos.campaign.result import Result, Share

NUMBERS = ("number", "count", "of", "with 95 %")
KINDS = ("fault", "fired", "jobs hit", "moved again: half", "95 of 100", "all")
CONTROLS = ("without", "caught", "by", "what it looked like")
LOSSES = ("lost", "events lost", "effects repeated", "all moved again after", "jobs that ended")
NOTHING = "-"
SHOWN = 20


def headline(result: Result) -> str:
    """The verdict in one line."""
    word = "GREEN" if result.green else "INVALID" if not result.valid else "RED"
    return (
        f"{word}: seed {result.seed}, profile {result.profile}, {result.jobs} jobs, {result.outcomes} calls, "
        f"{len(result.episodes)} episodes, {result.seconds:.0f} s"
    )


def numbers(result: Result) -> Iterator[tuple[str, ...]]:
    """The numbers with their bounds."""
    yield _row("jobs whose every state agrees", result.state_consistency, "at least")
    yield _row("jobs that were hit and ended as they must", result.recovery_success, "at least")
    yield _row("episodes after which all that were hit moved again", result.episodes_recovered, "at least")
    for tool, share in result.duplicate_actions.items():
        yield _row(f"effects that happened twice: {tool}", share, "of jobs at most")
    for tool, share in result.unknown_outcomes.items():
        if share.hit:
            yield _row(f"effects whose outcome a person was asked about: {tool}", share, "of jobs at most")
    yield _row("prompts that lacked something", result.context_loss, "of jobs at most")


def faults(result: Result) -> Iterator[tuple[str, ...]]:
    """Each kind of fault, and what followed."""
    for each in result.kinds:
        yield (kinds.WORDS[each.kind], str(each.fired), str(each.hit) if each.hit else NOTHING, *_moved(each.moved))
    yield ("all", str(sum(each.fired for each in result.kinds)), "", *_moved(result.time_to_move))


def controls(result: Result) -> Iterator[tuple[str, ...]]:
    """Each weakened installation, and whether it was caught."""
    for each in result.negative_controls:
        example = each.examples[0] if each.examples else NOTHING
        yield (each.without, "yes" if each.detected else "NO", CAUGHT_BY[each.without], example)


def losses(result: Result) -> Iterator[tuple[str, ...]]:
    """The loss matrix."""
    for each in result.losses:
        healed = NOTHING if each.seconds is None else f"{each.seconds:.1f} s"
        ended = f"{each.ended} of {each.jobs}"
        yield (kinds.WORDS[each.kind], str(each.events_lost), str(each.effects_repeated), healed, ended)


def sentences(result: Result) -> Iterator[str]:
    """Everything that was bad, and what there is besides."""
    yield from (f"invalid: {why}" for why in result.why_invalid)
    for finding in result.findings[:SHOWN]:
        yield f"{found.WORDS[finding.oracle]}, but {finding.about}: {finding.what}"
    if len(result.findings) > SHOWN:
        yield f"and {len(result.findings) - SHOWN} more findings, in result.json"
    if result.duplicates_in_the_pause:
        yield (
            f"{result.duplicates_in_the_pause} effects came from a sender that stood still between its last check and "
            "the effect, which no protocol can prevent (docs/reliability.md)"
        )
    yield (
        f"{result.ended} of {result.jobs} jobs ended; {result.prompts} prompts, {result.histories_replayed} histories "
        f"replayed, {result.notices_repeated} notices came more than once (readers know them by stream and version)"
    )


def _row(name: str, share: Share, how: str) -> tuple[str, ...]:
    bound = NOTHING if share.bound is None else f"{how} {100 * share.bound:.2f} %"
    return (name, str(share.hit), str(share.of), bound)


def _moved(moved: Moved) -> tuple[str, str, str]:
    if moved.p50 is None or moved.p95 is None or moved.most is None:
        return (NOTHING, NOTHING, NOTHING)
    last = f"{moved.never} never" if moved.never else f"{moved.most:.1f} s"
    return (f"{moved.p50:.1f} s", f"{moved.p95:.1f} s", last)
