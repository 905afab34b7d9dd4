from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagest_core.damage.connected import damage_at, hole_at
from imagest_core.damage.map import DamageMap
from imagest_core.damage.strokes import Point, enlarged_cells, polygon_cells, stroke_cells
from imagest_core.damage.wand import Wand
from imagest_core.painting.geometry import Box

CLIP = Box(0, 0, 600, 500)
POINTS = st.tuples(st.floats(-100, 700), st.floats(-100, 600))


def laid(cells) -> np.ndarray:
    out = np.zeros((CLIP.height, CLIP.width), bool)
    for box, mask in cells:
        assert CLIP.contains(box)
        assert mask.shape == (box.height, box.width)
        out[box.slices] |= mask
    return out


@settings(max_examples=40, deadline=None)
@given(POINTS, POINTS, st.floats(3.0, 300.0))
def test_a_stroke_is_what_lies_near_the_line(start: Point, end: Point, diameter: float) -> None:
    found = laid(stroke_cells(start, end, diameter, CLIP))
    y, x = np.mgrid[: CLIP.height, : CLIP.width] + 0.5
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / length, 0, 1) if length > 1e-12 else 0
    distance = np.hypot(x - start[0] - along * dx, y - start[1] - along * dy)
    sure = np.abs(distance - diameter / 2) > 0.01
    assert np.array_equal(found[sure], (distance <= diameter / 2)[sure])


@settings(max_examples=40, deadline=None)
@given(POINTS, POINTS, st.floats(3.0, 900.0))
def test_what_is_painted_already_is_left_out_and_nothing_else(
    start: Point, end: Point, diameter: float
) -> None:
    before = laid(stroke_cells(start, start, diameter, CLIP))
    rest = laid(stroke_cells(start, end, diameter, CLIP, painted=diameter))
    assert np.array_equal(before | rest, laid(stroke_cells(start, end, diameter, CLIP)))


@given(POINTS, POINTS)
@settings(max_examples=40, deadline=None)
def test_a_thin_stroke_has_no_gap(start: Point, end: Point) -> None:
    found = laid(stroke_cells(start, end, 1.0, CLIP))
    steps = math.ceil(2 * math.dist(start, end)) + 1
    for share in np.linspace(0, 1, steps):
        x, y = (math.floor(a + share * (b - a)) for a, b in zip(start, end, strict=True))
        if 1 <= x < CLIP.width - 1 and 1 <= y < CLIP.height - 1:
            assert found[y - 1 : y + 2, x - 1 : x + 2].any()


def test_a_polygon_is_filled_across_tiles() -> None:
    found = laid(polygon_cells([(100, 100), (400, 100), (400, 400), (100, 400)], CLIP))
    assert found[101:399, 101:399].all()
    assert abs(int(found.sum()) - 300 * 300) < 1300
    assert not found[:99].any()


def test_two_corners_enclose_nothing() -> None:
    assert not list(polygon_cells([(1, 1), (5, 5)], CLIP))


@pytest.mark.parametrize("corner", [(2000, 10), (10, 2000), (-300, 10), (10, -300)])
def test_an_outline_beside_the_picture_covers_nothing(corner: Point):
    x, y = corner
    assert not list(polygon_cells([(x, y), (x + 90, y), (x + 90, y + 90), (x, y + 90)], CLIP))


def test_an_empty_box_has_no_cells():
    assert not list(Box(300, 5, 0, 10).tiles(256))
    assert not list(Box(5, 300, 10, 0).tiles(256))


@pytest.mark.parametrize("level", [0, 1, 3])
def test_a_coarse_mask_is_enlarged_about_its_place(level: int) -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    part, scale = Box(5, 5, 40, 40), 1 << level
    found = laid(enlarged_cells(mask, part, level, CLIP))
    rows, columns = np.nonzero(found)
    assert (rows.min(), rows.max() + 1) == (15 * scale, 35 * scale)
    assert (columns.min(), columns.max() + 1) == (15 * scale, 35 * scale)
    assert abs(int(found.sum()) - (20 * scale) ** 2) <= 4 * scale**2


def test_the_wand_stays_within_its_patch_and_grows_with_tolerance() -> None:
    image = np.full((100, 120, 3), 0.2, np.float32)
    image[20:60, 20:60] = 0.7
    image[20:60, 80:110] = 0.7  # alike, but not connected
    wand = Wand(image, (40, 40))
    assert wand.mask(10.0)[20:60, 20:60].mean() > 0.9
    assert wand.mask(10.0).sum() <= 42 * 42
    assert wand.mask(100.0).all()
    assert wand.mask(0.0)[40, 40]


def marked() -> DamageMap:
    """A ring across tiles in two classes, and a spot apart."""
    damage = DamageMap(700, 600)
    damage.write(Box(200, 200, 150, 150), np.ones((150, 150), np.uint8))
    damage.write(Box(350, 200, 10, 150), np.full((150, 10), 2, np.uint8))
    damage.write(Box(230, 230, 90, 90), np.zeros((90, 90), np.uint8))
    damage.write(Box(600, 500, 5, 5), np.ones((5, 5), np.uint8))
    return damage


def test_the_damage_at_a_point_is_connected_across_tiles_and_classes() -> None:
    piece = damage_at(marked(), 205, 205)
    assert piece is not None
    box, mask = piece
    assert box == Box(200, 200, 160, 150)
    assert int(mask.sum()) == 160 * 150 - 90 * 90
    assert damage_at(marked(), 250, 250) is None


def test_a_long_crack_is_found_whole() -> None:
    damage = DamageMap(5000, 300)
    damage.write(Box(10, 100, 4900, 2), np.ones((2, 4900), np.uint8))
    piece = damage_at(damage, 2500, 100)
    assert piece is not None
    assert piece[0] == Box(10, 100, 4900, 2)


def test_a_hole_is_what_damage_encloses_in_sight() -> None:
    damage = marked()
    piece = hole_at(damage, 250, 250, damage.box)
    assert piece is not None
    assert piece[0] == Box(230, 230, 90, 90)
    assert piece[1].all()
    assert hole_at(damage, 50, 50, damage.box) is None
    assert hole_at(damage, 250, 250, Box(240, 240, 20, 20)) is None
    assert hole_at(damage, 205, 205, damage.box) is None
