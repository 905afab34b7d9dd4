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
from imagest_core.project.operations.mask import paint

CLIP = Box(0, 0, 600, 500)
POINTS = st.tuples(st.floats(-100, 700), st.floats(-100, 600))


def rasterized(cells) -> np.ndarray:
    out = np.zeros((CLIP.height, CLIP.width), bool)
    for box, mask in cells:
        assert CLIP.contains(box)
        assert mask.shape == (box.height, box.width)
        out[box.slices] |= mask
    return out


@settings(max_examples=40, deadline=None)
@given(POINTS, POINTS, st.floats(3.0, 300.0))
def test_stroke_covers_pixels_near_the_line(start: Point, end: Point, diameter: float) -> None:
    mask = rasterized(stroke_cells(start, end, diameter, CLIP))
    y, x = np.mgrid[: CLIP.height, : CLIP.width] + 0.5
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / length, 0, 1) if length > 1e-12 else 0
    distance = np.hypot(x - start[0] - along * dx, y - start[1] - along * dy)
    certain = np.abs(distance - diameter / 2) > 0.01
    assert np.array_equal(mask[certain], (distance <= diameter / 2)[certain])


@settings(max_examples=40, deadline=None)
@given(POINTS, POINTS, st.floats(3.0, 900.0))
def test_skips_only_painted_tiles(start: Point, end: Point, diameter: float) -> None:
    disc = rasterized(stroke_cells(start, start, diameter, CLIP))
    rest = rasterized(stroke_cells(start, end, diameter, CLIP, painted=diameter))
    assert np.array_equal(disc | rest, rasterized(stroke_cells(start, end, diameter, CLIP)))


def test_moving_a_wide_brush_costs_only_its_front() -> None:
    """No tile behind the start, none inside the painted disc."""
    clip, start, end = Box(0, 0, 10_000, 10_000), (5000.0, 5000.0), (5060.0, 5000.0)
    disc = {box for box, _ in stroke_cells(start, start, 2000.0, clip)}
    front = {box for box, _ in stroke_cells(start, end, 2000.0, clip, painted=2000.0)}
    assert len(disc) > 60
    assert len(front) < 25
    assert min(box.right for box in front) > start[0]


@given(POINTS, POINTS)
@settings(max_examples=40, deadline=None)
def test_thin_stroke_has_no_gaps(start: Point, end: Point) -> None:
    mask = rasterized(stroke_cells(start, end, 1.0, CLIP))
    steps = math.ceil(2 * math.dist(start, end)) + 1
    for share in np.linspace(0, 1, steps):
        x, y = (math.floor(a + share * (b - a)) for a, b in zip(start, end, strict=True))
        if 1 <= x < CLIP.width - 1 and 1 <= y < CLIP.height - 1:
            assert mask[y - 1 : y + 2, x - 1 : x + 2].any()


def test_polygon_across_tiles() -> None:
    mask = rasterized(polygon_cells([(100, 100), (400, 100), (400, 400), (100, 400)], CLIP))
    assert mask[101:399, 101:399].all()
    assert abs(int(mask.sum()) - 300 * 300) < 1300
    assert not mask[:99].any()


def test_polygon_of_two_points_is_empty() -> None:
    assert not list(polygon_cells([(1, 1), (5, 5)], CLIP))


@pytest.mark.parametrize("corner", [(2000, 10), (10, 2000), (-300, 10), (10, -300)])
def test_polygon_outside_the_image_is_empty(corner: Point):
    x, y = corner
    assert not list(polygon_cells([(x, y), (x + 90, y), (x + 90, y + 90), (x, y + 90)], CLIP))


def test_empty_box_has_no_tiles():
    assert not list(Box(300, 5, 0, 10).tiles(256))
    assert not list(Box(5, 300, 10, 0).tiles(256))


@pytest.mark.parametrize("level", [0, 1, 3])
def test_enlarged_mask_keeps_its_position(level: int) -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    part, scale = Box(5, 5, 40, 40), 1 << level
    mask = rasterized(enlarged_cells(mask, part, level, CLIP))
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max() + 1) == (15 * scale, 35 * scale)
    assert (columns.min(), columns.max() + 1) == (15 * scale, 35 * scale)
    assert abs(int(mask.sum()) - (20 * scale) ** 2) <= 4 * scale**2


def test_wand_selects_connected_pixels_within_the_tolerance() -> None:
    image = np.full((100, 120, 3), 0.2, np.float32)
    image[20:60, 20:60] = 0.7
    image[20:60, 80:110] = 0.7  # similar, but not connected
    wand = Wand(image, (40, 40))
    assert wand.mask(10.0)[20:60, 20:60].mean() > 0.9
    assert wand.mask(10.0).sum() <= 42 * 42
    assert wand.mask(100.0).all()
    assert wand.mask(0.0)[40, 40]


@pytest.fixture
def half_grained() -> np.ndarray:
    """Two halves of the same mean colour, the right one grained."""
    grain = np.random.default_rng(4).normal(0, 1, (80, 120, 1)).astype(np.float32)
    grain *= np.where(np.arange(120) < 60, 0.004, 0.09)[np.newaxis, :, np.newaxis]
    return np.clip(0.5 + np.repeat(grain, 3, axis=2), 0, 1).astype(np.float32)


def test_wand_with_texture_tells_smooth_from_grained_areas(half_grained: np.ndarray) -> None:
    left, right = np.s_[:, :55], np.s_[:, 68:]
    plain, textured = Wand(half_grained, (20, 40)), Wand(half_grained, (20, 40), texture=True)
    assert plain.mask(15.0)[right].mean() > 0.8
    selected = textured.mask(15.0)
    assert selected[left].mean() > 0.98
    assert selected[right].mean() < 0.02


def test_wand_with_texture_selects_a_grained_area_as_a_whole(half_grained: np.ndarray) -> None:
    grained = Wand(half_grained, (100, 40), texture=True).mask(15.0)
    assert grained[:, 68:].mean() > 0.95
    assert grained[:, :55].mean() < 0.02


def ring() -> DamageMap:
    """Return a ring across tiles in two classes, and a separate spot."""
    damage = DamageMap(700, 600)
    damage.write(Box(200, 200, 150, 150), np.ones((150, 150), np.uint8))
    damage.write(Box(350, 200, 10, 150), np.full((150, 10), 2, np.uint8))
    damage.write(Box(230, 230, 90, 90), np.zeros((90, 90), np.uint8))
    damage.write(Box(600, 500, 5, 5), np.ones((5, 5), np.uint8))
    return damage


def test_damage_at_a_point_spans_tiles_and_classes() -> None:
    component = damage_at(ring(), 205, 205)
    assert component is not None
    box, mask = component
    assert box == Box(200, 200, 160, 150)
    assert int(mask.sum()) == 160 * 150 - 90 * 90
    assert damage_at(ring(), 250, 250) is None


def test_damage_at_a_point_of_a_long_crack() -> None:
    damage = DamageMap(5000, 300)
    damage.write(Box(10, 100, 4900, 2), np.ones((2, 4900), np.uint8))
    component = damage_at(damage, 2500, 100)
    assert component is not None
    assert component[0] == Box(10, 100, 4900, 2)


def test_hole_is_enclosed_by_damage_within_the_bounds() -> None:
    damage = ring()
    component = hole_at(damage, 250, 250, damage.box)
    assert component is not None
    assert component[0] == Box(230, 230, 90, 90)
    assert component[1].all()
    assert hole_at(damage, 50, 50, damage.box) is None
    assert hole_at(damage, 250, 250, Box(240, 240, 20, 20)) is None
    assert hole_at(damage, 205, 205, damage.box) is None


def test_painting_reports_whether_anything_changed() -> None:
    damage, box, mask = DamageMap(600, 300), Box(0, 0, 256, 256), np.ones((256, 256), bool)
    assert paint(damage, box, mask, 1)
    tile = damage.tiles()[0, 0]
    assert not paint(damage, box, mask, 1)
    assert not paint(damage, box, mask, 2, overwrite=False)
    assert damage.tiles()[0, 0] is tile
    assert not paint(damage, Box(256, 0, 44, 44), np.ones((44, 44), bool), 0)
    assert paint(damage, Box(250, 0, 12, 10), np.ones((10, 12), bool), 2)
    assert damage.counts() == {1: 256 * 256 - 60, 2: 120}
