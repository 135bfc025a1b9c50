"""Settings come from the environment, then from the local stack; what is wrong is named, with what would be right."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from settings import Settings, SettingsError
from stack.endpoints import Endpoints

STACK_DSN = "postgresql://longhaul_app:stack-secret@127.0.0.1:15432/longhaul"
OWNER_DSN = "postgresql://longhaul_owner:stack-secret@127.0.0.1:15432/longhaul"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home without a stack, and nothing else."""
    for name in [name for name in os.environ if name.startswith(("LONGHAUL_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LONGHAUL_HOME", str(tmp_path))


@pytest.fixture
def endpoints(tmp_path: Path) -> Endpoints:
    """A running local stack, as far as its file tells."""
    (tmp_path / "stack").mkdir()
    written = Endpoints(
        home=tmp_path,
        postgres_dsn=STACK_DSN,
        postgres_owner_dsn=OWNER_DSN,
        redis_url="redis://:stack-secret@127.0.0.1:16379/0",
        temporal_address="127.0.0.1:7240",
        ui_url="http://127.0.0.1:8240",
    )
    written.save()
    return written


def refused() -> str:
    with pytest.raises(SettingsError) as error:
        Settings.load()
    return str(error.value)


def test_nothing_set_gives_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LONGHAUL_HOME")
    monkeypatch.chdir(tmp_path)
    settings = Settings.load()
    assert settings.home == tmp_path / ".longhaul"
    assert settings.postgres_dsn is None
    assert settings.model == "scripted"
    assert settings.heartbeat_seconds == 1.5


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGHAUL_HEARTBEAT_SECONDS", "0.5")
    monkeypatch.setenv("LONGHAUL_UI_PORT", "9000")
    settings = Settings.load()
    assert (settings.heartbeat_seconds, settings.ui_port) == (0.5, 9000)


def test_lists_are_words_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (Settings.load().capabilities, Settings.load().tool_capabilities) == ((), {})
    monkeypatch.setenv("LONGHAUL_CAPABILITIES", "gpu, dmz")
    monkeypatch.setenv("LONGHAUL_TOOL_CAPABILITIES", "send_email=dmz,render=gpu")
    settings = Settings.load()
    assert settings.capabilities == ("gpu", "dmz")
    assert settings.tool_capabilities == {"send_email": "dmz", "render": "gpu"}


def test_metrics_are_shown_on_loopback_unless_a_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load().metrics is None
    monkeypatch.setenv("LONGHAUL_METRICS", "9464")
    assert Settings.load().metrics == "127.0.0.1:9464"
    monkeypatch.setenv("LONGHAUL_METRICS", "0.0.0.0:9464")
    assert Settings.load().metrics == "0.0.0.0:9464"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGHAUL_POSTGRES_DSN", "")
    assert Settings.load().postgres_dsn is None


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("LONGHAUL_POSTGRES_DNS", "LONGHAUL_POSTGRES_DSN"),
        ("LONGHAUL_HOMEDIR", "LONGHAUL_HOME"),
        ("LONGHAUL_TEMPORAL_ADDRESS", "TEMPORAL_ADDRESS"),
    ],
)
def test_an_unknown_variable_names_the_nearest_one(monkeypatch: pytest.MonkeyPatch, wrong: str, nearest: str) -> None:
    monkeypatch.setenv(wrong, "x")
    assert f"{wrong} is not a setting; the nearest one is {nearest}" in refused()


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("LONGHAUL_HEARTBEAT_SECONDS", "900", "a number from 0.2 to 60"),
        ("LONGHAUL_MODEL_CALLS_PER_MINUTE", "many", "a whole number from 1"),
        ("LONGHAUL_TEMPORAL_PORT", "70000", "a port from 1 to 65535"),
        ("LONGHAUL_UI_URL", "localhost:8233", "http://host:8233"),
        ("LONGHAUL_MAIL_FROM", "nobody", "a mail address"),
        ("LONGHAUL_MODEL", "gpt-5", "anthropic:NAME or openai:NAME; scripted for none"),
        ("LONGHAUL_MODEL_URL", "http://ann:secret@host/v1", "http://localhost:11434/v1"),
        ("LONGHAUL_MODEL_PRICE", "3", "US dollars for a million tokens in and out, such as 3/15"),
        ("LONGHAUL_MODEL_SECONDS", "900", "a number from 1 to 140"),
        ("LONGHAUL_EMBEDDER", "openai", "none, local, or the address of a server such as http://localhost:11434/v1"),
        ("LONGHAUL_EMBEDDER", "https://ann:secret@host/v1", "none, local, or the address of a server"),
        ("LONGHAUL_EMBEDDER_MODEL", "bge", "the name of a model for embeddings where LONGHAUL_EMBEDDER is an address"),
        ("LONGHAUL_HTTP_ALLOW", "https://a.example", "hosts with commas between, such as docs.example.org,intranet"),
        ("LONGHAUL_CAPABILITIES", "a GPU", "names such as gpu,dmz: small letters, digits and -"),
        ("LONGHAUL_TOOL_CAPABILITIES", "send_email", "TOOL=CAPABILITY, comma between, such as send_email=dmz"),
        ("LONGHAUL_METRICS", "here", "a port, or host:port, from 1 to 65535"),
        ("LONGHAUL_MAX_WORKFLOW_TASKS", "1", "a whole number from 2"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, right: str
) -> None:
    monkeypatch.setenv(name, value)
    said = refused()
    assert f"{name} is {value!r}" in said
    assert f"right is {right}" in said


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"LONGHAUL_MODEL": "openai:x", "OPENAI_API_KEY": "o"}, "o"),
        ({"LONGHAUL_MODEL": "anthropic:x", "ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o"}, "a"),
        ({"LONGHAUL_MODEL": "openai:x", "OPENAI_API_KEY": "o", "LONGHAUL_MODEL_KEY": "mine"}, "mine"),
        ({"LONGHAUL_MODEL": "openai:x", "OPENAI_API_KEY": "o", "LONGHAUL_MODEL_URL": "http://elsewhere/v1"}, None),
        ({"LONGHAUL_MODEL": "anthropic:x"}, None),
    ],
    ids=["openai", "anthropic", "ours-first", "to-no-other-address", "none"],
)
def test_the_models_key_is_ours_or_its_providers(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], key: str | None
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert settings.key_of_model() == key
    assert "mine" not in repr(settings)


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGHAUL_UI_PORT", "x")
    monkeypatch.setenv("LONGHAUL_REDIS_PORT", "y")
    assert "LONGHAUL_UI_PORT" in refused()
    assert "LONGHAUL_REDIS_PORT" in refused()


@pytest.mark.parametrize(
    "name", ["LONGHAUL_POSTGRES_DSN", "LONGHAUL_POSTGRES_OWNER_DSN", "LONGHAUL_REDIS_URL", "LONGHAUL_MAIL_URL"]
)
def test_a_wrong_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "mysql://me:hunter2@host/db")
    said = refused()
    assert name in said
    assert "hunter2" not in said


def test_a_codec_key_that_is_none_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    right = "k1:" + base64.b64encode(b"k" * 32).decode()
    monkeypatch.setenv("LONGHAUL_CODEC_KEY", f"{right},k0:{base64.b64encode(b'o' * 32).decode()}")
    assert Settings.load().keys("codec_key") == {"k1": b"k" * 32, "k0": b"o" * 32}
    for wrong in ("hunter2", "k1:hunter2", ":" + right[3:], f"{right},{right}", "k1:" + right[3:-4]):
        monkeypatch.setenv("LONGHAUL_CODEC_KEY", wrong)
        said = refused()
        assert "LONGHAUL_CODEC_KEY is not right (entry" in said
        assert "hunter2" not in said
        assert right[3:-4] not in said


def test_approvers_stand_in_the_variable_or_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ann, bob = (base64.b64encode(each * 32).decode() for each in (b"a", b"b"))
    both = {"ann": b"a" * 32, "bob": b"b" * 32}
    monkeypatch.setenv("LONGHAUL_APPROVERS", f"ann={ann}, bob = {bob}")
    assert Settings.load().keys("approvers") == both
    monkeypatch.delenv("LONGHAUL_APPROVERS")
    (tmp_path / "approvers").write_text(f"ann={ann}\n\nbob={bob}\n")
    monkeypatch.setenv("LONGHAUL_APPROVERS_FILE", str(tmp_path / "approvers"))
    assert Settings.load().keys("approvers") == both


@pytest.mark.parametrize("nobody", [",", "ann", "ann=", "ann=eA==", "=" + base64.b64encode(b"a" * 32).decode()])
def test_approvers_that_are_none_do_not_turn_signatures_off(monkeypatch: pytest.MonkeyPatch, nobody: str) -> None:
    monkeypatch.setenv("LONGHAUL_APPROVERS", nobody)
    assert "LONGHAUL_APPROVERS is" in refused()


SECRETS = ["POSTGRES_DSN", "POSTGRES_OWNER_DSN", "REDIS_URL", "MAIL_URL"]


def test_an_approvers_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    right = base64.b64encode(b"k" * 32).decode()
    monkeypatch.setenv("LONGHAUL_APPROVER_KEY", right)
    assert Settings.load().keys("approver_key") == {"key": b"k" * 32}
    assert right not in repr(Settings.load())
    monkeypatch.setenv("LONGHAUL_APPROVER_KEY", "hunter2")
    said = refused()
    assert "LONGHAUL_APPROVER_KEY is not right" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    scheme = {"REDIS_URL": "rediss", "MAIL_URL": "smtps"}.get(name, "postgres")
    file = tmp_path / "secret"
    file.write_text(f"{scheme}://me:hunter2@host/\n")
    monkeypatch.setenv(f"LONGHAUL_{name}_FILE", str(file))
    value = getattr(Settings.load(), name.lower())
    assert value.get_secret_value() == f"{scheme}://me:hunter2@host/"
    file.write_text("ftp://me:hunter2@host/")
    said = refused()
    assert f"LONGHAUL_{name} is not right" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("password", ["hunter2@x", "hunter2/x", "hunter2#x", "hunter2%x", "hunter2 x", "hunter2?x"])
def test_a_password_that_breaks_its_url_is_refused_before_a_library_shows_it(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    for scheme, name in (("postgresql", "POSTGRES_DSN"), ("redis", "REDIS_URL"), ("smtp", "MAIL_URL")):
        monkeypatch.setenv(f"LONGHAUL_{name}", f"{scheme}://me:{password}@host:1/x")
    said = refused()
    assert said.count("%40 stands for @") == 3
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://me:p%40x@one:5432,two:5433/db?target_session_attrs=primary",
        "postgresql:///db?host=/tmp",
        "postgresql://me:p@[::1]:5432/db",
    ],
)
def test_what_libpq_reads_is_taken(monkeypatch: pytest.MonkeyPatch, dsn: str) -> None:
    monkeypatch.setenv("LONGHAUL_POSTGRES_DSN", dsn)
    assert Settings.load().secret("postgres_dsn") == dsn


@pytest.mark.parametrize(
    ("content", "why"), [(None, "cannot be read: No such file"), (b" \n", "is empty"), (b"\xff\xfe", "is not text")]
)
def test_a_secrets_file_that_says_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    monkeypatch.setenv("LONGHAUL_MAIL_URL_FILE", str(tmp_path / "secret"))
    said = refused()
    assert f"LONGHAUL_MAIL_URL_FILE is '{tmp_path / 'secret'}'" in said
    assert why in said


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("smtp://one")
    monkeypatch.setenv("LONGHAUL_MAIL_URL", "smtp://other")
    monkeypatch.setenv("LONGHAUL_MAIL_URL_FILE", str(tmp_path / "secret"))
    assert "LONGHAUL_MAIL_URL and LONGHAUL_MAIL_URL_FILE are both set" in refused()


def test_only_a_secret_has_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGHAUL_MAIL_FROM_FILE", "x")
    assert "LONGHAUL_MAIL_FROM_FILE is not a setting" in refused()


def test_a_secret_is_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGHAUL_POSTGRES_DSN", "postgresql://me:hunter2@host/db")
    assert "hunter2" not in repr(Settings.load())


def test_the_stack_fills_what_the_environment_leaves_open(endpoints: Endpoints) -> None:
    settings = Settings.load()
    assert settings.postgres_dsn
    assert settings.postgres_dsn.get_secret_value() == STACK_DSN
    assert settings.ui_url == endpoints.ui_url
    assert not settings.is_external("postgres_dsn")
    assert "stack-secret" not in repr(settings)


@pytest.mark.usefixtures("endpoints")
def test_the_environment_comes_before_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGHAUL_POSTGRES_DSN", "postgresql://me:x@elsewhere/db")
    settings = Settings.load()
    assert settings.postgres_dsn
    assert settings.postgres_dsn.get_secret_value() == "postgresql://me:x@elsewhere/db"
    assert settings.is_external("postgres_dsn")
    assert not settings.is_external("redis_url")


@pytest.mark.usefixtures("endpoints")
def test_migrations_go_to_the_database_that_the_app_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load().migrations_dsn == OWNER_DSN
    monkeypatch.setenv("LONGHAUL_POSTGRES_DSN", "postgresql://me:x@elsewhere/db")
    assert Settings.load().migrations_dsn == "postgresql://me:x@elsewhere/db", "not to the local stack's"
    monkeypatch.setenv("LONGHAUL_POSTGRES_OWNER_DSN", "postgresql://owner:x@elsewhere/db")
    assert Settings.load().migrations_dsn == "postgresql://owner:x@elsewhere/db"


def test_a_stack_that_moved_replaces_what_it_filled(endpoints: Endpoints) -> None:
    moved = endpoints.model_copy(update={"temporal_address": "127.0.0.1:7250"})
    assert Settings.load().with_stack(moved).temporal_address == "127.0.0.1:7250"


@pytest.mark.usefixtures("endpoints")
def test_the_local_temporal_is_spoken_to_without_tls_or_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_API_KEY", "for-the-cloud")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "mine")
    assert Settings.load().temporal_connect_config() == {"target_host": "127.0.0.1:7240", "namespace": "mine"}


@pytest.mark.usefixtures("endpoints")
def test_a_temporal_elsewhere_takes_its_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "ns.tmprl.cloud:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "ns")
    monkeypatch.setenv("TEMPORAL_API_KEY", "key")
    settings = Settings.load()
    config = settings.temporal_connect_config()
    assert (config["target_host"], config["namespace"], config["api_key"]) == ("ns.tmprl.cloud:7233", "ns", "key")
    assert config["tls"]
    assert settings.ui_url is None, "the local stack's web UI does not show that server"


def test_a_profile_names_a_temporal_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text('[profile.default]\naddress = "profile.example:7233"\n')
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(file))
    settings = Settings.load()
    assert settings.temporal_is_elsewhere
    assert settings.temporal_connect_config()["target_host"] == "profile.example:7233"


def test_without_a_stack_temporal_is_looked_for_where_it_usually_is() -> None:
    config = Settings.load().temporal_connect_config()
    assert config == {"target_host": "localhost:7233", "namespace": "default"}


def test_the_endpoints_file_is_private_and_its_damage_is_no_error(endpoints: Endpoints) -> None:
    path = endpoints.home / "stack" / "endpoints.json"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("{")
    assert Settings.load().postgres_dsn is None


def test_settings_do_not_import_what_only_some_commands_need() -> None:
    code = "import settings, sys; print([m for m in ('temporalio', 'psycopg', 'redis', 'psutil') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_embedders_server_needs_the_name_of_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGHAUL_EMBEDDER", "http://localhost:11434/v1")
    assert refused().endswith(
        "LONGHAUL_EMBEDDER_MODEL is '', which is not right (LONGHAUL_EMBEDDER is http://localhost:11434/v1); "
        "right is the name of a model for embeddings where LONGHAUL_EMBEDDER is an address, else nothing"
    )
    monkeypatch.setenv("LONGHAUL_EMBEDDER_MODEL", "bge-m3")
    assert Settings.load().embedder_model == "bge-m3"
    monkeypatch.setenv("LONGHAUL_EMBEDDER", "local")
    assert "LONGHAUL_EMBEDDER is local" in refused()
    monkeypatch.setenv("LONGHAUL_EMBEDDER_MODEL", "")
    assert Settings.load().embedder == "local"


def test_openais_own_key_goes_to_openai_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    monkeypatch.setenv("LONGHAUL_EMBEDDER_MODEL", "text-embedding-3-small")
    for embedder, key in (("https://api.openai.com/v1", "theirs"), ("https://api.openai.com.example/v1", None)):
        monkeypatch.setenv("LONGHAUL_EMBEDDER", embedder)
        assert Settings.load().key_of_embedder() == key
    monkeypatch.setenv("LONGHAUL_EMBEDDER_KEY", "own-key")
    assert Settings.load().key_of_embedder() == "own-key"
    assert "own-key" not in repr(Settings.load())
