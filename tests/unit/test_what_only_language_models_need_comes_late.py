"""pydantic-ai takes seconds to import: neither the command line nor a worker pays for it before a model is asked."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["worker", "starter.app", "starter.commands.jobs", "agents.llm"])
def test_it_is_not_imported_with(module: str) -> None:
    code = f"import {module}, sys; print([m for m in ('pydantic_ai', 'genai_prices', 'openai') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
