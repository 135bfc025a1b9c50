"""A toy job on the real Postgres, its workers' hands held by the test."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.client import Client

from domain import sharing
from domain.events import JobEvent
from domain.sections import Section
from domain.sharing import Access, AccessGranted
from settings import Settings
from stores.memory import Memories
from stores.postgres import Pool
from tests.integration.journals import Write, written
from tests.integration.lives import Hands, Life, Script, Target, ask, finish, use
from worker import connect

NewHands = Callable[..., Hands]
Deciding = Callable[..., Awaitable[Life]]


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
async def temporal(settings: Settings) -> Client:
    """A client: `act` tells a workflow of a late outcome."""
    return await connect(settings)


@pytest.fixture
def new_hands(pool: Pool, settings: Settings, target: Target, temporal: Client) -> NewHands:
    """Makes one more worker; all send to the same target."""

    def make(**more: Any) -> Hands:
        return Hands(pool, settings.home, **{"target": target, "client": temporal, **more})

    return make


@pytest.fixture
def deciding(new_hands: NewHands, unique: str) -> Deciding:
    """Makes a job whose model has decided to use a tool."""

    async def make(tool: str, **more: Any) -> Life:
        life = await Life(new_hands(script=Script(use(tool)), **more), unique).open()
        await life.decide()
        return life

    return make


async def _went(life: Life, *answers: object) -> Life:
    """Decides and acts as the model says, one answer after the other."""
    for answer in answers:
        life.hands.script.answers = [answer]
        await life.turn()
        await life.decide()
        await life.act()
    return life


@pytest.fixture
async def lived(new_hands: NewHands, target: Target, unique: str) -> dict[str, Life]:
    """Jobs that ended well, failed, were cancelled, wait, are paused, are in doubt, were edited, and never began."""

    async def life(name: str, **limits: Any) -> Life:
        hands = new_hands(script=Script(finish()), seconds=0.3)
        return await Life(hands, f"{unique}-{name}").open(limits=limits)

    lives = {name: await life(name) for name in ("done", "gone", "asks", "pauses", "doubts", "settled", "edits")}
    done = await _went(lives["done"], use("pure"), use("remember", item="two", plan=None))
    target.result = type(target.result)(text="written", files={"notes/a.txt": b"a", "b.txt": b"b"})
    await _went(done, use("transactional", item="three", plan=("three",)), finish(learnings=["it works"]))
    await done.close()
    await _went(lives["gone"], use("keyed"))
    await lives["gone"].say("cancel", why="no more")
    await lives["gone"].close()
    await _went(lives["asks"], ask(), use("guarded"))
    await lives["asks"].say("tell", text="in blue")
    await lives["pauses"].say("pause", why="lunch")
    target.fault = ConnectionError("cut off")
    for name in ("doubts", "settled"):
        await _went(lives[name], use("once"))
    target.fault = None
    await lives["settled"].say("answer", request=lives["settled"].state.requests[0].id, text="skip")
    await _went(lives["edits"], use("keyed"))
    folder = lives["edits"].hands.files.workspace
    todo = folder.read(lives["edits"].agent, "TODO.md")
    assert todo
    folder.replace(lives["edits"].agent, "TODO.md", todo.replace(b"- [ ] do two", b"- [x] do two\n- [ ] do six"))
    await lives["edits"].hands.files.sync(lives["edits"].agent)
    grant = AccessGranted(reader="bob", sections=(Section.LEARNINGS,), access=Access.READ, by="ann")
    await Memories(done.hands.pool).append(done.agent, lambda memory: sharing.given(memory.grants, grant))
    failing = await life("fails")
    for _ in range(5):
        await failing.read_on("crashed", "no model")
    await failing.close()
    return {**lives, "fails": failing}


@pytest.fixture
def write(pool: Pool, owners_pool: Pool, unique: str) -> Write:
    """Makes jobs whose events a test chooses (`journals.written`)."""
    made = itertools.count(1)

    async def write(*events: JobEvent, days: int = 0) -> str:
        return await written(pool, owners_pool, f"{unique}-{next(made)}", *events, days=days)

    return write
