"""A document changes by operations, stores each in its file, and restores everything on opening."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imagest_core.damage.classes import DamageClass, Policy
from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError, MaskError, OutputError, ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.document import Document
from imagest_core.project.history import History
from imagest_core.project.operations import OperationGroup, decisions, mask, results, settings
from imagest_core.project.state import Aspect, Change, Subject, Verdict
from imagest_core.project.storage.folders import unnamed_project
from imagest_core.project.stored_document import MAX_UNREACHABLE_RUNS

A, B = Box(10, 10, 40, 30), Box(300, 200, 20, 20)


def reopen(document: Document) -> Document:
    assert document.path is not None
    document.close()
    return Document.open(document.path)


def test_new_project_has_its_scan_and_scale(document: Document, painting: Painting) -> None:
    assert document.state.painting.sha256 == painting.sha256()
    assert document.state.calibration is not None
    assert document.state.calibration.resolution == painting.resolution
    assert document.saved
    assert not document.unnamed


def test_reopening_restores_everything(document: Document, brush, make_run) -> None:
    state = document.state
    brush(document, A, 1)
    brush(document, B, 2)
    document.do(settings.add_class(state, DamageClass(9, "mould", "#123456", Policy.RECORD)))
    document.do(settings.add_style_region(state, Box(100, 100, 64, 64)))
    document.do(settings.set_donor(state, Path("donor.tif")))
    document.do(settings.calibrate(state, (0, 0), (30, 40), 10))
    document.do(settings.set_operator(state, "Ada"))
    document.do(settings.set_notes(state, "First campaign – north wall"))
    run = make_run(document.next_run, [A, B], 111)
    document.do(results.add_run(run))
    document.do(decisions.accept(state, state.runs[1], [1]))
    document.do(decisions.annotate(state, Subject(box=A), "Check under UV"))
    reopened = reopen(document)
    assert reopened.state.damage == state.damage
    assert reopened.state == state
    assert [entry.name for entry in reopened.history.done] == [entry.name for entry in document.history.done]
    assert reopened.state.runs[1].content.record() == run.content.record()
    reopened.abandon()


def test_reopening_restores_the_undo_history(document: Document, brush) -> None:
    brush(document, A, 1)
    before = document.state.damage.copy()
    brush(document, B, 2)
    document.undo()
    reopened = reopen(document)
    assert reopened.state.damage == before
    assert reopened.redo()
    assert reopened.state.damage.count(2) == B.area
    assert reopened.undo()
    assert reopened.undo()
    assert not reopened.undo()
    assert reopened.state.damage.empty
    reopened.abandon()


def test_new_gesture_drops_undone_ones(document: Document, brush) -> None:
    brush(document, A, 1)
    document.undo()
    brush(document, B, 2)
    assert not document.redo()
    reopened = reopen(document)
    assert [entry.name for entry in reopened.history.done] == ["Paint"]
    assert [entry.status for entry in reopened.store.entries()] == ["dropped", "done"]
    reopened.abandon()


def test_changes_report_aspect_and_box(document: Document, brush) -> None:
    changes: list[Change] = []
    document.changed.connect(changes.append)
    brush(document, A, 1)
    document.do(settings.set_notes(document.state, "x"))
    assert [(change.aspect, change.box) for change in changes] == [
        (Aspect.DAMAGE, A),
        (Aspect.NOTES, Box(0, 0, 0, 0)),
    ]
    document.undo()
    document.undo()
    assert changes[-1].box == A


def test_gesture_without_changes_is_not_stored(document: Document, brush) -> None:
    brush(document, A, 0)
    assert not document.history.done


def test_painting_keeps_locked_and_other_classes(document: Document) -> None:
    damage = document.state.damage
    mask.paint(damage, Box(0, 0, 10, 10), np.ones((10, 10), bool), 1)
    mask.paint(damage, Box(-5, 5, 10, 10), np.ones((10, 10), bool), 2, overwrite=False)
    assert (damage.count(1), damage.count(2)) == (100, 25)
    document.do(settings.lock_class(document.state, 1, True))
    mask.paint(damage, Box(0, 0, 20, 20), np.ones((20, 20), bool), 0)
    assert (damage.count(1), damage.count(2)) == (100, 0)


def test_gesture_in_progress_can_be_reverted(document: Document, brush) -> None:
    brush(document, A, 1)
    before = document.state.damage.copy()
    document.state.damage.write(B, np.ones((20, 20), np.uint8))
    changes: list[Change] = []
    document.changed.connect(changes.append)
    document.revert_to(before)
    assert document.state.damage == before
    assert [change.box for change in changes] == [B]
    assert len(document.history.done) == 1


def test_derived_mask_is_one_gesture(document: Document, brush) -> None:
    brush(document, A, 3)
    derived = DamageMap.from_mask(np.random.default_rng(0).random((300, 600)) > 0.5)
    document.do(mask.change_mask(document.state.damage, derived, "Derive mask"))
    assert document.state.damage == derived
    document.undo()
    assert document.state.damage.count() == document.state.damage.count(3) == A.area


def test_applied_mask_releases_its_tiles(document: Document, brush) -> None:
    brush(document, A, 3)
    before = document.state.damage.copy()
    derived = DamageMap.from_mask(np.random.default_rng(0).random((300, 600)) > 0.5)
    operation = mask.change_mask(before, derived, "Derive mask")
    assert operation.pending
    brush(document, B, 5)
    document.undo()
    document.do(operation)
    assert not operation.pending
    assert document.state.damage == derived
    assert not mask.change_mask(before, derived, "Derive mask", applied=True).pending


def test_rejects_a_mask_of_another_size(document: Document) -> None:
    with pytest.raises(MaskError, match="601 × 300"):
        mask.change_mask(document.state.damage, DamageMap(601, 300), "Import mask")


@pytest.mark.parametrize(("second", "length"), [((1, 1), 5), ((9, 1), 0), ((9, 1), float("nan"))])
def test_calibration_requires_two_points_and_a_length(document: Document, second, length) -> None:
    with pytest.raises(InputError, match="two different points"):
        settings.calibrate(document.state, (1, 1), second, length)


def test_rejects_an_unknown_class(document: Document) -> None:
    with pytest.raises(MaskError, match="no damage class 77"):
        settings.rename_class(document.state, 77, "x")


def test_changes_classes_and_style(document: Document) -> None:
    state = document.state
    document.do(settings.rename_class(state, 1, "lacuna"))
    document.do(settings.recolour_class(state, 1, "#abcdef"))
    document.do(settings.show_class(state, 1, False))
    document.do(settings.set_policy(state, 1, Policy.RECORD))
    assert state.damage.class_of(1) == DamageClass(1, "lacuna", "#abcdef", Policy.RECORD, visible=False)
    document.do(settings.add_style_region(state, A))
    document.do(settings.move_style_region(state, 0, B))
    assert state.style.regions == (B,)
    document.do(settings.remove_style_region(state, 0))
    document.undo()
    assert state.style.regions == (B,)


# Results and decisions


def test_accepting_one_variation_keeps_the_others(document: Document, make_run) -> None:
    state = document.state
    for variation in range(3):
        document.do(results.add_run(make_run(document.next_run, [A, B], 100 + variation, variation)))
    document.do(decisions.accept(state, state.runs[1], [1, 2]))
    document.do(decisions.accept(state, state.runs[3], [2]))
    verdicts = {str(subject): decision.verdict for subject, decision in state.decisions.items()}
    assert verdicts == {"1/1": Verdict.ACCEPTED, "1/2": Verdict.UNDECIDED, "3/2": Verdict.ACCEPTED}
    assert sorted(state.runs) == [1, 2, 3]
    document.undo()
    assert state.decisions[Subject(1, 2)].verdict is Verdict.ACCEPTED


def test_accepted_patches_have_the_samples_of_their_runs(document: Document, make_run) -> None:
    state = document.state
    wide = Box(200, 100, 120, 80)
    document.do(results.add_run(make_run(1, [wide], 100)))
    document.do(results.add_run(make_run(2, [B, A], 200)))
    document.do(decisions.accept(state, state.runs[1], [1]))
    document.do(decisions.accept(state, state.runs[2], [2]))
    painted = np.zeros((300, 600), np.uint16)
    for patch in AcceptedFills(state).patches():
        painted[patch.box.slices][patch.mask] = patch.samples[..., 0][patch.mask]
    expected = np.zeros_like(painted)
    expected[wide.slices], expected[B.slices] = 100, 200
    np.testing.assert_array_equal(painted, expected)
    np.testing.assert_array_equal(AcceptedFills(state).provenance(Box(0, 0, 600, 300)) * 100, expected)


def test_last_accepted_fill_is_on_top(document: Document, make_run) -> None:
    state = document.state
    document.do(results.add_run(make_run(1, [Box(10, 10, 20, 20)], 100)))
    document.do(results.add_run(make_run(2, [Box(20, 20, 20, 20)], 200)))
    document.do(decisions.accept(state, state.runs[2], [1]))
    document.do(decisions.accept(state, state.runs[1], [1]))
    provenance = AcceptedFills(state).provenance(Box(20, 20, 20, 20))
    assert (provenance[:10, :10] == 1).all()
    assert (provenance[10:, 10:] == 2).all()


def test_rejected_and_discarded_fills_are_not_exported(document: Document, make_run) -> None:
    state = document.state
    document.do(results.add_run(make_run(1, [A, B], 100)))
    document.do(decisions.accept(state, state.runs[1], [1, 2]))
    document.do(decisions.reject(state, state.runs[1], [1]))
    assert [np.count_nonzero(patch.mask) for patch in AcceptedFills(state).patches()] == [B.area]
    document.do(results.remove_run(state.runs[1]))
    assert list(AcceptedFills(state).patches()) == []
    document.undo()
    document.do(decisions.reconsider(state, state.runs[1], [2]))
    assert list(AcceptedFills(state).patches()) == []


def test_undone_run_can_be_restored_after_another_gesture(document: Document, make_run, brush) -> None:
    document.do(results.add_run(make_run(document.next_run, [A], 100)))
    document.undo()
    brush(document, B, 1)
    reopened = reopen(document)
    assert not reopened.history.undone
    assert [run.id for run in reopened.archived_results()] == [1]
    assert reopened.next_run == 2
    reopened.restore_archived(1)
    assert reopened.state.runs[1].content.tile((0, 0)).samples.max() == 100
    assert not reopened.archived_results()
    reopened.undo()
    assert not reopened.state.runs
    reopened.redo()
    reopened_again = reopen(reopened)
    assert list(reopened_again.state.runs) == [1]
    with pytest.raises(ProjectError, match="Result 1 is no longer stored"):
        reopened_again.restore_archived(1)
    reopened_again.abandon()


def test_unreachable_runs_are_limited_but_undo_still_works(document: Document, make_run) -> None:
    document.do(results.add_run(make_run(document.next_run, [B], 50)))
    document.do(OperationGroup((results.remove_run(document.state.runs[1]),), name="Put away"))
    for step in range(MAX_UNREACHABLE_RUNS + 3):
        document.do(results.add_run(make_run(document.next_run, [A], 100 + step)))
        document.undo()
    reopened = reopen(document)
    assert [run.id for run in reopened.archived_results()] == [1, *range(4, MAX_UNREACHABLE_RUNS + 5)]
    assert reopened.redo()
    assert (
        reopened.state.runs[MAX_UNREACHABLE_RUNS + 4].content.tile((0, 0)).samples.max()
        == 100 + MAX_UNREACHABLE_RUNS + 2
    )
    reopened.undo()
    reopened.undo()
    assert reopened.state.runs[1].content.tile((1, 0)).samples.max() == 50
    reopened.abandon()


def test_run_is_split_into_tiles(make_run) -> None:
    run = make_run(1, [Box(250, 250, 20, 20)], 9)
    assert run.tile_keys == {(0, 0), (1, 0), (0, 1), (1, 1)}
    assert (run.count, run.pixels) == (1, 400)


# The history's memory


def test_memory_is_bounded_and_old_gestures_are_read_from_the_file(document: Document, brush) -> None:
    document.history = History(document.store.operation, memory_budget=2000)
    for step in range(20):
        brush(document, Box(step * 10, 0, 10, 10), 1 + step % 5)
    assert document.history.memory_bytes <= 2000
    while document.undo():
        pass
    assert document.state.damage.empty
    while document.redo():
        pass
    assert document.state.damage.count() == 2000


# Names


def test_scan_has_one_unnamed_project_until_it_is_named(painting: Painting, tmp_path: Path, brush) -> None:
    first = Document.for_painting(painting)
    assert first.unnamed
    assert first.path == unnamed_project(painting.path, painting.sha256())
    brush(first, A, 1)
    first.close()
    second = Document.for_painting(painting)
    assert second.state.damage.count() == A.area
    second.save_as(tmp_path / "named.imagest")
    assert not second.unnamed
    assert not unnamed_project(painting.path, painting.sha256()).exists()
    assert second.undo()
    assert second.state.damage.empty
    second.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "named.imagest", "scan.tif"]


def test_save_as_does_not_overwrite_by_default(document: Document, tmp_path: Path, brush) -> None:
    brush(document, A, 1)
    taken = tmp_path / "taken.imagest"
    taken.write_text("something else")
    with pytest.raises(OutputError, match="already exists"):
        document.save_as(taken)
    assert taken.read_text() == "something else"
    document.save_as(taken, force=True)
    brush(document, B, 1)
    reopened = reopen(document)
    assert reopened.path == taken
    assert reopened.state.damage.count() == A.area + B.area
    reopened.abandon()


def test_project_in_memory_can_be_saved(painting: Painting, tmp_path: Path, brush, make_run) -> None:
    document = Document.create(painting)
    brush(document, A, 1)
    document.do(results.add_run(make_run(1, [A], 5)))
    assert not document.saved
    document.save_as(tmp_path / "kept.imagest")
    assert document.saved
    reopened = reopen(document)
    assert reopened.state.runs[1].content.tile((0, 0)).samples.max() == 5
    reopened.abandon()


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(4000)])
def test_rejects_files_that_are_not_projects(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.imagest"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=r"odd\.imagest is (not an Imagest project|damaged)"):
        Document.open(path)
    assert path.read_bytes() == content
    assert [item.name for item in tmp_path.iterdir()] == ["odd.imagest"]


def test_a_file_of_another_kind_is_not_called_a_damaged_project(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    path.write_bytes(b"II*\0" + bytes(200))
    with pytest.raises(ProjectError, match=r"scan\.tif is not an Imagest project: choose a file that ends"):
        Document.open(path)


def test_rejects_a_missing_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="doesn't exist"):
        Document.open(tmp_path / "none.imagest")
