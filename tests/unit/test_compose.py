"""docker-compose.yml says the same as the settings, the stack of one machine and the worker."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Settings
from stack.temporal import SEARCH_ATTRIBUTES, TUNED
from stack.valkey import RIGHTS, USER
from worker import GRACE

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def _resolved(value: str) -> str:
    """A value as compose fills it in: `${NAME:?why}` with a password, `${NAME:-default}` with the default."""
    filled = re.sub(r"\$\{\w+:\?[^}]*\}", "0123abcd", value)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", filled)


@pytest.mark.parametrize("service", ["worker", "migrations"])
def test_its_environment_is_read_by_the_settings(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = SERVICES[service]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, _resolved(value))
    settings = Settings.load()  # which refuses a variable that it does not know
    assert settings.needed("postgres_dsn") == "postgresql://longhaul_app:0123abcd@postgres:5432/longhaul"
    assert settings.needed("redis_url") == "redis://longhaul:0123abcd@valkey:6379/0"
    assert settings.temporal_connect_config()["target_host"] == "temporal:7233"
    assert settings.home == Path("/var/lib/longhaul")
    assert f"{settings.home}" in SERVICES[service]["volumes"][0]


def test_only_migrations_know_the_owner_and_nobody_the_administrator() -> None:
    for name, service in SERVICES.items():
        known = str(service.get("environment"))
        assert ("OWNER_PASSWORD" in known) == (name in ("migrations", "postgres")), name
        assert ("POSTGRES_PASSWORD" in known) == (name == "postgres"), name
    assert SERVICES["migrations"]["environment"]["LONGHAUL_POSTGRES_OWNER_DSN"].startswith(
        "postgresql://longhaul_owner:"
    )


def test_the_redis_user_may_do_as_much_as_on_one_machine() -> None:
    assert f"user {USER} reset on >$$REDIS_PASSWORD {RIGHTS}\n" in SERVICES["valkey"]["command"][-1]


def test_temporal_is_tuned_as_on_one_machine() -> None:
    dynamic = yaml.safe_load(COMPOSE["configs"]["dynamic"]["content"])
    assert dynamic == {name: [{"value": int(value)}] for name, value in TUNED.items()}
    [command] = SERVICES["search-attributes"]["command"]
    assert dict(re.findall(r"--name (\w+) --type (\w+)", command)) == dict(SEARCH_ATTRIBUTES)


def test_longhaul_and_temporal_have_databases_of_their_own() -> None:
    temporal = SERVICES["temporal"]["environment"]
    theirs = {temporal["DBNAME"], temporal["VISIBILITY_DBNAME"]}
    ours = _resolved(SERVICES["worker"]["environment"]["LONGHAUL_POSTGRES_DSN"]).rpartition("/")[2]
    assert ours == SERVICES["postgres"]["environment"]["POSTGRES_DB"]
    assert len({ours, *theirs}) == 3


def test_everything_waits_for_what_it_needs() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            ends = how["condition"] == "service_completed_successfully"
            assert ends != ("healthcheck" in SERVICES[needed]), f"{name} waits for {needed}"
    assert set(SERVICES["worker"]["depends_on"]) == {
        "postgres",
        "valkey",
        "temporal",
        "migrations",
        "search-attributes",
    }
    assert SERVICES["worker"]["deploy"]["replicas"] == 2


def test_a_stopped_worker_has_time_to_finish() -> None:
    assert float(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) > GRACE.total_seconds()


def test_ports_are_published_on_loopback_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == 4
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_no_secret_is_written_down_or_shown_in_argv() -> None:
    for name, service in SERVICES.items():
        assert "${" not in str([service.get("command"), service.get("entrypoint"), service.get("healthcheck")]), name
        for key, value in (service.get("environment") or {}).items():
            assert "PASSWORD" not in key or value.startswith("${"), f"{name} has {key} in the clear"


def test_images_are_pinned() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    assert len(images) == 5
    assert all(re.search(r":\d+\.\d+", image) for image in images)
