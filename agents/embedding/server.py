"""An embedder behind OpenAI's embeddings API, which many servers speak.

    POST <LONGHAUL_EMBEDDER>/embeddings        Authorization: Bearer <LONGHAUL_EMBEDDER_KEY>
    {"model", "input": [...], "encoding_format": "float"}

    2xx                    {"data": [{"index", "embedding"}, ...]}
    429                    RateLimited, with the delay that it names
    400, 413, 422          Unembeddable: one of the texts is too long for it, or it knows why else
    408, 425, 5xx, silence ModelUnavailable
    other 3xx, 4xx         Refused: a key, a path or a model is wrong

https://platform.openai.com/docs/api-reference/embeddings. The key is taken out of what the server says.
"""

import importlib
import json
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

from pydantic import AllowInfNan, BaseModel, Field, ValidationError

from agents.retry_after import seconds_to_wait
from agents.survey.words import plain
from domain.errors import ModelUnavailable, RateLimited, Refused, Unembeddable

SECONDS = 30.0
SAID = 200
TOO_MUCH = (400, 413, 422)
LATER = (408, 425)


class _Each(BaseModel):
    index: int
    embedding: Annotated[list[Annotated[float, AllowInfNan(False)]], Field(min_length=1)]


class _Answer(BaseModel):
    data: list[_Each]


class EmbeddingServer:
    """A model on a server at `url`; its vectors are its own, whatever others call a model of theirs."""

    def __init__(self, url: str, model: str, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.model = model
        self.key = key

    @property
    def name(self) -> str:
        return f"{self.model} at {self.url}"

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of each text. Raises as said above."""
        status, retry_after, content = await self._posted(
            {"model": self.model, "input": list(texts), "encoding_format": "float"}
        )
        if 200 <= status < 300:
            return self._vectors(content, len(texts))
        said = f"{self.name}: {status} {self._words(content.decode(errors='replace'))}".strip()
        if status == 429:
            raise RateLimited(said, seconds_to_wait(retry_after))
        if status in TOO_MUCH:
            raise Unembeddable(said)
        if status in LATER or status >= 500:
            raise ModelUnavailable(said)
        raise Refused(
            f"{said}; set LONGHAUL_EMBEDDER, LONGHAUL_EMBEDDER_MODEL and LONGHAUL_EMBEDDER_KEY to what it knows"
        )

    async def _posted(self, body: dict[str, Any]) -> tuple[int, str | None, bytes]:
        httpx2: Any = importlib.import_module("httpx2")  # only a command that embeds pays for it
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            async with httpx2.AsyncClient(timeout=SECONDS, verify=_trust(), trust_env=False) as client:
                reply = await client.post(f"{self.url}/embeddings", json=body, headers=headers)
        except httpx2.HTTPError as error:
            raise ModelUnavailable(f"{self.name}: {self._words(str(error) or type(error).__name__)}") from None
        return reply.status_code, reply.headers.get("Retry-After"), reply.content

    def _vectors(self, content: bytes, count: int) -> list[list[float]]:
        try:
            each = sorted(_Answer.model_validate(json.loads(content)).data, key=lambda found: found.index)
        except (ValueError, ValidationError, RecursionError):
            raise ModelUnavailable(f"{self.name}: its answer holds no embeddings") from None
        sizes = {len(found.embedding) for found in each}
        if [found.index for found in each] != list(range(count)) or len(sizes) != 1:
            raise ModelUnavailable(
                f"{self.name}: {count} texts were sent, and {len(each)} vectors of sizes {sizes} came"
            )
        return [found.embedding for found in each]

    def _words(self, text: str) -> str:
        return plain(text.replace(self.key, "***") if self.key else text, SAID)


@cache
def _trust() -> Any:
    """Reading the certificates of the system takes its time: once."""
    ssl = importlib.import_module("ssl")
    return ssl.create_default_context()
