"""The mask grows where its rim still shows ground, and not elsewhere."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from damage_pictures import painted

from imagest_core.damage.classes import LOSS, OVERPAINT
from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.damage.rim import AUTO_LIMIT, clean_rim, regions_with_rim
from imagest_core.errors import MaskError
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress

GROUND = (0.85, 0.78, 0.66)
WIDTH = 4
"""Width in px of the soft rim."""


def losses() -> np.ndarray:
    """(h, w) bool: two losses, the right one across the border of two tiles."""
    mask = np.zeros((320, 400), np.uint8)
    cv2.circle(mask, (110, 140), 26, 1, -1)
    cv2.ellipse(mask, (262, 200), (40, 22), 20, 0, 360, 1, -1)
    return mask > 0


def distance_to(mask: np.ndarray) -> np.ndarray:
    return cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5)


def with_rim(mask: np.ndarray, rim_of: np.ndarray) -> np.ndarray:
    """Intact paint with ground in ``mask`` and a soft rim of it around the part ``rim_of``."""
    picture = painted() * 0.6
    cover = np.clip(1.1 - distance_to(rim_of) / (WIDTH + 0.5), 0, 1)
    cover[mask] = 1
    noise = np.random.default_rng(2).normal(0, 0.01, picture.shape)
    mixed = picture * (1 - cover[..., None]) + np.array(GROUND) * cover[..., None] + noise
    return np.clip(mixed, 0, 1).astype(np.float32)


@pytest.fixture
def rimmed(saved):
    """A scan whose left loss has a rim that the mask leaves out; the right one has none."""
    mask = losses()
    left = mask & (np.arange(400) < 200)
    with open_painting(saved(with_rim(mask, left)), assume_srgb=True) as painting:
        yield painting


def test_the_mask_grows_over_the_rim_only(rimmed):
    mask = losses()
    cleaned = clean_rim(rimmed, DamageMap.from_mask(mask))
    added = cleaned.added.read(cleaned.added.box) > 0
    left = mask & (np.arange(400) < 200)
    band = ~mask & (distance_to(left) <= WIDTH)
    assert added[band].mean() > 0.8
    assert (added & ~band).sum() < 0.2 * band.sum()
    assert (added & (np.arange(400) >= 200)).sum() <= 0.01 * (mask & ~left).sum()
    assert cleaned.pixels == added.sum()
    assert ((cleaned.damage.read(cleaned.damage.box) > 0) == (added | mask)).all()


def test_growth_stays_within_the_limit(rimmed):
    mask = losses()
    added = clean_rim(rimmed, DamageMap.from_mask(mask), 2).added
    assert 0 < added.count() < clean_rim(rimmed, DamageMap.from_mask(mask)).pixels
    assert distance_to(mask)[added.read(added.box) > 0].max() <= 2.5


def test_recorded_damage_is_neither_entered_nor_grown(rimmed):
    mask = losses()
    damage = DamageMap.from_mask(mask)
    beside = ~mask & (np.arange(320)[:, None] < 140) & (distance_to(mask) <= AUTO_LIMIT)
    labels = np.where(mask, LOSS.label, np.where(beside, OVERPAINT.label, 0)).astype(np.uint8)
    damage.write(damage.box, labels)
    cleaned = clean_rim(rimmed, damage)
    after = cleaned.damage.read(damage.box)
    assert (after[beside] == OVERPAINT.label).all()
    assert set(np.unique(cleaned.added.read(damage.box))) == {0, LOSS.label}

    damage.write(damage.box, mask * np.uint8(OVERPAINT.label))
    assert clean_rim(rimmed, damage).added.empty


def test_the_region_with_a_rim_is_named(rimmed):
    damage = DamageMap.from_mask(losses())
    regions = find_regions(damage)
    left = regions.at(110, 140)
    assert regions_with_rim(rimmed, damage, regions) == (left.id,)
    cleaned = clean_rim(rimmed, damage).damage
    assert regions_with_rim(rimmed, cleaned, find_regions(cleaned)) == ()


def with_sharp_edges(losses: np.ndarray, colour: tuple[float, float, float] = GROUND) -> np.ndarray:
    """Intact paint, and losses with grainy ground that end sharply."""
    rng = np.random.default_rng(4)
    grain = 1 + 0.06 * cv2.GaussianBlur(rng.standard_normal(losses.shape).astype(np.float32), (0, 0), 1)
    ground = np.array(colour) * grain[..., None] + rng.normal(0, 0.01, (*losses.shape, 3))
    return np.clip(np.where(losses[..., None], ground, painted() * 0.6), 0, 1).astype(np.float32)


def test_a_mask_that_ends_within_a_loss_grows_to_its_edge(saved):
    mask = losses()
    whole = distance_to(mask) <= 6
    with open_painting(saved(with_sharp_edges(whole)), assume_srgb=True) as painting:
        damage = DamageMap.from_mask(mask)
        regions = find_regions(damage)
        assert regions_with_rim(painting, damage, regions) == tuple(each.id for each in regions)
        cleaned = clean_rim(painting, damage)
        added = cleaned.added.read(damage.box) > 0
        band = whole & ~mask
        assert added[band].mean() > 0.85
        assert (added & ~whole).sum() < 0.1 * band.sum()
        assert regions_with_rim(painting, cleaned.damage, find_regions(cleaned.damage)) == ()
        complete = DamageMap.from_mask(distance_to(whole) <= 1)
        assert clean_rim(painting, complete).pixels < 0.01 * complete.count()


def test_paint_with_the_colour_of_the_damage_is_no_rim(saved):
    mask = losses()
    picture = with_sharp_edges(np.ones_like(mask))
    with open_painting(saved(picture), assume_srgb=True) as painting:
        assert clean_rim(painting, DamageMap.from_mask(mask)).added.empty


@pytest.mark.parametrize("limit", [0, -1, 33])
def test_an_impossible_limit_is_refused(rimmed, limit):
    with pytest.raises(MaskError, match="1 to 32 px"):
        clean_rim(rimmed, DamageMap.from_mask(losses()), limit)


def test_cleaning_can_be_cancelled(rimmed):
    with pytest.raises(Cancelled):
        clean_rim(rimmed, DamageMap.from_mask(losses()), progress=Progress(cancelled=lambda: True))


def with_raised_edges(mask: np.ndarray, towards: float) -> np.ndarray:
    """Intact paint with ground in ``mask``; its edges are raised and lit from the angle ``towards``."""
    distance = distance_to(mask)
    slope = np.stack(np.gradient(cv2.GaussianBlur(distance, (0, 0), 2))[::-1], axis=-1)
    slope /= np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-3)
    light = slope @ np.array([np.cos(towards), np.sin(towards)])
    cover = np.clip(1.1 - distance / (WIDTH + 0.5), 0, 1)
    picture = painted() * 0.6 * np.exp(light * cover * 0.5)[..., None]
    picture[mask] = GROUND
    noise = np.random.default_rng(2).normal(0, 0.01, picture.shape)
    return np.clip(picture + noise, 0, 1).astype(np.float32)


@pytest.mark.parametrize("towards", [0.6, 3.0, 4.5])
def test_the_mask_grows_over_raised_edges_lit_from_one_side(saved, towards):
    mask = losses()
    with open_painting(saved(with_raised_edges(mask, towards)), assume_srgb=True) as painting:
        damage = DamageMap.from_mask(mask)
        added = clean_rim(painting, damage).added
        shown = regions_with_rim(painting, damage, find_regions(damage))
    added = added.read(added.box) > 0
    band = ~mask & (distance_to(mask) <= WIDTH)
    ys, xs = np.nonzero(band)
    slope = np.gradient(cv2.GaussianBlur(distance_to(mask), (0, 0), 2))
    light = slope[1][ys, xs] * np.cos(towards) + slope[0][ys, xs] * np.sin(towards)
    for side in (light > 0.4, light < -0.4):
        assert added[ys[side], xs[side]].mean() > 0.6
    assert (added & ~band).sum() < 0.2 * band.sum()
    assert len(shown) == 2


def test_paint_that_gets_lighter_towards_one_side_is_no_raised_edge(saved):
    mask = losses()
    ramp = np.linspace(0.25, 0.75, 400, dtype=np.float32)[None, :, None]
    picture = np.broadcast_to(ramp, (320, 400, 3)).copy()
    picture += np.random.default_rng(3).normal(0, 0.01, picture.shape)
    picture[mask] = GROUND
    with open_painting(saved(picture), assume_srgb=True) as painting:
        assert clean_rim(painting, DamageMap.from_mask(mask)).pixels <= 0.01 * mask.sum()
