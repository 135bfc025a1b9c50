"""What a campaign says in the end: the numbers with their bounds, whether they count, and everything that was bad."""

from collections import Counter
from collections.abc import Iterable, Mapping

from pydantic import computed_field

from chaos.campaign.controls import Control
from chaos.campaign.found import Episode, Finding, Moved, moved
from chaos.campaign.kinds import IN_JOBS, LANES, Kind
from chaos.campaign.losses import Loss
from chaos.campaign.plan import Plan
from chaos.campaign.run import Outcome
from domain.bounds import at_most
from domain.frozen import Frozen
from domain.report import Rate

ENDED = 0.95
HIT_WHILE_ACTIVE = 0.30
SMOKE_KINDS = 8
WANTED = (*(kind for lane in LANES for kind in lane), *IN_JOBS)
"""The kinds that a campaign must have had."""


class Share(Frozen):
    """`hit` of `of`. `bound` is what the share of jobs is at most, or at least for what should be all, with 95 %."""

    hit: int
    of: int
    bound: float | None


class KindCount(Frozen):
    """How often a kind of fault came, the jobs that were at work then, and how they moved again."""

    kind: Kind
    fired: int
    hit: int
    moved: Moved


class Beside(Frozen):
    """What was run besides."""

    controls: tuple[Control, ...] = ()
    losses: tuple[Loss, ...] = ()


class Where(Frozen):
    """Which code, on which machine, when."""

    commit: str
    machine: str
    at: str


class Result(Frozen):
    """The whole."""

    valid: bool
    why_invalid: tuple[str, ...]
    seed: int
    profile: str
    where: Where
    seconds: float
    calm_outcomes_per_second: float
    jobs: int
    ended: int
    outcomes: int
    prompts: int
    histories_replayed: int
    state_consistency: Share
    recovery_success: Share
    episodes_recovered: Share
    time_to_move: Moved
    duplicate_actions: dict[str, Share]
    unknown_outcomes: dict[str, Share]
    context_loss: Share
    duplicates_in_the_pause: int
    notices_repeated: int
    kinds: tuple[KindCount, ...]
    negative_controls: tuple[Control, ...]
    losses: tuple[Loss, ...]
    findings: tuple[Finding, ...]
    episodes: tuple[Episode, ...]

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated properties
    @property
    def green(self) -> bool:
        """Valid, nothing found, and every weakened installation caught."""
        return self.valid and not self.findings and all(each.detected for each in self.negative_controls)


def result(plan: Plan, outcome: Outcome, beside: Beside, where: Where, calm: float) -> Result:
    """The result of what came out."""
    checked, kinds = outcome.checked, _kinds(outcome)
    hit = {job for episode in outcome.episodes for job in episode.hit}
    ill = {finding.about for finding in checked.findings}
    why = tuple(_why_invalid(plan, outcome, kinds, len(hit)))
    return Result(
        valid=not why,
        why_invalid=why,
        seed=plan.seed,
        profile=plan.profile,
        where=where,
        seconds=round(outcome.seconds, 1),
        calm_outcomes_per_second=round(calm, 1),
        jobs=outcome.began,
        ended=outcome.ended,
        outcomes=outcome.outcomes,
        prompts=checked.prompts.of,
        histories_replayed=checked.histories,
        state_consistency=_all(checked.consistent),
        recovery_success=_all_of(len(hit - ill), len(hit)),
        episodes_recovered=_all_of(*_recovered(outcome.episodes)),
        time_to_move=moved(outcome.episodes),
        duplicate_actions={f"{each.tool} ({each.effect})": _none(each.duplicates) for each in checked.effects},
        unknown_outcomes={f"{each.tool} ({each.effect})": _none(each.unknown) for each in checked.effects},
        context_loss=_none(checked.prompts),
        duplicates_in_the_pause=checked.in_the_pause,
        notices_repeated=checked.notices_repeated,
        kinds=kinds,
        negative_controls=beside.controls,
        losses=beside.losses,
        findings=checked.findings,
        episodes=outcome.episodes,
    )


def _none(rate: Rate) -> Share:
    """What should never be: the share of jobs in which it was, at most."""
    return Share(hit=rate.hit, of=rate.of, bound=rate.jobs_amiss_at_most)


def _all(rate: Rate) -> Share:
    """What should always be: the share of jobs in which it was, at least."""
    return _all_of(rate.hit, rate.of)


def _all_of(hit: int, of: int) -> Share:
    most = at_most(of - hit, of)
    return Share(hit=hit, of=of, bound=None if most is None else 1 - most)


def _recovered(episodes: Iterable[Episode]) -> tuple[int, int]:
    """The episodes that hit jobs, and those of them after which all of these moved again."""
    hit = [episode for episode in episodes if episode.hit]
    return sum(None not in episode.moved.values() for episode in hit), len(hit)


def _kinds(outcome: Outcome) -> tuple[KindCount, ...]:
    by_kind: Mapping[str, list[Episode]] = {
        kind: [episode for episode in outcome.episodes if episode.kind == kind] for kind in Kind
    }
    return tuple(
        KindCount(
            kind=kind,
            fired=len(by_kind[kind]) or outcome.in_jobs.get(kind, 0),
            hit=sum(len(episode.hit) for episode in by_kind[kind]),
            moved=moved(by_kind[kind]),
        )
        for kind in WANTED
    )


def _why_invalid(plan: Plan, outcome: Outcome, kinds: Iterable[KindCount], hit: int) -> Iterable[str]:
    """What the run fell short of: a run that did too little is not green."""
    each = max(Counter(fault.kind for fault in plan.faults).values(), default=1)
    fired = Counter({count.kind: count.fired for count in kinds})
    if plan.profile == "smoke":
        if (there := sum(count > 0 for count in fired.values())) < SMOKE_KINDS:
            yield f"{there} kinds of faults fired, {SMOKE_KINDS} are wanted"
    else:
        yield from (f"{kind} fired {fired[kind]} times, {each} are wanted" for kind in WANTED if fired[kind] < each)
    if outcome.ended < ENDED * outcome.began:
        yield f"{outcome.ended} of {outcome.began} jobs ended, {ENDED:.0%} are wanted"
    if hit < HIT_WHILE_ACTIVE * outcome.began:
        yield f"{hit} of {outcome.began} jobs were hit while at work, {HIT_WHILE_ACTIVE:.0%} are wanted"
    if not outcome.began:
        yield "no job began"
