"""LangGraph with its Postgres saver: a graph of one node an effect, in a chain.

As its documentation says: the run is a thread; a process that died is started again and invokes the graph with the same
thread and no input. `async` is the durability that one gets without asking, `sync` the strongest there is. `keyed` is
`sync` at a target that is handed thread and node as a key.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.graph import END, START, StateGraph
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from bench.peers.errand import TOGETHER, Errand, leave

ERRAND = Errand.given()
CONNECTIONS = 20
DURABILITY: dict[str, dict[str, Any]] = {"async": {}, "sync": {"durability": "sync"}, "keyed": {"durability": "sync"}}


class State(TypedDict):
    """What a thread carries from node to node."""

    done: int


def node(effect: int) -> Callable[[State, RunnableConfig], State]:
    """The node that makes this effect."""

    def make(state: State, config: RunnableConfig) -> State:
        run = config["configurable"]["thread_id"]
        keyed = ERRAND.way == "keyed"
        ERRAND.witness(run).make(effect, f"{run}/{effect}" if keyed else "", honours_keys=keyed)
        return {"done": state["done"] + 1}

    return make


def graph(saver: Any) -> Any:
    """The chain."""
    building = StateGraph(State)
    names = [f"effect-{effect}" for effect in range(ERRAND.effects)]
    for effect, name in enumerate(names):
        building.add_node(name, node(effect))
    for before, after in zip([START, *names], [*names, END], strict=True):
        building.add_edge(before, after)
    return building.compile(checkpointer=saver)


def main() -> None:
    """Carries the errand out."""
    kwargs = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    with (
        ConnectionPool(os.environ["PEERS_DSN"], min_size=1, max_size=CONNECTIONS, kwargs=kwargs) as pool,
        ThreadPoolExecutor(TOGETHER) as threads,
    ):
        saver = PostgresSaver(pool)
        saver.setup()
        chain = graph(saver)

        def one(run: str) -> None:
            config = {"configurable": {"thread_id": run}}
            begun = ERRAND.again and chain.get_state(config).created_at is not None
            chain.invoke(None if begun else {"done": 0}, config, **DURABILITY[ERRAND.way])
            ERRAND.witness(run).ended()

        time.sleep(ERRAND.idle)
        for runs in ERRAND.legs():
            list(threads.map(one, runs))
        leave()


if __name__ == "__main__":
    main()
