"""docs/operations.md names every setting with its default, every series, and commands that exist."""

import re
from pathlib import Path

import pytest

from activities import metrics
from domain.messages import FORMS
from settings import Settings, variable
from starter.app import COMMANDS, GROUPS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TABLE = dict(re.findall(r"^\| `((?:LONGHAUL|TEMPORAL)_\w+)` \| (\S+) \|", PAGE, re.M))
NOTHING: tuple[object, ...] = (None, "", (), {})


def test_every_setting_is_there_and_no_other() -> None:
    assert TABLE.keys() == {variable(name) for name in Settings.model_fields}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_its_default_is_the_settings(name: str) -> None:
    default = Settings.model_fields[name].default
    assert TABLE[variable(name)] == ("–" if default in NOTHING else f"`{default}`")


def test_every_command_exists() -> None:
    known = {name for names in COMMANDS.values() for name in names}
    known |= {f"{group} {name}" for group, names in GROUPS.items() for name in names}
    found = re.findall(r"longhaul ([a-z-]+)( [a-z]+)?", _code())
    assert len(found) > 20
    assert not [(first, second) for first, second in found if not {first, first + second} & known]


@pytest.mark.parametrize("kind", ["approve", "reject", "tell", "answer"])
def test_its_inputs_for_the_web_ui_are_right(kind: str) -> None:
    assert f"| `{kind}` | `{FORMS[kind]}`" in PAGE


def _code() -> str:
    """What stands in code spans and blocks."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.S) + re.findall(r"`([^`\n]+)`", PAGE))


def test_every_make_target_and_file_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"\bmake ([a-z]+)`", PAGE))
    assert targets
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)
    files = set(re.findall(r"`((?:tests|docs|stores|domain)/[\w./]+)", PAGE))
    assert files
    assert not [name for name in files if not (ROOT / name).exists()]


def test_every_series_of_ours_is_there() -> None:
    """As the head of `activities/metrics.py` lists them."""
    assert metrics.__doc__ is not None
    ours = set(re.findall(r"^    (longhaul_\w+)", metrics.__doc__, re.M))
    assert ours
    assert ours == set(re.findall(r"`(longhaul_\w+)", PAGE))
