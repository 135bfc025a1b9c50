"""A tool that needs a capability runs on workers that serve it, and on no other; its job waits for one."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.tools.catalogue import placed
from domain.errors import NotFound
from domain.head import Head
from settings import Settings
from starter.client import Longhaul
from tests.conftest import until
from tests.support.jobs import ended, events, of_type, toy, verified
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, running


class Site:
    """A place where workers run, which sees what they send."""

    def __init__(self, settings: Settings, folder: Path, *capabilities: str) -> None:
        self.settings = settings.model_copy(update={"capabilities": capabilities})
        self.witness = Witness(folder / f"witness-{'-'.join(capabilities)}")
        self.agents = Agents({"toy": Toy()}, placed(toy_tools(self.witness), {"keyed": "gpu", "lookup": "dmz"}))

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        async with running(self.settings, self.agents):
            yield

    @property
    def sent(self) -> int:
        return len(self.witness.effects())


@pytest.fixture
def plain(settings: Settings, tmp_path: Path) -> Site:
    return Site(settings, tmp_path)


@pytest.fixture
def gpu(settings: Settings, tmp_path: Path) -> Site:
    return Site(settings, tmp_path, "gpu")


@pytest.fixture
async def longhaul(settings: Settings) -> AsyncIterator[Longhaul]:
    async with Longhaul.connect(settings) as connected:
        yield connected


async def test_only_workers_that_serve_it_get_the_call(plain: Site, gpu: Site, longhaul: Longhaul, unique: str) -> None:
    """Decisions are made by whoever made the call before, and lead back to the queue of all."""
    async with plain.at_work(), gpu.at_work():
        await longhaul.start(toy(unique, "keyed:1", "keyed:2", "once:1", "keyed:3", "transactional"))
        assert (await ended(longhaul, unique)).status == "completed"
        await verified(longhaul, unique)
    assert gpu.sent >= 3
    assert plain.sent + gpu.sent == 4
    assert not [effect for effect in plain.witness.effects() if effect["tool"] == "keyed"]


async def test_a_worker_serves_all_of_its_capabilities(
    settings: Settings, tmp_path: Path, longhaul: Longhaul, unique: str
) -> None:
    both = Site(settings, tmp_path, "gpu", "dmz")
    async with both.at_work():
        await longhaul.start(toy(unique, "keyed", "lookup", "pure"))
        assert (await ended(longhaul, unique)).status == "completed"
    assert both.sent == 2


async def test_the_job_waits_for_a_worker_that_can(plain: Site, gpu: Site, longhaul: Longhaul, unique: str) -> None:
    async with plain.at_work():
        await longhaul.start(toy(unique, "once", "keyed"))
        await until(lambda: _has_decided_on(longhaul, unique, "keyed"))
        await longhaul.start(toy(f"{unique}-2", "pure"))
        assert (await ended(longhaul, f"{unique}-2")).status == "completed", "others go on meanwhile"
        assert not (await longhaul.state(unique)).end
        async with gpu.at_work():
            assert (await ended(longhaul, unique)).status == "completed"
    assert gpu.sent == 1


async def test_a_job_that_waits_for_a_worker_can_be_cancelled(plain: Site, longhaul: Longhaul, unique: str) -> None:
    async with plain.at_work():
        await longhaul.start(toy(unique, "keyed"))
        await until(lambda: _has_decided_on(longhaul, unique, "keyed"))
        await longhaul.say(unique, "cancel", {"by": "ann", "now": True}, patience=20)
        assert (await ended(longhaul, unique)).status == "cancelled"
        assert not of_type(await events(longhaul, unique), "ToolCalled")


async def _has_decided_on(longhaul: Longhaul, job: str, tool: str) -> bool:
    return getattr((await longhaul.jobs.find(job, Head())).state.intent, "tool", "") == tool


def test_a_tool_that_is_not_there_has_no_place(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"'kyed'.*there are guarded, .*keyed"):
        placed(toy_tools(Witness(tmp_path / "witness")), {"kyed": "gpu"})
