"""The table of the bench beside peers."""

from dataclasses import replace

from bench.peers.campaign import Figures, Undisturbed, summed
from bench.peers.counting import Counted
from bench.peers.lines import LINES
from bench.peers.table import HEADS, table

RUN = Counted(duplicates=1, lost=2, forgiven=3, answered=4, deaths=5, processes=6, ended=True, stood=(1.25, 2.0))


def test_each_row_has_every_column_and_a_dash_where_nothing_was_measured() -> None:
    killed = summed([RUN, replace(RUN, ended=False)], 10)
    rows = table([Figures(line, killed, Undisturbed(30.04, 200.0, None, 3.0)) for line in LINES]).splitlines()
    assert rows[0].split() == list(HEADS[1:])
    for line, row in zip(LINES, rows[1:], strict=True):
        words = ["10", "2", "of", "20", "4", "1", "of", "2", "8", "6", "1.2", "2.0", "30.0", "200.0", "–", "3.0"]
        assert row.startswith(line.title)
        assert row.removeprefix(line.title).split() == words
        assert len(row) == len(rows[0])
