"""The bench that kills Longhaul beside the others: a process that dies of the plan is replaced, and the run ends."""

from bench.peers.counting import counted
from bench.peers.errand import Errand
from bench.peers.lines import BY_NAME
from bench.peers.plan import Kill
from bench.peers.stage import Stage
from settings import Settings


async def test_a_run_that_dies_is_carried_to_its_end(settings: Settings, unique: str) -> None:
    stage = Stage(settings, BY_NAME["longhaul-keyed"])
    stage.folder.mkdir(parents=True)
    errand = Errand(str(stage.folder / "errand.json"), unique, stage.line.way, (unique,), effects=2)
    errand.witness(unique).arm([Kill(0, "after")])
    assert await stage.carried(errand)
    found = counted(errand.witness(unique).lines(), 2)
    assert (found.deaths, len(found.stood), found.ended) == (1, 1, True)
    assert (found.duplicates, found.lost, found.forgiven) == (0, 0, 1)
