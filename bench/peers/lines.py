"""Who is measured, and how each makes its effects: a line of the table each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line. `module` carries the errands, in the product's venv if it is `ours`, else in that of the peers.

    With `rows` the effects are rows of Postgres, made in the transaction that also records them; else they are lines
    of the witness. `postgres` says whether the state is there, so that commits can be counted. With `apart` each run
    that dies has a database of its own: processes that share one take over each other's runs there.
    """

    name: str
    title: str
    module: str
    way: str
    rows: bool = False
    postgres: bool = True
    apart: bool = False

    @property
    def ours(self) -> bool:
        """Whether it is Longhaul."""
        return self.module == LONGHAUL

    def database(self, run: str = "") -> str:
        """The database of a peer; of a run that dies, where each of them has its own."""
        return "_".join(["peers", *(run if run and self.apart else self.name).split("-")])


LONGHAUL, DBOS = "bench.peers.on_longhaul", "bench.peers.on_dbos"
LANGGRAPH, TEMPORAL = "bench.peers.on_langgraph", "bench.peers.on_temporal"

LINES = (
    Line("longhaul-once", "Longhaul, once", LONGHAUL, "once"),
    Line("longhaul-lookup", "Longhaul, lookup", LONGHAUL, "lookup"),
    Line("longhaul-keyed", "Longhaul, keyed", LONGHAUL, "keyed"),
    Line("longhaul-transactional", "Longhaul, transactional", LONGHAUL, "transactional", rows=True),
    Line("dbos-step", "DBOS, step", DBOS, "step", apart=True),
    Line("dbos-keyed", "DBOS, step with a key", DBOS, "keyed", apart=True),
    Line("dbos-datasource", "DBOS, datasource", DBOS, "datasource", rows=True, apart=True),
    Line("langgraph-async", "LangGraph, node", LANGGRAPH, "async"),
    Line("langgraph-sync", "LangGraph, node, sync", LANGGRAPH, "sync"),
    Line("langgraph-keyed", "LangGraph, sync, with a key", LANGGRAPH, "keyed"),
    Line("temporal-activity", "Temporal, activity", TEMPORAL, "activity", postgres=False),
    Line("temporal-keyed", "Temporal, with a key", TEMPORAL, "keyed", postgres=False),
)
BY_NAME = {line.name: line for line in LINES}
