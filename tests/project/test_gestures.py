"""A stroke is a transaction: operations wait for it, and patches fit only what they replace."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from imagest_core.damage import edits
from imagest_core.damage.classes import DamageClass, Policy
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError, ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.project.document import Document
from imagest_core.project.operations import ChangeMask, OperationGroup, mask, results, settings
from imagest_core.project.storage.codec import dumps, loads

STROKE, DERIVED = Box(10, 10, 100, 100), Box(50, 50, 200, 200)


def draw(document: Document, box: Box, label: int = 1) -> None:
    mask.paint(document.state.damage, box, np.ones((box.height, box.width), bool), label)


def rectangle(document: Document, box: Box = DERIVED) -> DamageMap:
    damage = DamageMap(document.state.damage.width, document.state.damage.height)
    damage.write(box, np.ones((box.height, box.width), np.uint8))
    return damage


def names(document: Document) -> list[str]:
    return [entry.name for entry in document.history.done]


def test_derived_mask_is_merged_after_the_stroke(
    document: Document,
) -> None:
    gesture = document.begin_gesture()
    draw(document, STROKE)
    derived = rectangle(document)
    document.do(
        lambda state: mask.change_mask(state.damage, edits.merged(state.damage, derived, 2), "Derive losses")
    )
    assert document.state.damage.count() == STROKE.area
    draw(document, Box(110, 10, 10, 10))
    gesture.commit("Brush stroke")
    assert names(document) == ["Brush stroke", "Derive losses"]
    merged_damage = document.state.damage.copy()
    document.undo()
    assert document.state.damage.count() == STROKE.area + 100
    document.undo()
    assert document.state.damage.count() == 0
    document.redo()
    document.redo()
    assert document.state.damage == merged_damage


def test_rejects_a_mask_computed_for_other_damage(document: Document) -> None:
    stale = mask.change_mask(document.state.damage, rectangle(document), "Derive losses")
    messages: list[str] = []
    document.operation_rejected.connect(messages.append)
    gesture = document.begin_gesture()
    draw(document, STROKE)
    document.do(stale)
    document.do(settings.set_notes(document.state, "still done"))
    gesture.commit("Brush stroke")
    assert document.state.damage.count() == STROKE.area
    assert names(document) == ["Brush stroke", "Edit notes"]
    assert "Derive losses" in messages[0]
    with pytest.raises(ProjectError, match="run it again"):
        document.do(stale)


def test_run_is_listed_after_the_stroke(document: Document, make_run) -> None:
    gesture = document.begin_gesture()
    draw(document, STROKE)
    document.do(results.add_run(make_run(1, [DERIVED], 7)))
    assert not document.state.runs
    gesture.cancel()
    assert list(document.state.runs) == [1]
    assert document.state.damage.empty


def test_rejects_undo_redo_and_another_stroke_during_a_stroke(document: Document, brush) -> None:
    brush(document, DERIVED, 1)
    gesture = document.begin_gesture()
    for method in (document.undo, document.redo, document.begin_gesture):
        with pytest.raises(ProjectError, match="in progress"):
            method()
    gesture.commit("Nothing")
    assert names(document) == ["Paint"]
    with pytest.raises(ProjectError, match="ended"):
        gesture.cancel()


def test_stroke_in_progress_is_not_saved(document: Document, tmp_path) -> None:
    gesture = document.begin_gesture()
    draw(document, STROKE)
    document.save_as(tmp_path / "other.imagest")
    with Document.open_read_only(tmp_path / "other.imagest") as other:
        assert other.state.damage.empty
    gesture.commit("Brush stroke")
    document.close()
    with Document.open_read_only(tmp_path / "other.imagest") as other:
        assert other.state.damage.count() == STROKE.area


def test_closing_reverts_the_stroke_and_applies_queued_operations(document: Document) -> None:
    path = document.path
    document.begin_gesture()
    draw(document, STROKE)
    document.do(settings.set_notes(document.state, "kept"))
    document.close()
    assert path is not None
    with Document.open_read_only(path) as reopened:
        assert reopened.state.damage.empty
        assert reopened.state.notes == "kept"


def test_checks_all_tiles_before_writing(document: Document, brush) -> None:
    wide = Box(200, 10, 200, 50)
    operation = mask.change_mask(document.state.damage, rectangle(document, wide), "Derive losses")
    brush(document, Box(300, 20, 5, 5), 2)
    before = document.state.damage.copy()
    with pytest.raises(ProjectError):
        document.do(operation)
    with pytest.raises(ProjectError):
        document.do(OperationGroup((settings.set_notes(document.state, "no"), operation), name="Both"))
    assert document.state.damage == before
    assert document.state.notes == ""
    assert names(document) == ["Paint"]


def test_failed_undo_changes_neither_damage_nor_history(document: Document, brush) -> None:
    brush(document, STROKE, 1)
    document.state.damage.write(Box(12, 12, 3, 3), np.full((3, 3), 4, np.uint8))
    before = document.state.damage.copy()
    with pytest.raises(ProjectError, match="can't be applied"):
        document.undo()
    assert document.state.damage == before
    assert names(document) == ["Paint"]


def test_undoes_patches_without_hashes_of_older_projects(document: Document, brush) -> None:
    brush(document, STROKE, 1)
    path = document.path
    document.close()
    assert path is not None
    with closing(sqlite3.connect(path)) as db, db:
        [(data,)] = db.execute("SELECT data FROM operations").fetchall()
        value = loads(data)
        value["tiles"] = [row[:3] for row in value["tiles"]]
        db.execute("UPDATE operations SET data = ?", (dumps(value),))
    with Document.open(path) as reopened:
        operation = reopened.history.operation(reopened.history.done[0])
        assert isinstance(operation, ChangeMask)
        assert not operation.patches[0].before
        assert reopened.undo()
        assert reopened.state.damage.empty


def test_rejects_damage_without_a_class(document: Document) -> None:
    document.do(settings.add_class(document.state, DamageClass(9, "wax", "#00ff00")))
    document.undo()
    with pytest.raises(MaskError, match="no damage class 9"):
        draw(document, STROKE, 9)
    other = document.state.damage.copy()
    other.write(STROKE, np.full((100, 100), 9, np.uint8))
    with pytest.raises(MaskError, match="no damage class 9"):
        mask.change_mask(document.state.damage, other, "Import")
    gesture = document.begin_gesture()
    document.state.damage.write(STROKE, np.full((100, 100), 9, np.uint8))
    with pytest.raises(MaskError, match="no damage class 9"):
        gesture.commit("Brush stroke")
    assert document.state.damage.empty
    assert document.gesture is None


def test_recovers_damage_of_a_missing_class(document: Document, brush) -> None:
    document.do(settings.add_class(document.state, DamageClass(9, "wax", "#00ff00")))
    brush(document, STROKE, 9)
    path = document.path
    document.close()
    assert path is not None
    with closing(sqlite3.connect(path)) as db, db:
        [(text,)] = db.execute("SELECT value FROM meta WHERE key = 'classes'").fetchall()
        classes = [item for item in loads(text) if item["label"] != 9]
        db.execute("UPDATE meta SET value = ? WHERE key = 'classes'", (dumps(classes),))
    with Document.open(path) as reopened:
        recovered = reopened.state.damage.class_of(9)
        assert recovered.visible
        assert recovered.policy is Policy.RECORD
        assert "recovered" in reopened.repair_note
        reopened.undo()
        reopened.undo()
        assert 9 not in {item.label for item in reopened.state.damage.classes}
        reopened.redo()
        reopened.redo()
        assert reopened.state.damage.class_of(9).name == "wax"
