"""The embedder that the settings choose."""

from agents.embedding.local import LocalEmbedder
from agents.embedding.server import EmbeddingServer

NONE, LOCAL = "none", "local"


def embedder(where: str, model: str = "", key: str | None = None) -> LocalEmbedder | EmbeddingServer | None:
    """None, the local one, or the server at that address. Nothing is loaded or asked before it is needed."""
    if where == NONE:
        return None
    return LocalEmbedder() if where == LOCAL else EmbeddingServer(where, model, key)
