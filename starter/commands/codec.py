"""Showing encrypted payloads in the web UI."""

from typing import Annotated
from urllib.parse import urlsplit

from cyclopts import Parameter

from settings import Settings
from starter.output import CommandError, next_commands, say


def codec_server_(
    *,
    host: Annotated[str, Parameter(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="the port to listen on")] = 8234,
) -> None:
    """Serve the codec endpoint of the web UI in the foreground, until Ctrl-C."""
    from codec import Codec
    from starter.codec_server import CodecServer

    settings = Settings.load()
    token = settings.secret("codec_token")
    if not settings.keys("codec_key") or not token:
        raise CommandError("it needs LONGHAUL_CODEC_KEY and LONGHAUL_CODEC_TOKEN, each by itself or as _FILE")
    namespace = str(settings.temporal_connect_config()["namespace"])
    codec = Codec(settings.keys("codec_key"), accept_clear=True)
    with CodecServer((host, port), codec, namespace, token, _origin(settings.ui_url)) as server:
        say(f"codec endpoint for {settings.ui_url or 'no web UI'} at http://{host}:{server.server_address[1]}")
        next_commands(f"temporal workflow show -w WORKFLOW --codec-endpoint http://{host}:{server.server_address[1]}")
        server.serve_forever()


def _origin(url: str | None) -> str | None:
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None
