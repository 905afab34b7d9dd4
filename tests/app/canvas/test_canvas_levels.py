"""The pyramid of the scan, the levels of the damage, and the pixels of the overlay; no window needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsScene

from app.canvas import labels as label_levels
from app.canvas.labels import LabelLevels
from app.canvas.overlay import Overlay, OverlayItem
from app.canvas.overlay_pixels import Zones, argb, overlay_style, render
from app.canvas.pyramid import Pyramid
from app.levels import at_level, level_count, level_for, reduced_size
from imagest_core.damage.classes import DEFAULT_CLASSES
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting


def scan(folder: Path, orientation: int = 1) -> Path:
    path = folder / f"scan{orientation}.tif"
    samples = np.random.default_rng(1).integers(0, 65536, (531, 1203, 3), np.uint16)
    tag = [(274, "H", 1, orientation, True)]
    tifffile.imwrite(path, samples, photometric="rgb", extratags=tag, rowsperstrip=16)
    return path


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("budget", [1 << 30, 1 << 20, 1 << 16])
def test_every_level_is_the_area_mean_of_the_scan(tmp_path: Path, orientation: int, budget: int) -> None:
    with open_painting(scan(tmp_path, orientation)) as painting:
        pyramid = Pyramid(painting, budget=budget)
        for band in pyramid.bands():
            pyramid.build(band)
        assert sum(h.nbytes for n in range(9) if (h := pyramid.held(n)) is not None) <= budget
        for level in range(pyramid.levels):
            expected = painting.read_working(level=level) * 255
            whole = Box(0, 0, *reduced_size(painting.width, painting.height, level))
            held = pyramid.held(level)
            found = pyramid.make(level, whole) if held is None else held
            assert found.shape[:2] == expected.shape[:2]
            inner = slice(0, -1), slice(0, -1)  # squares that reach over the edge may weigh their rest more
            assert np.abs(found[..., 2::-1] - expected)[inner].max() <= 1.6 + level


def test_part_of_a_level_equals_the_whole_level(tmp_path: Path) -> None:
    with open_painting(scan(tmp_path)) as painting:
        pyramid = Pyramid(painting, budget=1 << 16)
        whole = pyramid.make(1, Box(0, 0, 602, 266))
        part = Box(101, 57, 501, 209)
        assert np.array_equal(pyramid.make(1, part), whole[part.slices])


def test_bands_cover_the_picture_once(tmp_path: Path) -> None:
    for orientation in (1, 6):
        with open_painting(scan(tmp_path, orientation)) as painting:
            seen = np.zeros((painting.height, painting.width), int)
            for band in Pyramid(painting).bands():
                seen[band.slices] += 1
            assert (seen == 1).all()


@given(st.integers(1, 200_000), st.integers(1, 200_000))
def test_last_level_is_small_or_the_last_possible(width: int, height: int) -> None:
    levels = level_count(width, height)
    assert max(reduced_size(width, height, levels - 1)) <= 256 or levels == 9


def test_level_never_has_fewer_pixels_than_the_screen() -> None:
    assert [level_for(scale, 8) for scale in (32, 1, 0.99, 0.5, 0.49, 0.25, 0.001)] == [0, 0, 0, 1, 1, 2, 7]


BOXES = st.builds(Box, st.integers(0, 899), st.integers(0, 699), st.integers(1, 400), st.integers(1, 300))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(BOXES, st.integers(0, 6)), min_size=1, max_size=6))
def test_updated_labels_equal_recomputed_ones(gestures: list[tuple[Box, int]]) -> None:
    damage, updated, rebuilt = DamageMap(900, 700), LabelLevels(9), LabelLevels(9)
    for box, label in gestures:
        damage.write(box, np.full((box.height, box.width), label, np.uint8))
        updated.update(damage, box)
    rebuilt.show(damage)
    whole = damage.read(Box(0, 0, 1024, 1024))
    for level in range(9):
        step = 1 << level
        expected = whole.reshape(1024 // step, step, 1024 // step, step).max(axis=(1, 3))
        part = at_level(Box(0, 0, 1024, 1024), level)
        for labels in (updated, rebuilt):
            found = labels.read(level, part)
            assert np.array_equal(np.zeros_like(expected) if found is None else found, expected)


def test_only_the_level_that_is_read_is_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    reduced: list[int] = []
    original = label_levels._reduced
    monkeypatch.setattr(
        label_levels, "_reduced", lambda at, level: reduced.append(level) or original(at, level)
    )
    damage, labels = DamageMap(900, 700), LabelLevels(9)
    damage.write(Box(100, 100, 300, 300), np.ones((300, 300), np.uint8))
    labels.update(damage, Box(100, 100, 300, 300))
    assert reduced == []
    assert labels.read(3, Box(0, 0, 112, 87)) is not None
    assert reduced == [3] * 4
    assert labels.read(3, Box(0, 0, 112, 87)) is not None
    assert reduced == [3] * 4
    assert labels.read(0, Box(0, 0, 900, 700)) is not None
    assert labels.read(5, Box(0, 0, 4, 4)) is not None
    assert reduced == [3] * 4 + [5]


def test_labels_that_are_shown_are_reduced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    damage, labels = DamageMap(900, 700), LabelLevels(9)
    damage.write(Box(100, 100, 300, 300), np.ones((300, 300), np.uint8))
    labels.show(damage)
    monkeypatch.delattr(label_levels, "_reduced")
    for level in range(9):
        assert labels.read(level, at_level(damage.box, level)) is not None


def drawn(scale: float, zones: Zones | None = None) -> np.ndarray:
    damage = DamageMap(100, 100)
    damage.write(Box(20, 20, 10, 10), np.ones((10, 10), np.uint8))
    labels = LabelLevels(9)
    labels.show(damage)
    side = round(100 * scale)
    pixels = render(labels, overlay_style(DEFAULT_CLASSES, zones), Box(0, 0, side, side), scale)
    assert pixels is not None
    return pixels


@pytest.mark.parametrize("scale", [0.5, 0.73, 1.0, 1.37, 2.0, 5.5])
def test_the_outline_is_one_pixel_at_any_zoom(scale: float) -> None:
    line = drawn(scale) == argb("#d62828", 1.0)
    row = line[round(25 * scale)]
    assert row.sum() == 2
    left, right = np.flatnonzero(row)
    assert abs(left - 20 * scale) <= 1.5
    assert abs(right + 1 - 30 * scale) <= 1.5


def test_zones_match_the_restored_area() -> None:
    plain, zoned = drawn(4.0), drawn(4.0, Zones(dilation=2, blend=1))
    row = np.flatnonzero((plain != zoned)[100])
    assert row.min() == 18 * 4
    assert row.max() == 32 * 4 - 1


def test_empty_area_is_not_drawn() -> None:
    labels = LabelLevels(9)
    labels.show(DamageMap(100, 100))
    assert render(labels, overlay_style(DEFAULT_CLASSES), Box(0, 0, 50, 50), 1.0) is None


def painted(item: OverlayItem, scale: float) -> np.ndarray:
    """What ``item`` draws at ``scale``."""
    scene = QGraphicsScene()
    scene.addItem(item)
    width, height = round(900 * scale), round(700 * scale)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    scene.render(painter, QRectF(0, 0, width, height), QRectF(0, 0, 900, 700))
    painter.end()
    scene.removeItem(item)
    return np.frombuffer(image.constBits(), np.uint32).reshape(height, width).copy()


@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_many_changes_between_two_paint_events_are_all_drawn(qapp, scale: float) -> None:
    damage = DamageMap(900, 700)
    overlay = Overlay(9, damage.box, overlay_style(DEFAULT_CLASSES))
    item = OverlayItem(overlay)
    overlay.updated.connect(item.refresh)
    assert not painted(item, scale).any()
    for x, y in ((10, 20), (300, 40), (310, 500), (800, 600), (20, 30)):
        damage.write(Box(x, y, 60, 50), np.ones((50, 60), np.uint8))
        overlay.update(damage, Box(x, y, 60, 50))
    fresh = OverlayItem(overlay)
    expected = painted(fresh, scale)
    assert expected.any()
    assert np.array_equal(painted(item, scale), expected)
