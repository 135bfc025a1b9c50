"""What Longhaul is told by its environment, read once.

A value comes from the first of: its environment variable, the local stack that runs under `LONGHAUL_HOME`, its default.
A secret, and the approvers, may also stand in a file, whose path is in `<VARIABLE>_FILE`.
Temporal's own variables (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_TLS…`, `TEMPORAL_API_KEY`, a profile in
`temporal.toml`) are read by the Temporal SDK: https://docs.temporal.io/develop/environment-configuration
"""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.errors import LonghaulError
from domain.keys import keys_by_name
from stack.endpoints import Endpoints
from stack.given import from_file, holds_keys, scheme

PREFIX = "LONGHAUL_"
SEPARATORS = {"codec_key": ":", "approvers": "=", "approver_key": ""}
OPENAI = "https://api.openai.com/v1"
TEMPORAL_DEFAULT = "localhost:7233"
TEMPORAL_ELSEWHERE = ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE")
"""With one of these set, the Temporal server is the one they name, never the local stack's."""


METRICS = r"^(\S+:)?\d{1,5}$"


class SettingsError(LonghaulError):
    """The environment is not right."""


class StackNotRunning(SettingsError):
    """There is nothing to talk to."""


Module = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
Capability = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
SecretName = Literal[
    "postgres_dsn",
    "postgres_owner_dsn",
    "redis_url",
    "mail_url",
    "model_key",
    "embedder_key",
    "codec_key",
    "codec_token",
    "approver_key",
]
Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Every setting; the description says what a right value looks like."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", populate_by_name=True
    )

    home: Path = Field(Path(".longhaul"), description="a directory")
    postgres_dsn: Annotated[SecretStr, scheme("postgresql", "postgres")] | None = Field(
        None, description="postgresql://user:password@host:5432/database"
    )
    postgres_owner_dsn: Annotated[SecretStr, scheme("postgresql", "postgres")] | None = Field(
        None, description="postgresql://longhaul_owner:password@host:5432/database, for migrations alone"
    )
    redis_url: Annotated[SecretStr, scheme("redis", "rediss", "unix")] | None = Field(
        None, description="redis://:password@host:6379/0"
    )
    plugins: Annotated[tuple[Module, ...], NoDecode] = Field((), description="modules such as my_package,other.module")
    model: str = Field(
        "scripted",
        description="anthropic:NAME or openai:NAME; scripted for none",
        pattern=r"^(scripted|(anthropic|openai):\S+)$",
    )
    model_url: str | None = Field(None, description="http://localhost:11434/v1", pattern=r"^https?://[^@?#\s]+$")
    model_key: SecretStr | None = Field(None, description="the key that the model's provider gave you")
    model_price: str | None = Field(
        None,
        description="US dollars for a million tokens in and out, such as 3/15; 0/0 for a model of your own",
        pattern=r"^\d+(\.\d+)?/\d+(\.\d+)?$",
    )
    model_seconds: float = Field(120, ge=1, le=140, description="a number from 1 to 140")
    prompt_tokens: int = Field(32_000, ge=4000, le=1_000_000, description="a number from 4000 to 1000000")
    embedder: str = Field(
        "none",
        description="none, local, or the address of a server such as http://localhost:11434/v1",
        pattern=r"^(none|local|https?://[^@?#\s]+)$",
    )
    embedder_model: str = Field(
        "",
        description="the name of a model for embeddings where LONGHAUL_EMBEDDER is an address, else nothing",
        validate_default=True,
        pattern=r"^\S*$",
    )
    embedder_key: SecretStr | None = Field(None, description="the key that the embedder's server wants")
    http_allow: str = Field(
        "",
        description="hosts with commas between, such as docs.example.org,intranet.example:8443",
        pattern=r"^[\w.:\[\], -]*$",
    )
    mail_url: Annotated[SecretStr, scheme("smtp", "smtps", "http", "https")] | None = Field(
        None, description="smtp://user:password@host:587 or https://:token@host/path"
    )
    mail_from: str = Field("longhaul@localhost", description="a mail address", pattern=r"^[^@\s]+@[^@\s]+$")
    task_queue: str = Field("longhaul", description="the name of a Temporal task queue")
    capabilities: Annotated[tuple[Capability, ...], NoDecode] = Field(
        (), description="names such as gpu,dmz: small letters, digits and -"
    )
    tool_capabilities: Annotated[dict[str, Capability], NoDecode] = Field(
        {}, description="TOOL=CAPABILITY, comma between, such as send_email=dmz"
    )
    max_activities: int = Field(100, ge=1, description="a whole number from 1")
    max_workflow_tasks: int = Field(100, ge=2, description="a whole number from 2")
    cached_workflows: int = Field(1000, ge=1, description="a whole number from 1")
    postgres_connections: int = Field(10, ge=2, description="a whole number from 2")
    heartbeat_seconds: float = Field(1.5, ge=0.2, le=60, description="a number from 0.2 to 60")
    workflow_task_timeout_seconds: float = Field(5, ge=1, le=60, description="a number from 1 to 60")
    model_calls_per_minute: int = Field(600, ge=1, description="a whole number from 1")
    tool_calls_per_minute: int = Field(6000, ge=1, description="a whole number from 1")
    memory_tokens: int = Field(2000, ge=200, le=100_000, description="a whole number from 200 to 100000")
    compact_days: float = Field(3, gt=0, le=36_500, description="a number above 0, at most 36500")
    metrics: str | None = Field(None, description="a port, or host:port, from 1 to 65535", pattern=METRICS)
    upkeep_seconds: float = Field(300, gt=0, le=86_400, description="a number above 0, at most 86400")
    reports_kept: int = Field(90, ge=0, le=36_500, description="a whole number from 0 to 36500")
    todo_stale_days: float = Field(30, gt=0, le=3660, description="a number above 0, at most 3660")
    todo_archive_days: float = Field(14, gt=0, le=3660, description="a number above 0, at most 3660")
    approval_days: float = Field(7, gt=0, le=365, description="a number above 0, at most 365")
    codec_key: Annotated[SecretStr, holds_keys(SEPARATORS["codec_key"])] | None = Field(
        None, description="NAME:KEY, the key 32 bytes in base64; more after commas: the first encrypts, each decrypts"
    )
    codec_accept_clear: bool = Field(False, description="true, while jobs that began without a codec key are open")
    codec_token: Annotated[SecretStr, Field(min_length=16)] | None = Field(
        None, description="at least 16 characters, which the web UI shows to `longhaul codec-server`"
    )
    approvers: Annotated[str, holds_keys(SEPARATORS["approvers"])] | None = Field(
        None, description="NAME=KEY, an approver's name and public key in base64; more after commas or line breaks"
    )
    approver_key: Annotated[SecretStr, holds_keys(SEPARATORS["approver_key"])] | None = Field(
        None, description="what `longhaul approver-key` has written: 32 bytes in base64"
    )
    signature_hours: float = Field(72, gt=0, le=8760, description="a number above 0, at most 8760")
    ui_url: str | None = Field(None, description="http://host:8233", pattern=r"^https?://")
    postgres_port: Port | None = Field(None, description="a port from 1 to 65535")
    redis_port: Port | None = Field(None, description="a port from 1 to 65535")
    temporal_port: Port | None = Field(None, description="a port from 1 to 65535")
    ui_port: Port | None = Field(None, description="a port from 1 to 65535")
    temporal_bin: Path | None = Field(None, description="the path of a `temporal` executable")
    crash_points: Path | None = Field(None, description="a directory that tests put crash points in")
    test_server: Path | None = Field(None, description="the path of a time-skipping Temporal test server")
    temporal_address: str | None = Field(None, validation_alias="TEMPORAL_ADDRESS", description="host:7233")
    _from_stack: frozenset[str] = frozenset()

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("capabilities", "plugins", mode="before")
    @classmethod
    def _listed(cls, names: object) -> object:
        return tuple(name.strip() for name in names.split(",")) if isinstance(names, str) else names

    @field_validator("tool_capabilities", mode="before")
    @classmethod
    def _mapped(cls, pairs: object) -> object:
        if not isinstance(pairs, str):
            return pairs
        split = [pair.partition("=") for pair in pairs.split(",")]
        return {tool.strip(): capability.strip() for tool, _, capability in split}

    @field_validator("embedder_model")
    @classmethod
    def _of_a_server(cls, name: str, others: ValidationInfo) -> str:
        embedder = others.data.get("embedder", "none" if not name else "http")  # a wrong one is told of already
        if embedder.startswith("http") != bool(name):
            raise ValueError(f"LONGHAUL_EMBEDDER is {embedder}")
        return name

    @field_validator("metrics")
    @classmethod
    def _on_loopback(cls, address: str | None) -> str | None:
        return f"127.0.0.1:{address}" if address and address.isdigit() else address

    @classmethod
    def load(cls) -> Self:
        """Reads the environment and the local stack's endpoints; raises `SettingsError`."""
        _refuse_unknown_variables(os.environ.keys())
        try:
            settings = cls(**_from_files())
        except ValidationError as error:
            raise SettingsError("; ".join(_sentence(each["loc"], each["msg"]) for each in error.errors())) from None
        endpoints = Endpoints.load(settings.home)
        return settings.with_stack(endpoints) if endpoints else settings

    def with_stack(self, endpoints: Endpoints) -> Self:
        """Fills what the environment left open from a running local stack."""
        offered: dict[str, Any] = {
            "postgres_dsn": endpoints.postgres_dsn and SecretStr(endpoints.postgres_dsn),
            "postgres_owner_dsn": endpoints.postgres_owner_dsn and SecretStr(endpoints.postgres_owner_dsn),
            "redis_url": endpoints.redis_url and SecretStr(endpoints.redis_url),
            "ui_url": endpoints.ui_url,
            "temporal_address": endpoints.temporal_address,
        }
        if self.temporal_is_elsewhere:
            del offered["temporal_address"], offered["ui_url"]
        if self.is_external("postgres_dsn"):
            del offered["postgres_owner_dsn"]  # it is of another database
        open_ = {name for name in offered if getattr(self, name) is None or name in self._from_stack}
        filled = {name: offered[name] for name in open_ if offered[name]}
        copy = self.model_copy(update=filled)
        copy._from_stack = self._from_stack | filled.keys()
        return copy

    def secret(self, name: SecretName) -> str | None:
        """A secret's plain value. Keep it out of argv, logs, events and history."""
        value: SecretStr | None = getattr(self, name)
        return value.get_secret_value() if value else None

    def key_of_model(self) -> str | None:
        """The model's key: ours, else that of the provider's own variable, which goes to no other address."""
        provider, own = self.model.partition(":")[0], self.secret("model_key")
        return own or (None if self.model_url else os.environ.get(f"{provider.upper()}_API_KEY"))

    def key_of_embedder(self) -> str | None:
        """The embedder's key: ours, else OpenAI's own variable, which goes to OpenAI alone."""
        at_openai = self.embedder.rstrip("/") == OPENAI
        return self.secret("embedder_key") or (os.environ.get("OPENAI_API_KEY") if at_openai else None)

    def needed(self, name: Literal["postgres_dsn", "redis_url"]) -> str:
        """The same for what nothing works without. Raises `SettingsError`."""
        value = self.secret(name)
        if value is None:
            raise StackNotRunning(f"no local stack runs under this home, and {variable(name)} is not set.")
        return value

    def keys(self, name: Literal["codec_key", "approvers", "approver_key"]) -> dict[str, bytes]:
        """The keys that a setting holds, by name and in their order; none when it is not set."""
        given: SecretStr | str | None = getattr(self, name)
        text = given.get_secret_value() if isinstance(given, SecretStr) else given or ""
        return keys_by_name(text, SEPARATORS[name])

    @property
    def migrations_dsn(self) -> str:
        """The DSN for migrations: the owner's, else the one there is. Raises `SettingsError`."""
        return self.secret("postgres_owner_dsn") or self.needed("postgres_dsn")

    def is_external(self, name: str) -> bool:
        """Whether this was given to us, rather than found in the local stack's endpoints."""
        return getattr(self, name) is not None and name not in self._from_stack

    @property
    def temporal_is_elsewhere(self) -> bool:
        """Whether the environment names a Temporal server, so that the stack starts none."""
        return self.is_external("temporal_address") or any(os.environ.get(name) for name in TEMPORAL_ELSEWHERE)

    def temporal_connect_config(self) -> dict[str, Any]:
        """The keyword arguments of `Client.connect`.

        The local stack's server speaks plain gRPC without a key, so TLS and keys are taken only for a server elsewhere.
        """
        if "temporal_address" in self._from_stack:
            namespace = os.environ.get("TEMPORAL_NAMESPACE") or "default"
            return {"target_host": self.temporal_address, "namespace": namespace}
        from temporalio.envconfig import ClientConfig  # noqa: PLC0415 - 0.4 s that most commands need not pay

        config: dict[str, Any] = {
            **ClientConfig.load_client_connect_config(disable_file=not self.temporal_is_elsewhere)
        }
        if self.temporal_address:
            config["target_host"] = self.temporal_address
        return {"target_host": TEMPORAL_DEFAULT, "namespace": "default", **config}


def variable(name: str) -> str:
    """The environment variable that sets a field."""
    return "TEMPORAL_ADDRESS" if name in ("temporal_address", "TEMPORAL_ADDRESS") else PREFIX + name.upper()


def _known_variables() -> list[str]:
    return [variable(name) for name in Settings.model_fields] + [f"{variable(name)}_FILE" for name in _from_file_too()]


def _from_file_too() -> list[str]:
    secrets = [name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)]
    return [*secrets, "approvers"]


def _from_files() -> dict[str, Any]:
    """What stands in files that the environment names."""
    try:
        read = {name: from_file(variable(name)) for name in _from_file_too()}
    except ValueError as error:
        raise SettingsError(str(error)) from None
    return {name: text for name, text in read.items() if text}


def _refuse_unknown_variables(names: Iterable[str]) -> None:
    known = _known_variables()
    for name in sorted(names):
        if name.startswith(PREFIX) and name not in known:
            bare = name.removeprefix(PREFIX)
            near = bare if bare in known else get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise SettingsError(f"{name} is not a setting; the nearest one is {near}")


def _sentence(loc: tuple[int | str, ...], message: str) -> str:
    name = str(loc[0])
    field = Settings.model_fields["temporal_address" if name == "TEMPORAL_ADDRESS" else name]
    shown = "" if "Secret" in str(field.annotation) else f" is {os.environ.get(variable(name), '')!r}, which"
    return (
        f"{variable(name)}{shown} is not right ({message.removeprefix('Value error, ')}); right is {field.description}"
    )
