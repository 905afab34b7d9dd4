"""Samples of a run are stored in the background, in parts, completely or not at all."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from project_runs import run_filling

from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.progress import Cancelled, Progress
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, mask, results
from imagest_core.project.run import Run
from imagest_core.project.state import Verdict
from imagest_core.project.storage import run_tables

SPREAD = [Box(10, 10, 40, 30), Box(300, 200, 20, 20), Box(560, 20, 30, 30)]


@pytest.fixture
def piecewise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store every tile in a transaction of its own."""
    monkeypatch.setattr(run_tables, "BATCH_BYTES", 1)


@pytest.fixture
def run(make_run) -> Run:
    return make_run(0, SPREAD, 200)


def stored_tiles(document: Document) -> int:
    return int(document.store.query("SELECT count(*) FROM run_tiles")[0][0])


class Interrupted(Progress):
    """Call ``then`` before the third part is written."""

    def __init__(self, then) -> None:
        super().__init__()
        self.then, self.checked = then, 0

    def check(self) -> None:
        self.checked += 1
        if self.checked == 3:
            self.then()


def test_listing_a_stored_run_writes_no_samples(document: Document, run: Run) -> None:
    stored = document.store_run(run)
    assert [archived.id for archived in document.archived_results()] == [stored.id] == [1]
    statements: list[str] = []
    document.store._db.set_trace_callback(statements.append)
    document.do(results.add_run(stored))
    document.store._db.set_trace_callback(None)
    assert statements
    assert not [line for line in statements if "INTO run" in line]
    assert document.archived_results() == []
    for key in run.tile_keys:
        assert np.array_equal(document.state.runs[1].content.tile(key).samples, run.content.tile(key).samples)
    assert document.undo()
    assert document.state.runs == {}
    assert document.redo()
    assert document.state.runs[1].count == 3
    assert document.next_run == 2


@pytest.mark.usefixtures("piecewise")
def test_painting_interleaves_with_storing_a_run(document: Document, run: Run, brush) -> None:
    def paint() -> None:
        other = threading.Thread(target=brush, args=(document, Box(100, 100, 9, 9), 2))
        other.start()
        other.join(10)
        assert not other.is_alive()
        assert len(document.history.done) == 1
        assert document.archived_results() == []

    stored = document.store_run(run, Interrupted(paint))
    document.do(results.add_run(stored))
    assert stored_tiles(document) == len(run.tile_keys) == 3
    assert document.saved


@pytest.mark.usefixtures("piecewise")
def test_cancelled_run_leaves_nothing(document: Document, run: Run) -> None:
    def stop() -> None:
        assert stored_tiles(document) == 1
        raise Cancelled

    with pytest.raises(Cancelled):
        document.store_run(run, Interrupted(stop))
    assert stored_tiles(document) == 0
    assert document.archived_results() == []


@pytest.mark.usefixtures("piecewise")
def test_removes_partial_runs_of_killed_processes(document: Document, make_run) -> None:
    partial = run_filling(1, SPREAD, 9, (600, 300))
    for statement, rows in list(run_tables.tile_statements(partial))[:3]:
        document.store._db.executemany(statement, rows)
    assert stored_tiles(document) == 2
    assert document.archived_results() == []
    stored = document.store_run(make_run(0, SPREAD[:1], 200))
    assert stored.id == 1
    document.do(results.add_run(stored))
    assert document.state.runs[1].content.tile((0, 0)).samples.max() == 200
    assert stored_tiles(document) == 1
    document.store._db.execute("UPDATE run_tiles SET run = 7")
    document.close()
    with Document.open(document.store.path) as reopened:
        assert stored_tiles(reopened) == 0


def test_run_stays_in_memory_if_it_cannot_be_stored(document: Document, run: Run, tmp_path: Path) -> None:
    document.path.unlink()
    stored = document.store_run(run)
    document.do(results.add_run(stored))
    assert document.write_error
    assert document.state.runs[1].content.tile((0, 0)).samples.max() == 200
    document.save_as(tmp_path / "elsewhere.imagest")
    assert document.state.runs[1].content.tile((0, 0)).samples.max() == 200
    assert stored_tiles(document) == 3


def test_project_may_be_closed_while_storing_a_run(document: Document, run: Run) -> None:
    stored = document.store_run(run, Interrupted(document.store.close))
    assert stored.count == 3


def test_decision_on_many_regions(document: Document, make_run) -> None:
    boxes = [Box(x, y, 6, 6) for y in range(4, 290, 12) for x in range(4, 590, 12)]
    document.do(results.add_run(make_run(1, boxes, 50)))
    run = document.state.runs[1]
    operation = decisions.accept(document.state, run, run.numbers)
    assert operation.box == run.box
    document.do(operation)
    rows = document.store.query("SELECT verdict, count(*) FROM decisions GROUP BY verdict")
    assert rows == [(Verdict.ACCEPTED, len(boxes))]
    assert document.undo()
    assert document.store.query("SELECT count(*) FROM decisions") == [(0,)]


def test_uniform_tiles_share_memory(document: Document) -> None:
    after = DamageMap(600, 300)
    after.write(Box(0, 0, 512, 256), np.full((256, 512), 3, np.uint8))
    document.do(mask.change_mask(document.state.damage, after, "Lasso"))
    first, second = document.state.damage.tiles().values()
    assert first is second
    assert document.undo()
    assert document.state.damage.empty
    assert document.redo()
    assert document.state.damage == after
    first, second = document.state.damage.tiles().values()
    assert first is second
