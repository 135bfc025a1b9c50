"""docs/models.md names every setting, every function and every limit of language models as the code has them."""

import re
from pathlib import Path

import pytest

from activities import thinking
from agents import prompt
from agents.functions import functions
from agents.tools import http_get, write_file
from agents.web import get
from domain.events import Limits
from domain.facts import MAX_FAILURES, MAX_INVALID, STEPS_KEPT
from settings import PREFIX, Settings
from tests.unit.agents.language import offered
from workflows.options import ATTEMPTS

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")


def test_every_setting_is_there_with_its_default() -> None:
    named = dict(re.findall(r"^\| `LONGHAUL_(\w+)` \|.*\| `?([^|`]+)`? \|$", PAGE, re.MULTILINE))
    fields = {name.upper(): field for name, field in Settings.model_fields.items()}
    assert named.keys() == {name for name in fields if name.startswith("MODEL")} | {"HTTP_ALLOW", "PROMPT_TOKENS"}
    assert {"MODEL": "scripted", "MODEL_SECONDS": "120", "MODEL_CALLS_PER_MINUTE": "600"}.items() <= named.items()
    assert [fields[name].default for name in ("MODEL", "MODEL_SECONDS", "MODEL_CALLS_PER_MINUTE")] == [
        "scripted",
        120,
        600,
    ]


def test_every_variable_on_the_page_is_a_setting() -> None:
    named = set(re.findall(rf"\b{PREFIX}(\w+)\b", PAGE))
    assert named <= {name.upper() for name in Settings.model_fields}


def test_every_function_is_there() -> None:
    table = PAGE.split("| function | effect | |")[1].split("\n\n")[0]
    named = re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines() if row))
    assert sorted(named) == sorted(function.name for function in functions(offered()))


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("its last 20\nsteps", STEPS_KEPT == 20),
        ("(32,000, by an estimate", prompt.TOKENS == Settings.model_fields["prompt_tokens"].default == 32_000),
        ("| half at most, never cut |", prompt.SAID == 0.5),
        ("none more than a third of that", prompt.RESULT == 1 / 3),
        ("up to 1,000 tokens of its archive", thinking.RECALLED_TOKENS == 1000),
        ("an\nanswer has 30 seconds and 2 MB", (http_get.PATIENCE, get.LARGEST) == (30.0, 2_000_000)),
        ("up to 1 MB", write_file.LARGEST == 1_000_000),
        ("for 20 attempts", ATTEMPTS == 20),
        ("five failed steps in a row", MAX_FAILURES == 5),
        ("three in a row fail the job", MAX_INVALID == 3),
        ("(10 dollars without it)", Limits().cost == 10.0),
    ],
)
def test_every_number_is_the_codes(words: str, value: object) -> None:
    assert " ".join(words.split()) in " ".join(PAGE.split())
    assert value in (True, (16_000, 48_000))
