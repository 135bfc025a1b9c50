"""`python -m chaos.campaign.worker`: a worker with the campaign's tools and model, which the campaign may harm.

CHAOS_WORLD is the address of the world; CHAOS_WITHOUT names a safeguard that this worker lacks (a negative control).
"""

import asyncio
import logging
import os
import sys

from chaos.campaign.client import World
from chaos.campaign.model import JOB_TYPE, WorldModel
from chaos.campaign.tools import tools
from chaos.campaign.weakened import weaken
from settings import Settings
from worker import Agents, serve

WORLD, WITHOUT = "CHAOS_WORLD", "CHAOS_WITHOUT"


def main() -> None:
    """Ends like the product's own worker."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    weaken(os.environ.get(WITHOUT, ""))
    world, code = World(os.environ[WORLD]), 0
    try:
        asyncio.run(serve(Settings.load(), Agents({JOB_TYPE: WorldModel(world)}, tools(world))))
    except Exception:
        logging.exception("the worker ended")
        code = 1
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
