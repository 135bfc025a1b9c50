"""pydantic-ai takes seconds to import: neither the command line nor a worker pays for it before a model is asked."""

import subprocess
import sys
from pathlib import Path

import pytest

from agents.jobs import GENERAL_TOOLS
from settings import Settings
from worker import Agents


@pytest.mark.parametrize("module", ["worker", "starter.app", "starter.commands.jobs", "agents.llm"])
def test_it_is_not_imported_with(module: str) -> None:
    code = f"import {module}, sys; print([m for m in ('pydantic_ai', 'genai_prices', 'openai') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_general_job_is_known_to_take_its_time_and_has_its_own_tools(tmp_path: Path) -> None:
    agents = Agents.configured(Settings(home=tmp_path, model="openai:x", temporal_address="nowhere:1"))
    assert agents.slow == {"general"}
    assert agents.offered == {"general": GENERAL_TOOLS}
    assert set(GENERAL_TOOLS) <= agents.tools.keys()
    assert agents.models["general"].name == "openai:x"
    assert agents.models["survey"].name != "openai:x"
