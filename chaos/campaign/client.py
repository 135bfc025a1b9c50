"""How a worker of the campaign reaches the world: its tools' targets, its model, and the witness among them."""

import json
from typing import Any

import httpx2

TIMEOUT = httpx2.Timeout(1.0, connect=0.8)


class World:
    """The world at an address. One client serves a whole process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client: httpx2.AsyncClient | None = None

    @property
    def client(self) -> httpx2.AsyncClient:
        """Made where it is used first, in the loop of the worker."""
        if self._client is None:
            self._client = httpx2.AsyncClient(base_url=self.url, timeout=TIMEOUT)
        return self._client

    async def post(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Sends JSON. Raises `httpx2.HTTPError` when no whole answer comes."""
        return await self.client.post(path, json=body)

    async def knows(self, key: str) -> bool:
        """Whether the target of a tool has taken the key."""
        found = await self.client.get("/effects", params={"key": key})
        found.raise_for_status()
        return bool(json.loads(found.text)["known"])
