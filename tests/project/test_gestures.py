"""A stroke is a transaction: what arrives meanwhile waits, and patches fit only what they replace."""

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
from imagest_core.project.operations import Relabelled, Together, mask, results, settings
from imagest_core.project.storage.codec import dumps, loads

STROKE, FOUND = Box(10, 10, 100, 100), Box(50, 50, 200, 200)


def draw(document: Document, box: Box, label: int = 1) -> None:
    mask.paint(document.state.damage, box, np.ones((box.height, box.width), bool), label)


def found(document: Document, box: Box = FOUND) -> DamageMap:
    made = DamageMap(document.state.damage.width, document.state.damage.height)
    made.write(box, np.ones((box.height, box.width), np.uint8))
    return made


def names(document: Document) -> list[str]:
    return [entry.name for entry in document.history.done]


def test_a_derived_mask_waits_for_the_stroke_and_is_merged_into_what_is_there_then(
    document: Document,
) -> None:
    gesture = document.begin_gesture()
    draw(document, STROKE)
    derived = found(document)
    document.do(
        lambda state: mask.relabelled(state.damage, edits.merged(state.damage, derived, 2), "Derive losses")
    )
    assert document.state.damage.count() == STROKE.area
    draw(document, Box(110, 10, 10, 10))
    gesture.commit("Brush stroke")
    assert names(document) == ["Brush stroke", "Derive losses"]
    both = document.state.damage.copy()
    document.undo()
    assert document.state.damage.count() == STROKE.area + 100
    document.undo()
    assert document.state.damage.count() == 0
    document.redo()
    document.redo()
    assert document.state.damage == both


def test_a_mask_made_for_other_damage_is_refused_and_nothing_is_lost(document: Document) -> None:
    stale = mask.relabelled(document.state.damage, found(document), "Derive losses")
    told: list[str] = []
    document.refused.connect(told.append)
    gesture = document.begin_gesture()
    draw(document, STROKE)
    document.do(stale)
    document.do(settings.set_notes(document.state, "still done"))
    gesture.commit("Brush stroke")
    assert document.state.damage.count() == STROKE.area
    assert names(document) == ["Brush stroke", "Edit notes"]
    assert "Derive losses" in told[0]
    with pytest.raises(ProjectError, match="make it again"):
        document.do(stale)


def test_a_run_that_arrives_during_a_stroke_is_listed_after_it(document: Document, make_run) -> None:
    gesture = document.begin_gesture()
    draw(document, STROKE)
    document.do(results.add_run(make_run(1, [FOUND], 7)))
    assert not document.state.runs
    gesture.cancel()
    assert list(document.state.runs) == [1]
    assert document.state.damage.empty


def test_undo_redo_and_a_second_stroke_are_refused_during_a_stroke(document: Document, brush) -> None:
    brush(document, FOUND, 1)
    gesture = document.begin_gesture()
    for refused in (document.undo, document.redo, document.begin_gesture):
        with pytest.raises(ProjectError, match="under way"):
            refused()
    gesture.commit("Nothing")
    assert names(document) == ["Paint"]
    with pytest.raises(ProjectError, match="ended"):
        gesture.cancel()


def test_a_stroke_under_way_is_in_no_file(document: Document, tmp_path) -> None:
    gesture = document.begin_gesture()
    draw(document, STROKE)
    document.save_as(tmp_path / "other.imagest")
    with Document.look_at(tmp_path / "other.imagest") as other:
        assert other.state.damage.empty
    gesture.commit("Brush stroke")
    document.close()
    with Document.look_at(tmp_path / "other.imagest") as other:
        assert other.state.damage.count() == STROKE.area


def test_closing_takes_a_stroke_back_and_does_what_waited(document: Document) -> None:
    path = document.path
    document.begin_gesture()
    draw(document, STROKE)
    document.do(settings.set_notes(document.state, "kept"))
    document.close()
    assert path is not None
    with Document.look_at(path) as again:
        assert again.state.damage.empty
        assert again.state.notes == "kept"


def test_all_tiles_are_checked_before_one_is_written(document: Document, brush) -> None:
    wide = Box(200, 10, 200, 50)
    made = mask.relabelled(document.state.damage, found(document, wide), "Derive losses")
    brush(document, Box(300, 20, 5, 5), 2)
    before = document.state.damage.copy()
    with pytest.raises(ProjectError):
        document.do(made)
    with pytest.raises(ProjectError):
        document.do(Together((settings.set_notes(document.state, "no"), made), name="Both"))
    assert document.state.damage == before
    assert document.state.notes == ""
    assert names(document) == ["Paint"]


def test_undo_that_does_not_fit_changes_neither_damage_nor_history(document: Document, brush) -> None:
    brush(document, STROKE, 1)
    document.state.damage.write(Box(12, 12, 3, 3), np.full((3, 3), 4, np.uint8))
    before = document.state.damage.copy()
    with pytest.raises(ProjectError, match="can't be applied"):
        document.undo()
    assert document.state.damage == before
    assert names(document) == ["Paint"]


def test_patches_of_older_projects_have_no_hash_and_still_undo(document: Document, brush) -> None:
    brush(document, STROKE, 1)
    path = document.path
    document.close()
    assert path is not None
    with closing(sqlite3.connect(path)) as db, db:
        [(data,)] = db.execute("SELECT data FROM operations").fetchall()
        value = loads(data)
        value["tiles"] = [row[:3] for row in value["tiles"]]
        db.execute("UPDATE operations SET data = ?", (dumps(value),))
    with Document.open(path) as again:
        operation = again.history.operation(again.history.done[0])
        assert isinstance(operation, Relabelled)
        assert not operation.patches[0].before
        assert again.undo()
        assert again.state.damage.empty


def test_damage_of_no_class_is_refused(document: Document) -> None:
    document.do(settings.add_class(document.state, DamageClass(9, "wax", "#00ff00")))
    document.undo()
    with pytest.raises(MaskError, match="no damage class 9"):
        draw(document, STROKE, 9)
    other = document.state.damage.copy()
    other.write(STROKE, np.full((100, 100), 9, np.uint8))
    with pytest.raises(MaskError, match="no damage class 9"):
        mask.relabelled(document.state.damage, other, "Import")
    gesture = document.begin_gesture()
    document.state.damage.write(STROKE, np.full((100, 100), 9, np.uint8))
    with pytest.raises(MaskError, match="no damage class 9"):
        gesture.commit("Brush stroke")
    assert document.state.damage.empty
    assert document.gesture is None


def test_damage_whose_class_is_lost_gets_a_visible_one(document: Document, brush) -> None:
    document.do(settings.add_class(document.state, DamageClass(9, "wax", "#00ff00")))
    brush(document, STROKE, 9)
    path = document.path
    document.close()
    assert path is not None
    with closing(sqlite3.connect(path)) as db, db:
        [(text,)] = db.execute("SELECT value FROM meta WHERE key = 'classes'").fetchall()
        classes = [item for item in loads(text) if item["label"] != 9]
        db.execute("UPDATE meta SET value = ? WHERE key = 'classes'", (dumps(classes),))
    with Document.open(path) as again:
        lost = again.state.damage.class_of(9)
        assert lost.visible
        assert lost.policy is Policy.RECORD
        assert "recovered" in again.mended
        again.undo()
        again.undo()
        assert 9 not in {item.label for item in again.state.damage.classes}
        again.redo()
        again.redo()
        assert again.state.damage.class_of(9).name == "wax"
