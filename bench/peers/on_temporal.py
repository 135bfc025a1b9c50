"""Temporal, bare: a workflow of one activity an effect, with a worker and retries as they are by default.

As its documentation says: the run is a workflow, whose history a worker that is started again replays; an activity
whose worker died is tried again once its time-out has passed. `keyed` hands the target the ids of workflow and
activity.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from bench.peers.errand import TOGETHER, Errand, leave
from bench.peers.temporal_flow import Effects

ERRAND = Errand.given()


@activity.defn
def make(run: str, effect: int) -> None:
    """An effect."""
    keyed, called = ERRAND.way == "keyed", activity.info()
    key = f"{called.workflow_id}/{called.activity_id}" if keyed else ""
    ERRAND.witness(run).make(effect, key, honours_keys=keyed)


async def one(client: Client, run: str) -> None:
    """Starts the run, unless a process before this one has, and waits for its end."""
    if ERRAND.again:
        await client.get_workflow_handle(run).result()
    else:
        await client.execute_workflow(Effects.run, ERRAND.effects, id=run, task_queue=ERRAND.name)
    ERRAND.witness(run).ended()


async def main() -> None:
    """Carries the errand out."""
    client = await Client.connect(os.environ["PEERS_TEMPORAL"])
    with ThreadPoolExecutor(TOGETHER) as threads:
        async with Worker(
            client, task_queue=ERRAND.name, workflows=[Effects], activities=[make], activity_executor=threads
        ):
            await asyncio.sleep(ERRAND.idle)
            for runs in ERRAND.legs():
                await asyncio.gather(*(one(client, run) for run in runs))
            leave()


if __name__ == "__main__":
    asyncio.run(main())
