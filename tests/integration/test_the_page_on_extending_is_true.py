"""The plug-in of docs/extending.md, taken out of the page and run; and what is wrong with a plug-in is said."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.plugins import PluginBroken, load
from agents.tools.all import tools
from settings import Settings
from starter.client import Longhaul
from tests.integration.test_the_command_line import Terminal
from tests.support.jobs import ended, events, of_type, waits
from tests.support.mail_service import mail_service
from worker import running

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the Python path; what is imported from it is forgotten again."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def plugin(folder: Path) -> Path:
    """The page's file."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    path = folder / "invoicing.py"
    path.write_text(found[1], encoding="utf-8")
    return path


async def test_the_tool_is_approved_repeated_under_its_key_and_audited(
    plugin: Path, settings: Settings, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_service() as billing:
        billing.drops = 1
        monkeypatch.setenv("BILLING_URL", billing.url)
        mine = settings.model_copy(update={"plugins": ("invoicing",)})
        longhaul = Terminal(mine)
        env = {"LONGHAUL_PLUGINS": "invoicing", "PYTHONPATH": str(plugin.parent)}
        async with running(mine), Longhaul.connect(mine) as client:
            words = ("start", "invoicing", "-i", "customer=ACME", "-i", "cents=12500", "--id", unique)
            started = await longhaul(*words, **env)
            assert started.code == 0, started.err
            [asked] = (await waits(client, unique)).requests
            assert asked.about == "invoice of 125.00 to ACME"
            assert billing.requests == []
            assert (await longhaul("approve", unique, str(asked.id))).code == 0
            state = await ended(client, unique)
            story = await events(client, unique)
    assert state.status == "completed"
    assert list(billing.taken.values()) == [{"customer": "ACME", "cents": 12500}]
    assert len(billing.requests) == 2, "the first connection was cut after the invoice was taken"
    assert len({key for key, _, _ in billing.requests}) == 1
    assert [event.type for event in of_type(story, "ToolCalled", "CallRenewed", "ToolReturned")] == [
        "ToolCalled",
        "CallRenewed",
        "ToolReturned",
    ]


async def test_the_command_line_lists_it(plugin: Path, settings: Settings) -> None:
    longhaul = Terminal(settings)
    env = {"LONGHAUL_PLUGINS": "invoicing", "PYTHONPATH": str(plugin.parent)}
    listed = await longhaul("tools", "-o", "json", **env)
    [tool] = [each for each in listed.json() if each["tool"] == "create_invoice"]
    assert (tool["effect"], tool["approval"], tool["from"]) == ("keyed", "each call", "invoicing")
    wrong = await longhaul("start", "invoicing", "-i", "customer=ACME", **env)
    assert (wrong.code, "input cents: Field required" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("raise RuntimeError('no')", "cannot be imported (RuntimeError: no)"),
        ("PLUGIN = 1", "has no PLUGIN; right is `PLUGIN = Plugin("),
        (
            "from agents.plugins import Plugin\nfrom agents.tools.complete import COMPLETE\n"
            "PLUGIN = Plugin((COMPLETE,))",
            "there is a tool 'complete' already, of longhaul",
        ),
        (
            "from agents.jobs import JOB_TYPES\nfrom agents.plugins import Plugin\n"
            "PLUGIN = Plugin(job_types={'survey': JOB_TYPES['survey']})",
            "there is a job type 'survey' already",
        ),
        (
            "import dataclasses\nfrom agents.jobs import JOB_TYPES\nfrom agents.plugins import Plugin\n"
            "mine = dataclasses.replace(JOB_TYPES['survey'], tools=('fly',))\n"
            "PLUGIN = Plugin(job_types={'mine': mine})",
            "may use a tool 'fly' that does not exist",
        ),
    ],
)
def test_what_is_wrong_with_a_plugin_is_said(folder: Path, text: str, why: str) -> None:
    (folder / "broken_plugin.py").write_text(text, encoding="utf-8")
    with pytest.raises(PluginBroken) as broken:
        load(["broken_plugin"], tools(None, "longhaul@example.org"))
    assert why in str(broken.value)


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(PluginBroken, match="no_such_module cannot be imported"):
        load(["no_such_module"], {})
