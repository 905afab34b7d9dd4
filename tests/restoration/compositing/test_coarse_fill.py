from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scans import damage_of, smooth_picture, write_scan

from imagest_core.damage.regions import find_regions
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.restoration.api import restore_with
from imagest_core.restoration.compositing.coarse_fill import BAND, TEXTURED_BAND, CoarseFill
from imagest_core.restoration.engines.imagest import ImagestEngine
from imagest_core.restoration.modes import Mode
from imagest_core.restoration.planning.layout import Layout, Plan
from imagest_core.restoration.planning.plan import make_plan
from imagest_core.restoration.planning.window import WindowView
from imagest_core.restoration.request import RestorationRequest

SIDE = 480
RAMP = np.linspace(0.2, 0.7, SIDE, dtype=np.float32)[None, :, None].repeat(3, 2).repeat(SIDE, 0)


def mask_of(side: int = SIDE, hole: tuple[int, int] = (90, 390)) -> NDArray[np.bool_]:
    mask = np.zeros((side, side), bool)
    mask[hole[0] : hole[1], hole[0] : hole[1]] = True
    return mask


def planned(mask: NDArray[np.bool_]) -> Plan:
    dilated = damage_of(mask)
    return make_plan(dilated, find_regions(dilated), Layout(dilated.box, 128, 256, 0.5))


def refining_views(painting: Painting, with_paint: bool) -> list[tuple[WindowView, WindowView]]:
    """Return the view of each refining window, and the same view without any damage."""
    plan, mask = planned(mask_of()), damage_of(mask_of())
    coarse, whole = CoarseFill(painting, mask, plan, with_paint), damage_of(np.zeros_like(mask_of()))
    truth = CoarseFill(painting, whole, plan, with_paint)
    shown = []
    for task in plan.tasks:
        clean = truth.view(replace(task, refines=False))
        if task.refines:
            shown.append((coarse.view(task), clean))
        coarse.add(task, clean.image)
    return shown


def test_finer_window_starts_with_aligned_coarse_fill(tmp_path: Path) -> None:
    with open_painting(write_scan(tmp_path / "scan.tif", RAMP, 16)) as painting:
        shown = refining_views(painting, with_paint=False)
    assert shown
    for view, clean in shown:
        inside = view.fixed_mask
        assert inside is not None
        assert not (inside & ~view.mask).any()
        assert np.abs(view.start - clean.image)[inside].max(initial=0) < 2e-3
        assert not view.start[view.hole].any()


@pytest.mark.parametrize(("with_paint", "band"), [(False, BAND), (True, TEXTURED_BAND)])
def test_band_along_the_boundary_is_filled_again(tmp_path: Path, with_paint: bool, band: float) -> None:
    with open_painting(write_scan(tmp_path / "scan.tif", RAMP, 16)) as painting:
        native = [view for view, _ in refining_views(painting, with_paint) if view.window.scale == 1]
    covered = np.zeros((SIDE, SIDE), bool)
    for view in native:
        box, part = view.window.box, view.window.box.within(Box(0, 0, SIDE, SIDE))
        covered[part.slices] |= view.hole[part.moved(-box.x, -box.y).slices]
        assert bool(view.paint) == with_paint
    inner = slice(90 + int(band), 390 - int(band))
    edge = mask_of()
    edge[inner, inner] = False
    assert covered[edge].all()
    assert not covered[200:280, 200:280].any()


@pytest.mark.parametrize("mode", Mode)
def test_textured_fill_has_grain_deep_inside_a_large_loss(tmp_path: Path, mode: Mode) -> None:
    random = np.random.default_rng(0)
    picture = smooth_picture(SIDE, SIDE) * 0.3 + 0.3 + random.normal(0, 0.05, (SIDE, SIDE, 1))
    path = write_scan(tmp_path / "scan.tif", np.clip(picture, 0, 1).astype(np.float32))
    small = ImagestEngine()
    small.window = small.largest = 128
    request = RestorationRequest.of(mode=mode, device="cpu")
    with open_painting(path) as painting:
        result = restore_with(small, painting, damage_of(mask_of()), request)
    assert max(window.scale for window in result.record.windows) == 4
    if mode is Mode.TEXTURED:
        said = {window.scale: list(window.notes) for window in result.record.windows}
        assert said == {4: ["sampled"], 2: ["refined"], 1: ["refined"]}
    whole = np.zeros((SIDE, SIDE, 3), np.float32)
    for fill in result.fills:
        whole[fill.box.slices] = np.where(fill.mask[..., None], fill.colour, 0)
    grain = np.diff(whole[200:280, 200:280].mean(2), axis=1).std()
    theirs = np.diff(picture[:80].mean(2), axis=1).std()
    assert (grain > 0.4 * theirs) == (mode is Mode.TEXTURED)
