"""A toy job on the real Postgres, its workers' hands held by the test."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.client import Client

from settings import Settings
from stores.postgres import Pool
from tests.integration.lives import Hands, Life, Script, Target, use
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
