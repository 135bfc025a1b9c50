"""`python -m tests.support.worker WITNESS`: a worker of the toy agent that a test may kill or drain."""

import asyncio
import os
import sys
from pathlib import Path

from settings import Settings
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, serve


def toy_agents(witness: str) -> Agents:
    """The toy agent, sending to the witness at that path."""
    return Agents({"toy": Toy()}, toy_tools(Witness(Path(witness))))


if __name__ == "__main__":
    asyncio.run(serve(Settings.load(), toy_agents(sys.argv[1])))
    os._exit(0)
