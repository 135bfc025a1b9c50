"""`python -m tests.support.changed_worker WITNESS job|agent`: a toy worker of a release that changed one loop."""

import asyncio
import os
import sys
from pathlib import Path

import worker
from tests.support.changed import ChangedAgentWorkflow, ChangedJobWorkflow
from tests.support.worker import serve

CHANGED = {"job": ("JobWorkflow", ChangedJobWorkflow), "agent": ("AgentWorkflow", ChangedAgentWorkflow)}

if __name__ == "__main__":
    name, workflow = CHANGED[sys.argv[2]]
    vars(worker)[name] = workflow
    asyncio.run(serve(Path(sys.argv[1])))
    os._exit(0)
