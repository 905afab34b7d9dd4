"""Example strokes and the damage model belong to the project."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import tifffile

from imagest_core.damage.classes import CRACK, LOSS
from imagest_core.damage.detection.prediction import ExampleParameters
from imagest_core.damage.detection.trainable import StrokeClassifier
from imagest_core.damage.detection.trained_model import TrainedModel
from imagest_core.damage.examples import ERASED, INTACT, ExampleStroke, draw_examples
from imagest_core.damage.map import DamageMap
from imagest_core.damage.selection import Selection
from imagest_core.damage.stored_model import StoredModel
from imagest_core.errors import ModelError, ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.project.document import Document
from imagest_core.project.operations.examples import (
    add_example,
    clear_examples,
    derive_examples,
    fitted_to,
    forget_damage_model,
    load_damage_model,
)
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.settings import rename_class

ON_LOSS = ExampleStroke(LOSS.label, 4, (22.0, 30.0, 38.0, 30.0))
ON_PAINT = ExampleStroke(INTACT, 4, (5.0, 8.0, 60.0, 8.0, 60.0, 50.0))


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    picture = np.random.default_rng(3).integers(40, 80, (64, 80, 3)).astype(np.uint8)
    picture[20:40, 20:40] += 120
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, picture, photometric="rgb")
    return path


@pytest.fixture
def model(scan: Path) -> TrainedModel:
    with open_painting(scan) as painting:
        strokes = draw_examples((ON_LOSS, ON_PAINT), DamageMap(painting.width, painting.height))
        return StrokeClassifier(painting, ExampleParameters(dilate=0)).update(strokes)


def test_strokes_survive_reopening_undo_and_clearing(scan: Path, tmp_path: Path) -> None:
    file = tmp_path / "work.imagest"
    with open_painting(scan) as painting:
        document = Document.create(painting, file)
    for stroke in (ON_LOSS, ON_PAINT):
        document.do(add_example(document.state, stroke))
    document.close()
    again = Document.open(file)
    assert again.state.examples == (ON_LOSS, ON_PAINT)
    again.do(clear_examples(again.state))
    assert again.state.examples == ()
    again.undo()
    again.undo()
    assert again.state.examples == (ON_LOSS,)
    assert [str(entry.name) for entry in again.history.done] == ["Example stroke"]
    again.close()


def test_later_strokes_are_drawn_over_earlier_ones() -> None:
    erased = ExampleStroke(ERASED, 6, (30.0, 30.0, 30.0, 30.0))
    drawn = draw_examples((ON_LOSS, erased), DamageMap(80, 64))
    assert drawn.read(drawn.box)[30, 23] == LOSS.label
    assert drawn.read(drawn.box)[30, 30] == 0


def test_a_line_is_stored_without_points_that_change_nothing() -> None:
    line = [(float(x), 10.0) for x in range(50)] + [(49.0, float(y)) for y in range(11, 30)]
    assert ExampleStroke.along(1, 5, line).points == (0.0, 10.0, 49.0, 10.0, 49.0, 29.0)


@pytest.mark.parametrize(
    "values",
    [(256, 4, (1.0, 1.0)), (1, 0, (1.0, 1.0)), (1, 4, (1.0,)), (1, 4, ()), (1, 4, (float("nan"), 1.0))],
)
def test_invalid_strokes_are_refused(values: tuple) -> None:
    with pytest.raises(ValueError, match="stroke"):
        ExampleStroke(*values)


def test_damaged_strokes_in_a_file_get_a_sentence(scan: Path, tmp_path: Path) -> None:
    file = tmp_path / "work.imagest"
    with open_painting(scan) as painting:
        document = Document.create(painting, file)
    document.do(add_example(document.state, ON_LOSS))
    document.close()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE meta SET value = replace(value, '22.0', '1e400') WHERE key = 'examples'")
    with pytest.raises(ProjectError, match="rescue"):
        Document.open(file)


def test_files_of_earlier_versions_have_no_strokes(scan: Path, tmp_path: Path) -> None:
    file = tmp_path / "work.imagest"
    with open_painting(scan) as painting:
        Document.create(painting, file).close()
    with closing(sqlite3.connect(file)) as db, db:
        for key in ("examples", "damage_model"):
            db.execute("DELETE FROM meta WHERE key = ?", (key,))
            db.execute("DELETE FROM seals WHERE name = 'meta' AND key = ?", (key,))
    again = Document.open(file)
    assert again.state.examples == ()
    assert again.state.damage_model is None
    again.close()


def test_a_loaded_model_is_stored_and_can_be_removed(scan: Path, tmp_path: Path, model: TrainedModel) -> None:
    file, stored = tmp_path / "work.imagest", StoredModel.of(model, "plaster.safetensors")
    with open_painting(scan) as painting:
        document = Document.create(painting, file)
    document.do(load_damage_model(document.state, stored))
    assert len(document.state.damage.classes) == 7, "the class of the same name is used"
    document.close()
    again = Document.open(file)
    assert again.state.damage_model == stored
    assert stored.model().sha256 == model.sha256
    again.do(forget_damage_model(again.state))
    assert again.state.damage_model is None
    again.close()


def test_classes_of_a_model_are_found_by_name_or_added(
    scan: Path, tmp_path: Path, model: TrainedModel
) -> None:
    with open_painting(scan) as painting:
        document = Document.create(painting, tmp_path / "work.imagest")
    document.do(rename_class(document.state, LOSS.label, "lacuna"))
    document.do(load_damage_model(document.state, StoredModel.of(model, "plaster.safetensors")))
    added = document.state.damage.classes[-1]
    assert (added.label, added.name) == (8, "loss")
    assert fitted_to(model, document.state.damage.classes).labels == (8, INTACT)
    document.undo()
    assert len(document.state.damage.classes) == 7
    document.close()


def test_a_damaged_model_is_refused(model: TrainedModel) -> None:
    stored = StoredModel.of(model, "plaster.safetensors")
    for broken in (StoredModel(stored.name, "0" * 64, stored.content), StoredModel("x", stored.sha256, "%")):
        with pytest.raises(ModelError, match="isn't an intact damage model"):
            broken.model()


def test_deriving_corrects_an_earlier_mask_in_one_step(
    scan: Path, tmp_path: Path, model: TrainedModel
) -> None:
    with open_painting(scan) as painting:
        document = Document.create(painting, tmp_path / "work.imagest")
    labels = np.zeros((64, 80), np.uint8)
    labels[50:60, 50:70] = LOSS.label
    labels[5:12, 5:12] = CRACK.label
    wrong = document.state.damage.copy()
    wrong.write(wrong.box, labels)
    document.do(change_mask(document.state.damage, wrong, "Brush stroke"))
    learned = DamageMap(80, 64)
    learned.write(learned.box, np.pad(np.ones((20, 20), np.uint8), ((20, 24), (20, 40))))
    strokes = draw_examples((ON_LOSS, ON_PAINT), DamageMap(80, 64))
    stored = StoredModel.of(model)
    before = document.state.damage.copy()
    document.do(lambda state: derive_examples(state, learned, stored, strokes, correct=True))
    found = document.state.damage.read(document.state.box)
    assert (found[20:40, 20:40] == LOSS.label).all()
    assert not found[50:60, 50:70].any(), "it was not found again"
    assert found[5, 5] == CRACK.label, "a class that was not taught is kept"
    assert not found[8, 5:12].any(), "paint under a stroke is intact"
    assert document.state.damage_model == stored
    document.undo()
    assert document.state.damage == before
    assert document.state.damage_model is None
    document.do(lambda state: derive_examples(state, learned, stored, strokes, correct=False))
    kept = document.state.damage.read(document.state.box)
    assert (kept[55:60, 50:57] == LOSS.label).all(), "without correcting, earlier damage is kept"
    document.undo()
    within = Selection.of_box(Box(0, 0, 30, 64), document.state.box)
    document.do(lambda state: derive_examples(state, learned, stored, strokes, correct=True, within=within))
    limited = document.state.damage.read(document.state.box)
    assert (limited[20:40, 20:30] == LOSS.label).all()
    assert (limited[:, 30:] == before.read(before.box)[:, 30:]).all(), "nothing changes outside"
    document.close()


def test_an_export_names_the_model(scan: Path, tmp_path: Path, model: TrainedModel) -> None:
    from imagest_core.export.record import _damage_model

    with open_painting(scan) as painting:
        document = Document.create(painting, tmp_path / "work.imagest")
    document.do(load_damage_model(document.state, StoredModel.of(model, "plaster.safetensors")))
    facts = json.loads(json.dumps(_damage_model(document.state)))
    assert facts == {"sha256": model.sha256, "file": "plaster.safetensors", "checksum": "checked"}
    document.close()
