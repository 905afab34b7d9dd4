"""A run's samples go into the file beside the work, piece by piece, whole or not at all."""

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
    """Every tile is a part of its own."""
    monkeypatch.setattr(run_tables, "PART", 1)


@pytest.fixture
def run(make_run) -> Run:
    return make_run(0, SPREAD, 200)


def tiles_kept(document: Document) -> int:
    return int(document.store.query("SELECT count(*) FROM run_tiles")[0][0])


class Interrupted(Progress):
    """Calls ``then`` before the third part is written."""

    def __init__(self, then) -> None:
        super().__init__()
        self.then, self.checked = then, 0

    def check(self) -> None:
        self.checked += 1
        if self.checked == 3:
            self.then()


def test_listing_a_kept_run_writes_none_of_its_samples(document: Document, run: Run) -> None:
    kept = document.keep_run(run)
    assert [away.id for away in document.archived_results()] == [kept.id] == [1]
    statements: list[str] = []
    document.store._db.set_trace_callback(statements.append)
    document.do(results.add_run(kept))
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
def test_who_paints_meanwhile_does_not_wait_for_the_whole_run(document: Document, run: Run, brush) -> None:
    def paint() -> None:
        other = threading.Thread(target=brush, args=(document, Box(100, 100, 9, 9), 2))
        other.start()
        other.join(10)
        assert not other.is_alive()
        assert len(document.history.done) == 1
        assert document.archived_results() == []

    kept = document.keep_run(run, Interrupted(paint))
    document.do(results.add_run(kept))
    assert tiles_kept(document) == len(run.tile_keys) == 3
    assert document.saved


@pytest.mark.usefixtures("piecewise")
def test_nothing_is_left_of_a_run_that_was_stopped(document: Document, run: Run) -> None:
    def stop() -> None:
        assert tiles_kept(document) == 1
        raise Cancelled

    with pytest.raises(Cancelled):
        document.keep_run(run, Interrupted(stop))
    assert tiles_kept(document) == 0
    assert document.archived_results() == []


@pytest.mark.usefixtures("piecewise")
def test_what_a_killed_process_left_of_a_run_goes_at_the_end(document: Document, make_run) -> None:
    left = run_filling(1, SPREAD, 9, (600, 300))
    for statement, rows in list(run_tables.parts_of(left))[:3]:
        document.store._db.executemany(statement, rows)
    assert tiles_kept(document) == 2
    assert document.archived_results() == []
    kept = document.keep_run(make_run(0, SPREAD[:1], 200))
    assert kept.id == 1
    document.do(results.add_run(kept))
    assert document.state.runs[1].content.tile((0, 0)).samples.max() == 200
    assert tiles_kept(document) == 1
    document.store._db.execute("UPDATE run_tiles SET run = 7")
    document.close()
    with Document.open(document.store.path) as again:
        assert tiles_kept(again) == 0


def test_a_run_that_cannot_be_kept_stays_in_memory(document: Document, run: Run, tmp_path: Path) -> None:
    document.path.unlink()
    kept = document.keep_run(run)
    document.do(results.add_run(kept))
    assert document.trouble
    assert document.state.runs[1].content.tile((0, 0)).samples.max() == 200
    document.save_as(tmp_path / "elsewhere.imagest")
    assert document.state.runs[1].content.tile((0, 0)).samples.max() == 200
    assert tiles_kept(document) == 3


def test_the_project_may_be_closed_meanwhile(document: Document, run: Run) -> None:
    kept = document.keep_run(run, Interrupted(document.store.close))
    assert kept.count == 3


def test_a_decision_on_many_regions_reaches_all_their_tiles(document: Document, make_run) -> None:
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


def test_tiles_marked_throughout_are_one_in_memory(document: Document) -> None:
    after = DamageMap(600, 300)
    after.write(Box(0, 0, 512, 256), np.full((256, 512), 3, np.uint8))
    document.do(mask.relabelled(document.state.damage, after, "Lasso"))
    first, second = document.state.damage.tiles().values()
    assert first is second
    assert document.undo()
    assert document.state.damage.empty
    assert document.redo()
    assert document.state.damage == after
    first, second = document.state.damage.tiles().values()
    assert first is second
