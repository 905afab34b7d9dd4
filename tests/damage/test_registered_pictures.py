from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from layer_pictures import HEIGHT, WIDTH, textured, warped, write_grey, write_rgb

from imagest_core.damage.detection.features import FeatureCache, FeatureSettings
from imagest_core.damage.detection.registered import register_picture
from imagest_core.damage.detection.trainable import ExampleParameters, StrokeClassifier
from imagest_core.damage.detection.trained_model import INTACT, load_model, save_model
from imagest_core.damage.detection.working_scale import WorkingScale
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting


@pytest.fixture
def scan(tmp_path: Path) -> Iterator[Painting]:
    with open_painting(write_rgb(tmp_path / "scan.tif", textured())) as painting:
        yield painting


def hidden() -> np.ndarray:
    """(h, w) bool: an overpainted loss that only infrared shows."""
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[60:140, 180:280] = True
    return mask


def share(damage: DamageMap) -> float:
    """Intersection over union with the hidden loss."""
    found = damage.read(damage.box) > 0
    return float((found & hidden()).sum() / (found | hidden()).sum())


@pytest.mark.parametrize("inverted", [False, True])
def test_pictures_of_other_sizes_and_tones_are_registered(
    scan: Painting, tmp_path: Path, inverted: bool
) -> None:
    other = warped(textured())
    path = write_grey(tmp_path / "infrared.tif", 1 - other if inverted else other)
    with open_painting(path) as picture:
        found = register_picture(picture, scan)
        assert found.residual is not None
        assert found.residual < 0.6
        box = Box(60, 50, 120, 100)
        seen, expected = found.read(box).mean(axis=2), textured()[box.slices].mean(axis=2)
    correlation = np.corrcoef(seen.ravel(), expected.ravel())[0, 1]
    assert abs(correlation) > 0.95
    assert (correlation < 0) == inverted


def test_another_picture_is_refused(scan: Painting, tmp_path: Path) -> None:
    path = write_grey(tmp_path / "other.tif", textured(99))
    with open_painting(path) as picture, pytest.raises(MaskError, match="can't be registered"):
        register_picture(picture, scan)


def test_layers_add_features_and_their_number_must_fit(scan: Painting, tmp_path: Path) -> None:
    settings = FeatureSettings((1.0, 2.0), layers=1)
    with open_painting(write_grey(tmp_path / "infrared.tif", textured())) as picture:
        layer = register_picture(picture, scan)
        cache = FeatureCache(scan, WorkingScale.of(scan, 1), settings, layers=[layer])
        whole, part = cache.computed(cache.scale.box), cache.read(Box(20, 30, 40, 25))
    assert whole.shape == (HEIGHT // 2, WIDTH // 2, 19 + 7)
    assert np.allclose(whole[30:55, 20:60], part, atol=1e-5)
    with pytest.raises(MaskError, match="1; 0 given"):
        FeatureCache(scan, WorkingScale.of(scan, 1), settings)


def test_damage_that_only_a_layer_shows_is_learned(scan: Painting, tmp_path: Path) -> None:
    infrared = textured()
    infrared[hidden()] = 0.2 * infrared[hidden()]
    strokes = DamageMap(WIDTH, HEIGHT)
    damaged = Box(190, 75, 80, 8), Box(190, 120, 80, 8)
    intact = Box(10, 20, 300, 8), Box(10, 60, 160, 8), Box(10, 120, 160, 8), Box(10, 180, 320, 8)
    for label, boxes in ((1, damaged), (INTACT, intact)):
        for box in boxes:
            strokes.write(box, np.full((box.height, box.width), label, np.uint8))
    with open_painting(write_grey(tmp_path / "infrared.tif", infrared)) as picture:
        layer = register_picture(picture, scan)
        classifier = StrokeClassifier(scan, ExampleParameters(scale=2), layers=[layer])
        model = classifier.update(strokes)
        damage = classifier.derive()
        path = tmp_path / "model.safetensors"
        save_model(model, path)
        again = StrokeClassifier(scan, ExampleParameters(scale=2), layers=[layer])
        again.use(load_model(path))
        assert again.derive() == damage
    alone = StrokeClassifier(scan, ExampleParameters(scale=2))
    alone.update(strokes)
    assert share(damage) > 0.75 > share(alone.derive()) + 0.2
    with pytest.raises(MaskError, match="1; 0 given"):
        StrokeClassifier(scan).use(load_model(path))
