"""Records the histories that `test_kept_histories_replay` replays: a part of `python -m tests.fixtures.record`."""

import asyncio
import re
import shutil
import tempfile
from pathlib import Path

from settings import Settings
from stack import local
from starter.client import Longhaul
from stores.migrate import migrate
from tests.conftest import make_toy_tables, until
from tests.support.jobs import ended, toy, waits
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, running


async def record(settings: Settings, folder: Path) -> None:
    """One job of each kind, its workflow's history and its agent's; and that of upkeep."""
    settings = settings.model_copy(update={"upkeep_seconds": 1})
    witness = Witness(settings.home / "witness")
    async with running(settings, Agents({"toy": Toy()}, toy_tools(witness))), Longhaul.connect(settings) as longhaul:
        await longhaul.start(toy("completed", "pure", "transactional", "keyed", "lookup", "once"))
        await longhaul.start(toy("cancelled", "guarded"))
        await longhaul.start(toy("failed", "keyed", job_type="nonsense"))
        await longhaul.start(toy("changed", "keyed", "guarded", "pure"))
        await waits(longhaul, "cancelled")
        await longhaul.say("cancelled", "cancel", {"by": "ann"})
        await waits(longhaul, "changed")
        await longhaul.say("changed", "tell", {"by": "ann", "text": "drop pure"})
        await longhaul.say("changed", "pause", {"by": "ann"})
        await longhaul.say("changed", "resume", {"by": "ann"})
        asked = (await waits(longhaul, "changed")).requests[0]
        await longhaul.say("changed", "approve", {"by": "ann", "request": asked.id})
        for job in ("completed", "cancelled", "failed", "changed"):
            await ended(longhaul, job)
            for kind, name in (("job", job), ("agent", f"agent-{job}")):
                handle = longhaul.temporal.get_workflow_handle(f"{kind}/{name}")
                await handle.result()
                (folder / f"{kind}-{job}.json").write_text(_scrubbed((await handle.fetch_history()).to_json()))
        await longhaul.keep_up()
        await until((settings.home / "reports").is_dir)
        handle = longhaul.temporal.get_workflow_handle(longhaul.upkeep_id)
        await handle.terminate("recorded")
        (folder / "upkeep-reporting.json").write_text(_scrubbed((await handle.fetch_history()).to_json()))


def _scrubbed(history: str) -> str:
    """Without the name of the machine and its paths."""
    scrubbed = re.sub(r'("identity": )"[^"]*"', r'\1"worker"', history)
    return re.sub(r'("stackTrace": )"(?:[^"\\]|\\.)*"', r'\1""', scrubbed) + "\n"


def main(folder: Path) -> None:
    """Records on a stack of its own."""
    home = Path(tempfile.mkdtemp(prefix="longhaul-histories-", dir="/var/tmp"))
    home.chmod(0o755)
    settings = Settings(home=home)
    try:
        settings = settings.with_stack(local.up(settings, lambda text: None))
        migrate(settings.migrations_dsn)
        make_toy_tables(settings.migrations_dsn)
        asyncio.run(record(settings, folder))
    finally:
        local.down(settings, lambda text: None)
        shutil.rmtree(home, ignore_errors=True)
