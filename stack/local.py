"""The local stack of one home: `up`, `down`, `status`, and one service at a time for fault tests.

All of it is synchronous, keyed by `settings.home`, and safe to run twice or at the same time: commands take turns.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from settings import Settings
from stack.endpoints import Endpoints
from stack.errors import StackError
from stack.lock import at_work
from stack.places import Places, Say, find_places, log_of
from stack.postgres import Postgres
from stack.records import Record, read_record, read_records
from stack.service import Service
from stack.temporal import Temporal
from stack.valkey import Valkey
from stack.workers import PREFIX, stop_workers

ServiceName = Literal["postgres", "redis", "temporal"]
EXTERNAL = {"postgres": "postgres_dsn", "redis": "redis_url"}


class ServiceStatus(BaseModel):
    """One line of `longhaul status`."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: Literal["running", "stopped", "dead", "external"]
    pid: int | None = None
    address: str | None = None
    since: datetime | None = None
    log: Path | None = None


def up(settings: Settings, say: Say, temporal_flags: tuple[str, ...] = ()) -> Endpoints:
    """Has every service running that the environment does not give; returns where all of them answer.

    `temporal_flags` are further ones of `temporal server start-dev`; a server that runs already keeps those it has.
    """
    with at_work(settings.home, say) as places:
        for service in _services(settings, places, say, temporal_flags):
            if _is_external(settings, service.name):
                say(f"{service.title} is external: {_external_address(settings, service.name)}")
            else:
                service.up()
        return _publish(settings, places)


def start_one(settings: Settings, name: ServiceName, say: Say, temporal_flags: tuple[str, ...] = ()) -> Endpoints:
    """Starts one service, on the port it had."""
    with at_work(settings.home, say) as places:
        _service(settings, places, say, name, temporal_flags).up()
        return _publish(settings, places)


def stop_one(settings: Settings, name: str, say: Say, *, kill: bool = False) -> None:
    """Ends one service or worker: in order, or by SIGKILL. The endpoints stay as they are."""
    with at_work(settings.home, say) as places:
        if name.startswith(PREFIX):
            stop_workers(settings.home, say, [name], kill=kill)
        else:
            _service(settings, places, say, name).down(kill=kill)


def down(settings: Settings, say: Say) -> None:
    """Ends workers, Temporal, Valkey and Postgres, in this order; the data stays."""
    if not (settings.home / "stack").exists():
        say(f"no stack under {settings.home}")
        return
    with at_work(settings.home, say) as places:
        stop_workers(settings.home, say)
        for service in reversed(_services(settings, places, say)):
            service.down()
        Endpoints.forget(settings.home)


def status(settings: Settings) -> list[ServiceStatus]:
    """Every service and worker as it is now; changes nothing."""
    services = [_status_of(settings, service) for service in _services(settings, find_places(settings.home), _silent)]
    workers = [_status(record, record.name, None) for record in read_records(settings.home, PREFIX)]
    return services + [worker for worker in workers if worker.state != "stopped"]


def _silent(_: str) -> None:
    """Says nothing."""


def _services(settings: Settings, places: Places, say: Say, flags: Sequence[str] = ()) -> list[Service]:
    """In the order in which they start."""
    temporal = Temporal(settings, places, say, tuple(flags))
    return [Postgres(settings, places, say), Valkey(settings, places, say), temporal]


def _service(settings: Settings, places: Places, say: Say, name: str, flags: Sequence[str] = ()) -> Service:
    for service in _services(settings, places, say, flags):
        if service.name == name:
            return service
    raise StackError(f"{name!r} is none of its services: postgres, redis, temporal, worker-1 …")


def _is_external(settings: Settings, name: str) -> bool:
    return settings.temporal_is_elsewhere if name == "temporal" else settings.is_external(EXTERNAL[name])


def _external_address(settings: Settings, name: str) -> str:
    """Without the password."""
    if name == "temporal":
        return settings.temporal_address or "as the profile in temporal.toml says"
    url = urlsplit(getattr(settings, EXTERNAL[name]).get_secret_value())
    return f"{url.hostname or ''}:{url.port}" if url.port else url.hostname or url.path


def _publish(settings: Settings, places: Places) -> Endpoints:
    """Writes what the stack itself offers, and returns that together with what is external."""
    ours = Endpoints(home=settings.home, **_offered(settings, places))
    ours.save()
    filled = settings.with_stack(ours)
    return Endpoints(
        home=settings.home,
        postgres_dsn=filled.secret("postgres_dsn"),
        postgres_owner_dsn=filled.secret("postgres_owner_dsn"),
        redis_url=filled.secret("redis_url"),
        temporal_address=filled.temporal_address,
        ui_url=filled.ui_url,
    )


def _offered(settings: Settings, places: Places) -> dict[str, str]:
    offered: dict[str, str] = {}
    for service in _services(settings, places, _silent):
        record = read_record(settings.home, service.name)
        if record and not _is_external(settings, service.name):
            offered.update(service.endpoints(record))
    return offered


def _status_of(settings: Settings, service: Service) -> ServiceStatus:
    record = read_record(settings.home, service.name)
    if _is_external(settings, service.name) and not (record and record.is_alive):
        return ServiceStatus(name=service.name, state="external", address=_external_address(settings, service.name))
    return _status(record, service.name, service.address(record) if record else None)


def _status(record: Record | None, name: str, address: str | None) -> ServiceStatus:
    if record is None:
        return ServiceStatus(name=name, state="stopped")
    state: Literal["running", "stopped", "dead"] = "stopped" if record.ended else "dead"
    if record.is_alive:
        state = "running"
    pid = record.pid if state == "running" else None
    log = log_of(record.home, name)
    return ServiceStatus(name=name, state=state, pid=pid, address=address, since=record.since, log=log)
