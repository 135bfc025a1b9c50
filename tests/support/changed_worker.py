"""`python -m tests.support.changed_worker WITNESS job|agent`: a toy worker of a release that changed one loop."""

import asyncio
import os
import sys

import worker
from settings import Settings
from tests.support.changed import ChangedAgentWorkflow, ChangedJobWorkflow
from tests.support.worker import toy_agents

CHANGED = {"job": ("JobWorkflow", ChangedJobWorkflow), "agent": ("AgentWorkflow", ChangedAgentWorkflow)}

if __name__ == "__main__":
    name, workflow = CHANGED[sys.argv[2]]
    vars(worker)[name] = workflow
    asyncio.run(worker.serve(Settings.load(), toy_agents(sys.argv[1])))
    os._exit(0)
