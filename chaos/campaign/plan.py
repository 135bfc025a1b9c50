"""What a campaign will do, all of it drawn from its seed before it begins: `plan.json`."""

from typing import Literal

from pydantic import Field

from chaos.campaign.kinds import Kind
from domain.frozen import Frozen, Id

Profile = Literal["smoke", "standard", "long"]

ToolAnswer = Literal["429", "500", "timeout", "done_500", "done_cut", "done_garbled", "done_late"]
"""What the target of a tool does to one request. `done_…`: the effect happens, and the answer says otherwise."""
ModelAnswer = Literal["429", "500", "cut", "garbled", "invalid", "other"]
"""What the model does to one request. `other`: a sound answer, but another one than it would give the first time."""


class Saying(Frozen):
    """Something a person says once the job has `after` outcomes. `word` is in it, and found wherever it goes.

    It is sent `copies` times at once, under one message id; with `swapped` the next one overtakes it.
    """

    after: int = Field(ge=0)
    kind: Literal["tell", "inform", "pause", "cancel"]
    message_id: str
    text: str
    word: str
    copies: int = Field(default=1, ge=1, le=3)
    swapped: bool = False

    @property
    def said(self) -> dict[str, str]:
        """The message, but for who says it."""
        field = "why" if self.kind in ("pause", "cancel") else "text"
        return {"message_id": self.message_id, field: self.text}


class JobPlan(Frozen):
    """One job: its items (`TOOL:n`), what people say and how they consent, and how the world treats it.

    `tools` has the first answers that an item's target gives, `model` those to the n-th request, counted from 1.
    """

    job: Id
    agent: Id
    items: tuple[str, ...]
    sayings: tuple[Saying, ...] = ()
    consent: Literal["once", "twice", "denied"] = "once"
    late_consent: bool = False
    tools: dict[str, tuple[ToolAnswer, ...]] = {}
    model: dict[int, ModelAnswer] = {}


class Fault(Frozen):
    """One fault, due once its lane has seen `outcomes` more outcomes of all jobs, or after `patience` seconds.

    `place` is a crash point, a file, or what the kind needs; `seconds` is how long it lasts; `pick` chooses its victim.
    """

    number: int
    kind: Kind
    outcomes: int = Field(ge=0)
    patience: float = Field(gt=0)
    place: str = ""
    seconds: float = Field(default=0, ge=0)
    pick: int = Field(default=0, ge=0)


class Plan(Frozen):
    """A whole campaign. Faults of one lane come one after the other; the lanes run side by side."""

    seed: int = Field(ge=0, lt=2**64)
    profile: Profile
    workers: int = Field(ge=1)
    at_once: int = Field(ge=1)
    jobs: tuple[JobPlan, ...]
    lanes: tuple[tuple[Fault, ...], ...]
    controls: tuple[str, ...] = ()
    losses: tuple[Kind, ...] = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that are not part of a job."""
        return tuple(fault for lane in self.lanes for fault in lane)
