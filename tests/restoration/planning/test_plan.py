from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scans import damage_of, some_damage

from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.errors import InputError
from imagest_core.painting.geometry import Box
from imagest_core.restoration.planning.layout import Layout, Plan
from imagest_core.restoration.planning.multiscale import MAX_SQUARES, SQUARE, nearby_paint
from imagest_core.restoration.planning.plan import make_plan
from imagest_core.restoration.request import ScalePolicy


def planned(
    mask: NDArray[np.bool_], side: int = 64, largest: int = 64, policy: ScalePolicy = ScalePolicy.AUTO
) -> tuple[DamageMap, Plan]:
    dilated = damage_of(mask)
    return dilated, make_plan(dilated, find_regions(dilated), Layout(dilated.box, side, largest, 0.5, policy))


def coverage(dilated: DamageMap, plan: Plan) -> NDArray[np.float32]:
    total = np.zeros((dilated.height, dilated.width), np.float32)
    for task in plan.tasks:
        if task.is_refined:
            continue
        part = task.window.box.within(dilated.box)
        total[part.slices] += plan.weights(task, part, dilated.box)
    return total


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.integers(5, 420), st.integers(5, 420), st.integers(1, 12))
def test_every_damaged_pixel_is_planned_once_with_known_pixels_in_each_window(
    seed: int, height: int, width: int, pieces: int
) -> None:
    mask = some_damage(height, width, seed, pieces)
    dilated, plan = planned(mask)
    weight = coverage(dilated, plan)
    assert (weight[mask] > 0.2).all()
    assert (weight[mask] < 1.001).all()
    assert not weight[~mask].any()
    for task in plan.tasks:
        window = task.window
        assert task.refines or not mask[window.box.within(dilated.box).slices].all()
        assert dilated.box.contains(Box(window.box.x, window.box.y, 1, 1))
        assert window.box.width == window.box.height == window.shape[0] * window.scale


def test_nearby_specks_share_a_window() -> None:
    mask = np.zeros((400, 400), bool)
    for y, x in ((100, 100), (105, 110), (112, 96)):
        mask[y : y + 3, x : x + 3] = True
    _, plan = planned(mask, side=96)
    assert len(plan.tasks) == 1
    assert plan.tasks[0].whole == (1, 2, 3)


def test_long_crack_is_split_at_native_scale() -> None:
    mask = np.zeros((300, 1000), bool)
    mask[148:152, 10:990] = True
    _, plan = planned(mask)
    assert {window.scale for window in plan.windows} == {1}
    assert 20 < len(plan.tasks) < 50


def test_compact_loss_gets_its_own_window() -> None:
    mask = np.zeros((300, 300), bool)
    mask[90:125, 110:150] = True
    _, plan = planned(mask)
    assert len(plan.tasks) == 1
    box = plan.tasks[0].window.box
    assert abs(box.x + 32 - 130) <= 1
    assert abs(box.y + 32 - 107) <= 1


def test_large_loss_is_planned_at_a_coarser_scale_but_not_its_cracks() -> None:
    y, x = np.mgrid[:600, :900]
    mask = (y - 300) ** 2 + (x - 300) ** 2 < 100**2
    mask[299:302, 300:890] = True
    _, plan = planned(mask)
    scales = [window.scale for window in plan.windows]
    assert scales.count(8) == 1
    assert set(scales) == {1, 2, 4, 8}
    thin = plan.layers[0].labels(Box(0, 0, 900, 600)) > 0
    assert thin[300, 500]
    assert not thin[250:350, 230:370].any()


def test_wider_windows_keep_the_native_scale() -> None:
    mask = np.zeros((600, 600), bool)
    mask[200:400, 200:400] = True
    _, plan = planned(mask, largest=512)
    assert [(window.scale, window.shape) for window in plan.windows] == [(1, (320, 320))]


def test_damage_across_a_narrow_picture_still_shows_known_pixels() -> None:
    mask = np.zeros((20, 900), bool)
    mask[:, 100:800] = True
    dilated, plan = planned(mask)
    assert max(window.scale for window in plan.windows) > 1
    coarse = [task.window for task in plan.tasks if not task.refines]
    assert all(not mask[window.box.within(dilated.box).slices].all() for window in coarse)


def test_native_scale_is_refused_for_thick_damage() -> None:
    mask = np.zeros((600, 600), bool)
    mask[100:500, 100:500] = True
    with pytest.raises(InputError, match="400 pixels thick"):
        planned(mask, policy=ScalePolicy.NATIVE)


def test_finer_windows_follow_and_cover_coarser_ones() -> None:
    y, x = np.mgrid[:700, :900]
    mask = ((y - 300) ** 2 + (x - 300) ** 2 < 150**2) | ((y - 560) ** 2 + (x - 700) ** 2 < 60**2)
    dilated, plan = planned(mask)
    coarse = [task for task in plan.tasks if task.layer == 1]
    scales = [task.window.scale for task in coarse]
    assert scales == sorted(scales, reverse=True)
    assert [task.whole for task in coarse if not task.refines] == [(1,), (2,)], "each loss is started once"
    for scale in (4, 2, 1):
        total = np.zeros(mask.shape, np.float32)
        for task in coarse:
            if task.window.scale == scale:
                part = task.window.box.within(dilated.box)
                total[part.slices] += plan.weights(task, part, dilated.box)
        assert total[300, 300] == pytest.approx(1, abs=1e-5)
        assert total.max() < 1.001


def test_finer_windows_use_the_nearest_squares_of_intact_paint() -> None:
    mask = np.zeros((1400, 1400), bool)
    mask[:, 300:] = True
    dilated = damage_of(mask)
    near = list(nearby_paint(dilated, Box(600, 600, 100, 100), 1))
    assert len(near) == MAX_SQUARES
    assert all(not mask[box.slices].any() for box in near)
    assert near[0] == Box(128, 640, SQUARE, SQUARE)
    assert list(nearby_paint(dilated, Box(600, 600, 100, 100), 4)) == []


def test_damage_elsewhere_moves_no_window() -> None:
    mask = some_damage(300, 500, 3)
    mask[:, 300:] = False
    _, before = planned(mask)
    mask[40:44, 460:464] = True
    _, after = planned(mask)
    assert {(w.box, w.scale) for w in before.windows} < {(w.box, w.scale) for w in after.windows}
