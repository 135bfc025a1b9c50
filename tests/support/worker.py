"""`python -m tests.support.worker WITNESS`: a worker of the toy agent that a test may kill."""

import asyncio
import os
import sys
from pathlib import Path

from settings import Settings
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, running


async def serve(witness: Path) -> None:
    """Works until it is killed."""
    agents = Agents({"toy": Toy()}, toy_tools(Witness(witness)))
    async with running(Settings.load(), agents):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
    os._exit(0)
