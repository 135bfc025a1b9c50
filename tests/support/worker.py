"""`python -m tests.support.worker WITNESS`: a worker of the toy agent that a test may kill or drain."""

import asyncio
import os
import sys
from pathlib import Path

from settings import Settings
from tests.support.toys import Toy, toy_tools
from tests.support.witness import Witness
from worker import Agents, serve

if __name__ == "__main__":
    asyncio.run(serve(Settings.load(), Agents({"toy": Toy()}, toy_tools(Witness(Path(sys.argv[1]))))))
    os._exit(0)
