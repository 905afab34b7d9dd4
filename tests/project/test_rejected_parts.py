"""A part of a result is rejected, taken back, restored again; project, export and verification agree."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import tifffile

from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError, VerificationError
from imagest_core.export.painting import export_recorded, verify_export
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.composed_fills import FilledPainting, continued_runs, fills_under_review
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, decode, results
from imagest_core.project.operations.rejected_parts import (
    ChangeRejectedPart,
    reject_part,
    rejected_pixels,
    take_back_part,
)
from imagest_core.project.recovery.rescue import rescue
from imagest_core.project.rerun import part_of_region, rejected_part_of, restore_part
from imagest_core.project.run import Run
from imagest_core.project.run_builder import run_of
from imagest_core.project.state import Subject, Verdict
from imagest_core.project.storage.check import check_project
from imagest_core.project.storage.schema import STEPS, VERSION
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest

REGION = Box(240, 20, 40, 30)
"""Across two tiles."""
PART = Box(250, 10, 12, 20)
"""Its upper half is above the region."""
HARMONIC = RestorationRequest.of("harmonic")


def painted(document: Document, box: Box) -> DamageMap:
    part = DamageMap(*document.state.box[2:])
    part.write(box, np.ones((box.height, box.width), np.uint8))
    return part


def reject(document: Document, run: Run, box: Box = PART) -> None:
    change = reject_part(document.state, run, painted(document, box))
    assert change is not None
    document.do(change)


@pytest.fixture
def run(document: Document, painting: Painting) -> Run:
    """A real restoration of one region, listed."""
    document.state.damage.write(REGION, np.ones((REGION.height, REGION.width), np.uint8))
    result = restore(painting, document.state.damage, HARMONIC)
    document.do(results.add_run(document.store_run(run_of(painting, result, 0))))
    return document.state.runs[1]


def filled(document: Document) -> np.ndarray:
    return AcceptedFills(document.state).provenance(document.state.box)


def test_rejected_pixels_are_not_exported(document: Document, run: Run, scan: Path, tmp_path: Path) -> None:
    document.do(decisions.accept(document.state, run, run.numbers))
    whole = filled(document)
    reject(document, run)
    inside = np.zeros(whole.shape, bool)
    inside[PART.slices] = True
    assert np.array_equal(filled(document), np.where(inside, 0, whole))
    out, record = tmp_path / "out.tif", tmp_path / "out.json"
    account = export_recorded(document, out, record)
    assert account.filled == np.count_nonzero(filled(document)) < run.pixels
    before, after = tifffile.imread(scan), tifffile.imread(out)
    assert np.array_equal(before[filled(document) == 0], after[filled(document) == 0])
    facts = json.loads(record.read_text())
    assert facts["mask"]["pixels"] == account.filled
    rejected = facts["decisions"]["runs"]["1"]["rejected_parts"]
    assert rejected["pixels"] == run.pixels - account.filled
    assert rejected["regions"] == {"1": rejected["pixels"]}
    verify_export(document, out)
    document.undo()
    with pytest.raises(VerificationError):
        verify_export(document, out)


def test_undo_redo_and_reopening(document: Document, run: Run) -> None:
    reject(document, run)
    rejected = rejected_pixels(document.state, run)
    assert rejected == {1: 12 * 11}  # 10 rows of the region and one of its dilation
    take_back = take_back_part(document.state, run, painted(document, Box(250, 10, 6, 20)))
    assert take_back is not None
    document.do(take_back)
    half = document.state.rejected_parts[1]
    document.undo()
    assert rejected_pixels(document.state, run) == rejected
    document.redo()
    path = document.path
    assert path is not None
    document.close()
    check_project(path)
    with Document.open(path) as again:
        assert again.state.rejected_parts == {1: half}
        again.undo()
        assert rejected_pixels(again.state, again.state.runs[1]) == rejected
        again.undo()
        assert again.state.rejected_parts == {}
    check_project(path)


def test_nothing_to_reject_is_no_step(document: Document, run: Run) -> None:
    assert reject_part(document.state, run, painted(document, Box(0, 0, 20, 20))) is None
    assert take_back_part(document.state, run, painted(document, PART)) is None


def test_operation_is_decoded_as_encoded(document: Document, run: Run) -> None:
    change = reject_part(document.state, run, painted(document, PART))
    assert isinstance(change, ChangeRejectedPart)
    assert decode(change.kind, change.name, change.encode(), document.store) == change


def test_a_change_from_outside_is_found(document: Document, run: Run) -> None:
    reject(document, run)
    path = document.path
    assert path is not None
    document.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM rejected_parts WHERE tx = 0")
    with pytest.raises(VerificationError, match="the rejected part of run and tile 1 0 0"):
        check_project(path)


def test_a_project_of_version_3_opens(document: Document, run: Run) -> None:
    path = document.path
    assert path is not None
    document.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE rejected_parts")
        db.execute("DROP TABLE studies")
        db.execute("PRAGMA user_version = 3")
    assert VERSION == len(STEPS) == 6
    with Document.open(path) as again:
        reject(again, again.state.runs[1])
    check_project(path)


def test_a_rescue_keeps_rejected_parts(document: Document, run: Run, tmp_path: Path) -> None:
    reject(document, run)
    path, part = document.path, document.state.rejected_parts
    assert path is not None
    document.close()
    rescue(path, tmp_path / "rescued.imagest")
    with Document.open(tmp_path / "rescued.imagest") as again:
        assert again.state.rejected_parts == part


def test_a_deleted_run_takes_its_part_along(document: Document, run: Run, monkeypatch) -> None:
    monkeypatch.setattr("imagest_core.project.stored_document.MAX_UNREACHABLE_RUNS", 0)
    reject(document, run)
    while document.undo():
        pass
    document.state.damage.write(Box(0, 0, 5, 5), np.ones((5, 5), np.uint8))
    document.record_gesture(DamageMap(*document.state.box[2:]), "Paint")
    path = document.path
    assert path is not None
    document.close()
    check_project(path)


def test_a_part_is_restored_again_from_the_rest(document: Document, painting: Painting, run: Run) -> None:
    document.do(decisions.accept(document.state, run, run.numbers))
    with pytest.raises(MaskError):
        rejected_part_of(document.state, run)
    reject(document, run)
    part = rejected_part_of(document.state, run, 1)
    assert part.mask.count() == 12 * 11
    request = HARMONIC.changed(variation=1)
    result = restore_part(painting, part, request)
    assert result.dilated.count() == part.mask.count()
    assert "dilation" not in result.record.used
    context = result.record.context
    assert context is not None
    assert context.run == 1
    assert context.pixels == {"1": run.pixels - 132}
    document.do(results.add_run(document.store_run(run_of(painting, result, 0))))
    again = document.state.runs[2]
    assert (again.base, again.mode) == (1, "")
    assert continued_runs(document.state, again) == (run,)
    document.do(decisions.accept(document.state, again, again.numbers))
    provenance = filled(document)
    assert set(np.unique(provenance[Box(250, 19, 12, 11).slices])) == {2}
    assert np.count_nonzero(provenance == 1) == run.pixels - 132
    assert document.state.decisions[Subject(1, 1)].verdict is Verdict.ACCEPTED
    with pytest.raises(MaskError):
        rejected_part_of(document.state, run)
    once_more = part_of_region(document.state, again, 1)
    assert (once_more.run, once_more.mask) == (1, part.mask)
    path = document.path
    assert path is not None
    document.close()
    check_project(path)


def test_the_fill_continues_the_known_fills(document: Document, painting: Painting, run: Run) -> None:
    """Whatever the scan shows under the rejected part, and with the fills beside it."""
    reject(document, run)
    part = rejected_part_of(document.state, run)
    fills = restore_part(painting, part, HARMONIC).fills
    seen = FilledPainting(painting, part.known).read(REGION)
    unfilled = np.where(part.mask.read(REGION)[..., None] > 0, painting.read(REGION), seen)
    assert np.array_equal(seen, unfilled)
    assert not np.array_equal(seen, painting.read(REGION))
    [left, right] = [fill.values for fill in fills]
    assert left.std() < 0.2 > right.std()


def test_accepting_another_variation_withdraws_covered_parts(
    document: Document, painting: Painting, run: Run
) -> None:
    document.do(decisions.accept(document.state, run, run.numbers))
    reject(document, run)
    result = restore_part(painting, rejected_part_of(document.state, run), HARMONIC)
    document.do(results.add_run(document.store_run(run_of(painting, result, 0))))
    document.do(decisions.accept(document.state, document.state.runs[2], [1]))
    document.do(decisions.accept(document.state, run, [1]))
    assert set(np.unique(filled(document))) == {0, 1, 2}, "the rejected pixels stay with the part"
    third = restore(painting, document.state.damage, HARMONIC)
    document.do(results.add_run(document.store_run(run_of(painting, third, 0))))
    document.do(decisions.accept(document.state, document.state.runs[3], [1]))
    assert set(np.unique(filled(document))) == {0, 3}
    verdicts = {str(each): decision.verdict for each, decision in document.state.decisions.items()}
    assert verdicts == {"1/1": "undecided", "2/1": "undecided", "3/1": "accepted"}


def test_the_picture_under_review_leaves_the_part_out(
    document: Document, painting: Painting, run: Run
) -> None:
    reject(document, run)
    fills = fills_under_review(document.state, run)
    shown = fills.composite(painting.read(REGION), REGION)
    inside = PART.within(REGION)
    target = inside.moved(-REGION.x, -REGION.y).slices
    assert np.array_equal(shown[target], painting.read(inside))
    assert np.count_nonzero(fills.provenance(document.state.box)) == run.pixels - 132
