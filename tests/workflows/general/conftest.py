"""A worker whose general jobs are answered by a scripted server, over real HTTP."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from domain.events import JobRequested
from settings import Settings
from starter.client import request
from tests.support.language_server import LanguageServer, language_server
from worker import Agents

KEY = "canary-5f1e-key"
"""The secret of these tests: it must turn up nowhere but in the header of a request."""

Ask = Callable[..., JobRequested]


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    with language_server() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, server: LanguageServer) -> Settings:
    """A model costs one dollar a million tokens in, ten dollars out."""
    chosen = {
        "model": "openai:test-model",
        "model_url": server.url,
        "model_key": SecretStr(KEY),
        "model_price": "1/10",
        "model_seconds": 1.0,
    }
    return settings.model_copy(update=chosen)


@pytest.fixture
def agents(settings: Settings) -> Agents:
    return Agents.configured(settings)


@pytest.fixture
def general(unique: str) -> Ask:
    """A request for a general job of an agent of its own."""

    def make(goal: str = "write the notes", **fields: object) -> JobRequested:
        asked = request("general", f"agent-{unique}", {}, goal, "ann", job=f"general-{unique}")
        return asked.model_copy(update=fields)

    return make
