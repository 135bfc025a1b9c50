"""A plan drawn from a seed. Jobs, people, world and faults each draw from a stream of their own."""

from dataclasses import dataclass
from random import Random

from chaos.campaign.kinds import LANES, LOSSES, POINTS, Kind
from chaos.campaign.plan import Fault, JobPlan, ModelAnswer, Plan, Profile, Saying, ToolAnswer
from chaos.campaign.script import added
from chaos.campaign.seeds import drawn, word
from chaos.campaign.weakened import CONTROLS

TOOLS = ("look", "ask", "keep", "post", "find", "send", "pay")
JOBS_OF_AN_AGENT = 3
ITEMS = (5, 9)
TOOL_ANSWERS: tuple[ToolAnswer, ...] = ("429", "500", "timeout", "done_500", "done_cut", "done_garbled", "done_late")
MODEL_ANSWERS: tuple[ModelAnswer, ...] = ("429", "500", "cut", "garbled", "invalid", "other")
AT_TARGETS = ("post", "find", "send", "pay")
"""The tools that have a target outside, which may answer anything."""


@dataclass(frozen=True)
class Size:
    """How large a campaign of a profile is: `each` kind comes so often, `outcomes` apart or `patience` seconds."""

    seconds: float
    each: int
    patience: float
    workers: int = 2
    at_once: int = 8
    calm_seconds: float = 60.0


SIZES: dict[Profile, Size] = {
    "smoke": Size(seconds=45, each=1, patience=2.0, at_once=6, calm_seconds=4.0),
    "standard": Size(seconds=600, each=10, patience=4.0),
    "long": Size(seconds=3600, each=50, patience=5.0),
}


def plan(seed: int, profile: Profile, jobs: int, each: int) -> Plan:
    """The campaign of that seed with so many jobs, each kind of fault coming `each` times."""
    size = SIZES[profile]
    lanes = tuple(_lane(seed, number, each, size.patience) for number in range(len(LANES)))
    planned = tuple(job(seed, number) for number in range(jobs))
    return Plan(
        seed=seed,
        profile=profile,
        workers=size.workers,
        at_once=size.at_once,
        jobs=planned,
        lanes=lanes,
        controls=tuple(CONTROLS),
        losses=LOSSES if profile != "smoke" else (),
    )


def job(seed: int, number: int, prefix: str = "job") -> JobPlan:
    """The n-th job: a function of the seed and its number alone."""
    chance = drawn(f"jobs/{number}", seed)
    name = f"{prefix}-{seed % 10_000:04d}-{number}"
    items = tuple(f"{chance.choice(TOOLS)}:{place}" for place in range(chance.randint(*ITEMS)))
    behaviour, world = drawn(f"people/{number}", seed), drawn(f"world/{number}", seed)
    sayings = _sayings(behaviour, name, len(items))
    more = tuple(added(saying.text) for saying in sayings if saying.kind == "tell")
    return JobPlan(
        job=name,
        agent=f"{prefix}-agent-{seed % 10_000:04d}-{number // JOBS_OF_AN_AGENT}",
        items=items,
        sayings=sayings,
        consent=behaviour.choices(("once", "twice", "denied"), (6, 3, 1))[0],
        late_consent=behaviour.random() < 0.2,
        tools=_targets(world, (*items, *more)),
        model=_model(world),
    )


def _sayings(chance: Random, job: str, items: int) -> tuple[Saying, ...]:
    """Changes of requirements, information, a pause, perhaps a cancellation: in the order in which they are due."""
    kinds = chance.choices(("tell", "inform", "pause"), (5, 4, 1), k=chance.randint(1, 4))
    if chance.random() < 0.05:
        kinds.append("cancel")
    due = sorted(chance.randint(0, max(items - 1, 0)) for _ in kinds)
    return tuple(
        _saying(chance, job, number, kind, after) for number, (kind, after) in enumerate(zip(kinds, due, strict=True))
    )


def _saying(chance: Random, job: str, number: int, kind: str, after: int) -> Saying:
    carried = word(chance, "said")
    texts = {
        "tell": f"also {chance.choice(TOOLS)}:{job}+{number} {carried}",
        "inform": f"you should know {carried}",
        "pause": f"a break {carried}",
        "cancel": f"no longer needed {carried}",
    }
    return Saying.model_validate(
        {
            "after": after,
            "kind": kind,
            "message_id": f"{job}-says-{number}",
            "text": texts[kind],
            "word": carried,
            "copies": chance.choices((1, 2, 3), (7, 2, 1))[0],
            "swapped": chance.random() < 0.2,
        }
    )


def _targets(chance: Random, items: tuple[str, ...]) -> dict[str, tuple[ToolAnswer, ...]]:
    found = dict[str, tuple[ToolAnswer, ...]]()
    for item in items:
        if item.partition(":")[0] in AT_TARGETS and chance.random() < 0.2:
            found[item] = tuple(chance.choice(TOOL_ANSWERS) for _ in range(chance.choice((1, 1, 2))))
    return found


def _model(chance: Random) -> dict[int, ModelAnswer]:
    """Never three in a row, which would rightly fail the job."""
    return {number: chance.choice(MODEL_ANSWERS) for number in range(1, 40, 2) if chance.random() < 0.15}


def _lane(seed: int, lane: int, each: int, patience: float) -> tuple[Fault, ...]:
    """Every kind `each` times, shuffled: in rounds, so that a run that is cut short has had all of them."""
    chance, kinds = drawn(f"faults/{lane}", seed), LANES[lane]
    points, faults = chance.sample(POINTS, len(POINTS)), list[Fault]()
    for turn in range(each):
        for kind in chance.sample(kinds, len(kinds)):
            place = _place(chance, kind, points[turn % len(points)])
            faults.append(
                Fault(
                    number=len(LANES) * len(faults) + lane,
                    kind=kind,
                    outcomes=chance.randint(3, 12),
                    patience=patience,
                    place=place,
                    seconds=round(chance.uniform(1.5, 3.5), 2),
                    pick=chance.getrandbits(16),
                )
            )
    return tuple(faults)


def _place(chance: Random, kind: Kind, point: str) -> str:
    match kind:
        case Kind.WORKER_KILLED_AT_POINT:
            return point
        case Kind.WORKER_SUSPENDED:
            return chance.choice(("", *POINTS))
        case Kind.FILE_TORN | Kind.FILE_REPLACED:
            return chance.choice(("memory.md", "TODO.md"))
        case _:
            return ""
