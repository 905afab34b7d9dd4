"""Damage masks learned from strokes."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from damage_pictures import Pictures, blots, damaged_with, iou, painted
from safetensors.numpy import load_file, save_file

from imagest_core.damage.detection import trainable, trees
from imagest_core.damage.detection.features import FeatureCache, FeatureSettings, compute_features
from imagest_core.damage.detection.prediction import ExampleParameters
from imagest_core.damage.detection.stroke_samples import automatic_level, reduced_strokes
from imagest_core.damage.detection.trainable import (
    StrokeClassifier,
    detect_learned,
)
from imagest_core.damage.detection.trained_model import CHECKSUM, KIND, load_model, save_model
from imagest_core.damage.detection.trees import ARRAYS, Forest
from imagest_core.damage.detection.working_scale import WorkingScale
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError, ModelError
from imagest_core.models.safetensors_header import read_header
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress

GROUND = (0.86, 0.83, 0.72)
HEIGHT, WIDTH = 160, 200
PLAIN = ExampleParameters(dilate=0, scale=1)


def strokes_on(truth: np.ndarray, label: int = 1) -> DamageMap:
    """Mark every twelfth row of damage, and of intact paint."""
    rows = np.arange(truth.shape[0])[:, np.newaxis] % 12 < 3
    return as_map((truth & rows) * np.uint8(label) + (~truth & rows) * np.uint8(INTACT))


def as_map(labels: np.ndarray) -> DamageMap:
    damage = DamageMap(labels.shape[1], labels.shape[0])
    damage.write(damage.box, labels.astype(np.uint8))
    return damage


@pytest.fixture
def truth() -> np.ndarray:
    return blots(HEIGHT, WIDTH)


@pytest.fixture
def scan(saved: Pictures, truth: np.ndarray) -> Path:
    return saved(damaged_with(painted(HEIGHT, WIDTH) * 0.7, truth, GROUND))


def test_learns_a_loss_from_strokes(scan: Path, truth: np.ndarray) -> None:
    with open_painting(scan) as painting:
        classifier = StrokeClassifier(painting, PLAIN)
        model = classifier.update(strokes_on(truth))
        assert model.labels == (1, INTACT)
        assert iou(classifier.derive().read(painting.box) > 0, truth) > 0.9


def test_learns_several_classes_at_once(saved: Pictures, truth: np.ndarray) -> None:
    other = blots(HEIGHT, WIDTH, seed=5) & ~truth
    picture = damaged_with(damaged_with(painted(HEIGHT, WIDTH) * 0.7, truth, GROUND), other, (0.1, 0.1, 0.5))
    strokes = strokes_on(truth | other)
    labels = strokes.read(strokes.box)
    labels[(labels == 1) & other] = 3
    with open_painting(saved(picture)) as painting:
        classifier = StrokeClassifier(painting, PLAIN)
        assert classifier.update(as_map(labels)).labels == (1, 3, INTACT)
        result = classifier.derive().read(painting.box)
    assert iou(result == 1, truth) > 0.8
    assert iou(result == 3, other) > 0.8


def test_predictions_equal_those_of_sklearn() -> None:
    from sklearn.ensemble import ExtraTreesClassifier

    rng = np.random.default_rng(0)
    samples = rng.random((400, 6), np.float32)
    classes = (samples[:, 0] > 0.5) + (samples[:, 1] > 0.7).astype(int)
    classifier = ExtraTreesClassifier(8, max_leaf_nodes=30, random_state=0).fit(samples, classes)
    others = np.concatenate([samples, rng.random((500, 6), np.float32)])
    computed = Forest.from_sklearn(classifier).probabilities(others)
    np.testing.assert_allclose(computed, classifier.predict_proba(others), atol=1e-6)


def test_arrays_are_evaluated_alike_with_and_without_compiled_trees(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    samples = rng.random((500, 6), np.float32)
    classes = (samples[:, 0] > 0.5).astype(np.int64)
    forest = Forest.learn(samples, classes, np.ones(500))
    compiled = forest.probabilities(samples)
    quick = forest.probabilities(samples, quick=True)
    assert forest._compiled is not None
    plain = Forest(**{name: getattr(forest, name) for name in ARRAYS})
    monkeypatch.setattr(trees, "_compiled_tree", lambda *_: {}["missing"])
    np.testing.assert_allclose(plain.probabilities(samples), compiled, atol=1e-6)
    assert plain._compiled is None
    assert (quick.argmax(axis=1) == compiled.argmax(axis=1)).mean() > 0.99
    assert np.abs(quick - compiled).mean() < 0.02


def test_tiles_have_no_borders(scan: Path) -> None:
    settings = FeatureSettings()
    with open_painting(scan) as painting:
        cache = FeatureCache(painting, WorkingScale.of(painting, 0), settings)
        whole = compute_features(painting.read_working(), settings)
        box = Box(90, 70, 100, 80)
        np.testing.assert_allclose(cache.read(box).transpose(2, 0, 1), whole[:, 70:150, 90:190], atol=2e-4)


def test_a_part_is_predicted_as_in_the_whole(scan: Path, truth: np.ndarray) -> None:
    for scale in (1, 2):
        with open_painting(scan) as painting:
            classifier = StrokeClassifier(painting, ExampleParameters(scale=scale))
            classifier.update(strokes_on(truth))
            whole = classifier.predict(painting.box)
            part = classifier.predict(Box(61, 43, 80, 70))
            assert np.mean(part != whole[43:113, 61:141]) < 1e-3


def test_a_preview_shows_what_is_applied(scan: Path, truth: np.ndarray, monkeypatch) -> None:
    for scale in (1, 2):
        parameters = ExampleParameters(scale=scale)
        with open_painting(scan) as painting:
            classifier = StrokeClassifier(painting, parameters)
            classifier.update(strokes_on(truth))
            kept, applied = classifier.preview(painting.box), classifier.derive().read(painting.box)
            level, reduced = classifier.preview_reduced(painting.box)
            monkeypatch.setattr(trainable, "PART", 64)
            monkeypatch.setattr(trainable, "MAX_KEPT", 100)
            monkeypatch.setattr(FeatureCache, "tiles", lambda *_: {}["unused"])
            in_parts = classifier.preview(painting.box)
            reduced_in_parts = classifier.preview_reduced(painting.box)[1]
            with pytest.raises(Cancelled):
                classifier.preview(painting.box, Progress(cancelled=lambda: True))
            monkeypatch.undo()
        assert np.mean(kept != applied) < 1e-3
        assert np.mean(in_parts != applied) < 1e-3
        assert level == scale.bit_length() - 1
        assert np.mean(reduced_in_parts != reduced) < 1e-3


def test_threads_and_their_number_change_nothing(scan: Path, truth: np.ndarray, monkeypatch) -> None:
    masks = []
    for threads in ("1", "3"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        with open_painting(scan) as painting:
            classifier = StrokeClassifier(painting, PLAIN)
            model = classifier.update(strokes_on(truth))
            masks.append((model.sha256, classifier.preview(painting.box), classifier.derive()))
    assert masks[0][0] == masks[1][0]
    assert np.array_equal(masks[0][1], masks[1][1])
    assert masks[0][2] == masks[1][2]


def test_features_are_kept_between_strokes(scan: Path, truth: np.ndarray, monkeypatch) -> None:
    with open_painting(scan) as painting:
        classifier = StrokeClassifier(painting, PLAIN)
        first = strokes_on(truth)
        classifier.update(first)
        classifier.predict(painting.box)
        read: list[object] = []
        monkeypatch.setattr(FeatureCache, "computed", lambda *arguments: read.append(arguments))
        labels = first.read(first.box)
        labels[90:96, 20:60] = INTACT
        classifier.update(as_map(labels))
        classifier.predict(Box(0, 0, 64, 64))
        assert read == []


def test_the_cache_has_a_limit(scan: Path) -> None:
    with open_painting(scan) as painting:
        cache = FeatureCache(painting, WorkingScale.of(painting, 0), limit=2_500_000)
        cache.read(painting.box)
        assert sum(tile.nbytes for tile in cache._tiles.values()) <= 2_500_000
        assert np.isfinite(cache.read(painting.box)).all()


@pytest.mark.parametrize(("width", "level"), [(3, 0), (6, 0), (10, 1), (20, 2)])
def test_wide_strokes_are_learned_at_a_smaller_scale(width: int, level: int) -> None:
    labels = np.zeros((1024, 1024), np.uint8)
    labels[10 : 10 + width, 10:100] = 1
    labels[70:75] = INTACT
    assert automatic_level(as_map(labels)) == level


def test_reduced_strokes_keep_thin_lines(scan: Path) -> None:
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[41] = 1
    with open_painting(scan) as painting:
        reduced = reduced_strokes(as_map(labels), WorkingScale.of(painting, 2))
    assert (reduced.width, reduced.height) == (50, 40)
    assert (reduced.read(reduced.box)[10] == 1).all()
    assert reduced.count() == 50


@pytest.mark.parametrize(
    ("labels", "sentence"), [((), "empty"), ((1,), "only damage"), ((INTACT,), "only intact")]
)
def test_strokes_of_one_kind_are_refused(scan: Path, labels: tuple[int, ...], sentence: str) -> None:
    marked = np.zeros((HEIGHT, WIDTH), np.uint8)
    for label in labels:
        marked[:20] = label
    with open_painting(scan) as painting, pytest.raises(MaskError, match=sentence):
        StrokeClassifier(painting).update(as_map(marked))


def test_strokes_of_another_size_are_refused(scan: Path) -> None:
    with open_painting(scan) as painting, pytest.raises(MaskError, match="same size"):
        StrokeClassifier(painting).update(DamageMap(10, 10))


def test_detection_can_be_cancelled(scan: Path, truth: np.ndarray) -> None:
    with open_painting(scan) as painting:
        model = StrokeClassifier(painting, PLAIN).update(strokes_on(truth))
        with pytest.raises(Cancelled):
            detect_learned(painting, model, PLAIN, Progress(cancelled=lambda: True))


@pytest.fixture(scope="module")
def model_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    truth = blots(HEIGHT, WIDTH)
    samples = np.rint(damaged_with(painted(HEIGHT, WIDTH) * 0.7, truth, GROUND) * 255).astype(np.uint8)
    path = tmp_path_factory.mktemp("model") / "scan.png"
    path.write_bytes(imagecodecs.png_encode(samples))
    with open_painting(path) as painting:
        return StrokeClassifier(painting, PLAIN).update(strokes_on(truth)).to_bytes()


@pytest.fixture
def model_file(model_bytes: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "plaster.safetensors"
    path.write_bytes(model_bytes)
    return path


def test_a_saved_model_is_used_on_another_painting(model_file: Path, saved: Pictures, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)  # loading needs no scikit-learn
    other = blots(HEIGHT, WIDTH, seed=8)
    model = load_model(model_file)
    with open_painting(saved(damaged_with(painted(HEIGHT, WIDTH, seed=4) * 0.7, other, GROUND))) as painting:
        result = detect_learned(painting, model, PLAIN)
        assert iou(result.read(painting.box) > 0, other) > 0.8
    save_model(model, model_file.with_name("again.safetensors"))
    assert model_file.with_name("again.safetensors").read_bytes() == model_file.read_bytes()
    assert model.sha256 == hashlib.sha256(model_file.read_bytes()).hexdigest()


ARRAY_FAULTS: dict[str, tuple[str, object]] = {
    "index": ("left", 2**31 - 1),
    "negative": ("right", -5),
    "itself": ("left", None),
    "feature": ("feature", 300),
    "value": ("value", np.nan),
    "threshold": ("threshold", np.inf),
}
"""Array and value that is written into an inner node; None is the node itself."""
DESCRIPTION_FAULTS = {
    "level": 40,
    "sigmas": [1.0, 1e9, 3.0, 4.0],
    "labels": [1, 1],
    "version": 2,
    "names": [7],
}
FAULTS = (*ARRAY_FAULTS, *DESCRIPTION_FAULTS, "root", "lengths", "type", "kind")


def changed_model(path: Path, change: str) -> None:
    """Rewrite a model with a fault."""
    arrays = dict(load_file(path))
    inner = int(np.flatnonzero(arrays["feature"] >= 0)[3])
    description = json.loads(read_header(path).metadata[KIND])
    if change in ARRAY_FAULTS:
        name, value = ARRAY_FAULTS[change]
        arrays[name][inner] = inner if value is None else value
    elif change in DESCRIPTION_FAULTS:
        description[change] = DESCRIPTION_FAULTS[change]
    elif change == "root":
        arrays["roots"][0] = len(arrays["feature"])
    elif change == "lengths":
        arrays["right"] = arrays["right"][:-1].copy()
    elif change == "type":
        arrays["left"] = arrays["left"].astype(np.int64)
    write_model(path, arrays, description, "other" if change == "kind" else KIND)


def write_model(path: Path, arrays: dict[str, np.ndarray], description: dict, kind: str = KIND) -> None:
    """Write a model without a checksum, as earlier versions did."""
    description.pop(CHECKSUM, None)
    save_file(arrays, path, {kind: json.dumps(description)})


@pytest.mark.parametrize("change", FAULTS)
def test_a_hostile_model_is_refused(model_file: Path, change: str) -> None:
    changed_model(model_file, change)
    with pytest.raises(ModelError):
        load_model(model_file)


@pytest.mark.parametrize("content", [b"", b"no model", b"\xff" * 64])
def test_another_file_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError):
        load_model(path)


@pytest.mark.parametrize("name", ARRAYS)
def test_a_flipped_bit_in_an_array_is_refused(model_file: Path, name: str) -> None:
    content, entry = bytearray(model_file.read_bytes()), read_header(model_file).tensors[name]
    content[8 + int.from_bytes(content[:8], "little") + (entry.start + entry.end) // 2] ^= 1
    model_file.write_bytes(content)
    with pytest.raises(ModelError, match=r"has changed since it was saved|isn't an intact damage model"):
        load_model(model_file)


def test_a_changed_setting_is_refused(model_file: Path) -> None:
    content = model_file.read_bytes()
    changed = content.replace(rb"\"level\": 0", rb"\"level\": 1")
    assert changed != content
    model_file.write_bytes(changed)
    with pytest.raises(ModelError, match="has changed since it was saved"):
        load_model(model_file)


def test_a_model_of_an_earlier_version_has_no_checksum_and_gets_none(model_file: Path) -> None:
    assert load_model(model_file).checked
    description = json.loads(read_header(model_file).metadata[KIND])
    write_model(model_file, dict(load_file(model_file)), description)
    model = load_model(model_file)
    assert not model.checked
    assert model.sha256 == hashlib.sha256(model_file.read_bytes()).hexdigest()
