"""Showing encrypted payloads in the web UI."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from cyclopts import Parameter

from settings import Settings
from stack.ports import CODEC_SERVER, LOOPBACK
from starter.output import CommandError, next_commands, say


def codec_server_(
    *,
    host: Annotated[str, Parameter(help="the address to listen on")] = LOOPBACK,
    port: Annotated[int, Parameter(help="the port to listen on")] = CODEC_SERVER,
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
    try:
        server = CodecServer((host, port), codec, namespace, token, origins(settings.ui_url))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise CommandError(f"--host {host} --port {port}: {why}; right is a free port of this machine") from error
    with server:
        _say_how_to_use(f"http://{host}:{server.server_address[1]}", settings.ui_url)
        server.serve_forever()


def origins(url: str | None) -> frozenset[str]:
    """The origins of the web UI's pages: on loopback its name and its number, whichever the browser was given."""
    parts = urlsplit(url or "")
    if not parts.netloc:
        return frozenset()
    port = f":{parts.port}" if parts.port else ""
    hosts = {"localhost", LOOPBACK} if _is_loopback(parts.hostname or "") else set()
    return frozenset({f"{parts.scheme}://{parts.netloc}", *(f"{parts.scheme}://{host}{port}" for host in hosts)})


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _say_how_to_use(address: str, ui_url: str | None) -> None:
    say(f"codec endpoint for {ui_url or 'no web UI (LONGHAUL_UI_URL names one)'} at {address}")
    say(f"in the web UI: the glasses at the top right, 'Codec Server browser endpoint': {address}/TOKEN")
    say("TOKEN stands for the value of LONGHAUL_CODEC_TOKEN")
    next_commands(f'temporal workflow show -w WORKFLOW --codec-endpoint {address} --codec-auth "Bearer TOKEN"')
