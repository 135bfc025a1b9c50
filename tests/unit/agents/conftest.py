"""A small folder to survey."""

from pathlib import Path

import pytest

from tests.unit.agents.playbook_job import plant


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return plant(
        tmp_path / "project",
        {
            "README.md": "# Project\n",
            "src/app.py": "import os\n# TODO: name things\nprint(os)\n",
            "src/copy.py": "same\n",
            "src/again.py": "same\n",
            "docs/guide.md": "guide\nFIXME later\n",
            "data/picture.png": b"\x89PNG\0\0",
            "data/empty.csv": "",
            "poetry.lock": "lock\n",
            ".git/config": "secret\n",
        },
    )
