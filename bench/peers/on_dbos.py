"""DBOS: a workflow of one step an effect, or of one datasource transaction an effect.

As its documentation says: the workflow's id is the run's; a process that died is started again under the same executor
id, and `DBOS.launch` recovers what it had begun. `keyed` hands the target the ids of workflow and step as a key.
"""

import os
import time

from dbos import DBOS, DBOSConfig, SetWorkflowID, SQLAlchemyDatasource
from sqlalchemy import text

from bench.peers.errand import Errand, leave

ERRAND = Errand.given()
DSN = os.environ["PEERS_DSN"]
INSERT = text("insert into effects (run, effect) values (:run, :effect)")

config: DBOSConfig = {
    "name": "peers",
    "system_database_url": DSN,
    "executor_id": ERRAND.name,
    "application_version": "1",
    "log_level": "WARNING",
}
DBOS(config=config)
datasource = SQLAlchemyDatasource.create(DSN) if ERRAND.way == "datasource" else None


@DBOS.step()
def step(run: str, effect: int) -> None:
    """An effect outside of Postgres."""
    ERRAND.witness(run).make(effect)


@DBOS.step()
def keyed(run: str, effect: int) -> None:
    """The same, at a target that honours keys."""
    ERRAND.witness(run).make(effect, f"{DBOS.workflow_id}/{DBOS.step_id}", honours_keys=True)


def insert(run: str, effect: int) -> None:
    """An effect inside Postgres."""
    assert datasource is not None
    with ERRAND.witness(run).around(effect):
        datasource.sql_session().execute(INSERT, {"run": run, "effect": effect})


WAYS = {"step": step, "keyed": keyed, "datasource": datasource.transaction(insert) if datasource else None}


@DBOS.workflow()
def effects(run: str, many: int, way: str) -> None:
    """So many effects, one after the other."""
    make = WAYS[way]
    assert make is not None
    for effect in range(many):
        make(run, effect)


def some(runs: tuple[str, ...]) -> None:
    """Starts these, unless `launch` has recovered them, and waits for their end."""
    handles = []
    for run in runs:
        if ERRAND.again:
            handles.append(DBOS.retrieve_workflow(run))
        else:
            with SetWorkflowID(run):
                handles.append(DBOS.start_workflow(effects, run, ERRAND.effects, ERRAND.way))
    for run, handle in zip(runs, handles, strict=True):
        handle.get_result()
        ERRAND.witness(run).ended()


if __name__ == "__main__":
    DBOS.launch()
    time.sleep(ERRAND.idle)
    for group in ERRAND.legs():
        some(group)
    leave()
