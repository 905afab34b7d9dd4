"""Transfer of the colours of a chosen style reference to fills in thick damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from tiny_model import picture, tiny_checkpoint

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError
from imagest_core.models.cache import loaded_models
from imagest_core.painting.reader import open_painting
from imagest_core.restoration.api import restore
from imagest_core.restoration.modes import Mode
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.texture.color_transfer import MAX_CONTRAST, RAMP, SHARE, Palette, transfer_color
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.style.reference import StyleReference


def noise(mean: tuple[float, float, float], spread: float, side: int = 80, seed: int = 0) -> np.ndarray:
    """Return paint that varies coarsely around one colour."""
    rng = np.random.default_rng(seed)
    cells = rng.normal(0, spread, (side // 20, side // 20, 3))
    return (np.array(mean) + cells.repeat(20, 0).repeat(20, 1)).astype(np.float32)


def goal_of(image: np.ndarray) -> Palette:
    found = Palette.of([Source(image, np.ones(image.shape[:2], np.bool_))])
    assert found is not None
    return found


@pytest.fixture
def hole() -> np.ndarray:
    mask = np.zeros((80, 80), np.bool_)
    mask[20:60, 20:60] = True
    return mask


def test_mapped_colours_have_the_target_mean_and_covariance() -> None:
    rng = np.random.default_rng(1)
    colours = rng.normal(0.5, 0.1, (4000, 3)) @ np.array([[1, 0.2, 0], [0, 0.9, 0.1], [0, 0, 1.0]])
    mine = Palette.weighted(colours, np.ones(len(colours)))
    goal = Palette(np.array([0.3, 0.4, 0.6]), mine.covariance * 1.44)
    there = Palette.weighted(mine.mapped(colours, goal), np.ones(len(colours)))
    assert np.allclose(there.mean, goal.mean, atol=1e-5)
    assert np.allclose(there.covariance, goal.covariance, rtol=0.02, atol=1e-4)


def test_zero_weight_excludes_a_colour() -> None:
    colours = np.array([[0.2, 0.2, 0.2], [0.2, 0.2, 0.2], [0.9, 0.0, 0.9]])
    assert np.allclose(Palette.weighted(colours, np.array([1.0, 1.0, 0.0])).mean, 0.2)


def test_strength_scales_the_shift_towards_the_reference_colours(hole: np.ndarray) -> None:
    fill = np.full((80, 80, 3), 0.4, np.float32)
    goal = goal_of(noise((0.8, 0.5, 0.2), 0.0))
    one, two = (
        transfer_color(fill, hole, hole.astype(np.float32), goal, strength) for strength in (1.0, 2.0)
    )
    middle = (40, 40)
    assert np.allclose(one[middle] - 0.4, SHARE * np.array([0.4, 0.1, -0.2]), atol=1e-3)
    assert np.allclose(two[middle] - 0.4, 2 * (one[middle] - 0.4), atol=1e-3)


def test_no_colour_is_transferred_near_the_boundary_and_in_thin_damage(hole: np.ndarray) -> None:
    fill = np.full((80, 80, 3), 0.4, np.float32)
    thick = hole.astype(np.float32)
    thick[:, 40:] = 0
    changed = np.abs(transfer_color(fill, hole, thick, goal_of(noise((0.8, 0.8, 0.8), 0.0)), 1.0) - fill).max(
        2
    )
    assert not changed[~hole].any()
    assert not changed[:, 40:].any()
    assert 0 < changed[40, 20] < changed[40, 22] < changed[40, 20 + int(RAMP)]


def test_zero_strength_changes_nothing(hole: np.ndarray) -> None:
    fill = noise((0.4, 0.4, 0.4), 0.1)
    assert np.array_equal(transfer_color(fill, hole, hole.astype(np.float32), goal_of(fill), 0.0), fill)


def test_uniform_loss_gains_no_contrast(hole: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    fill = (0.4 + rng.normal(0, 1e-3, (80, 80, 3))).astype(np.float32)
    goal = goal_of(noise((0.4, 0.4, 0.4), 0.3))
    answer = transfer_color(fill, hole, hole.astype(np.float32), goal, 1.0)
    before, after = (each[30:50, 30:50].std(axis=(0, 1)) for each in (fill, answer))
    assert (after <= before * (1 + SHARE * (MAX_CONTRAST - 1)) + 1e-5).all()


def test_only_intact_paint_counts() -> None:
    image = np.full((40, 40, 3), 0.2, np.float32)
    image[:20] = 0.9
    intact = np.zeros((40, 40), np.bool_)
    intact[20:] = True
    found = Palette.of([Source(image, intact)])
    assert found is not None
    assert np.allclose(found.mean, 0.2, atol=1e-4)
    assert Palette.of([Source(image, np.zeros_like(intact))]) is None
    assert Palette.of([]) is None


def test_red_donor_shifts_the_fill_by_the_style_strength(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "scan.tif", picture(150)[:120], photometric="rgb")
    red = np.full((90, 90, 3), (220, 30, 30), np.uint8)
    tifffile.imwrite(tmp_path / "red.tif", red, photometric="rgb")
    mask = np.zeros((120, 150), np.bool_)
    mask[40:80, 50:100] = True
    damage = DamageMap.from_mask(mask)
    folder = str(tiny_checkpoint(tmp_path / "toy"))

    plain = RestorationRequest.of(model=folder, steps=2, device="cpu", detail=0.0)

    def redness(donor: bool, strength: float = 1.0, mode: Mode = Mode.TEXTURED) -> tuple[float, object]:
        request = plain.changed(style_strength=strength, mode=mode)
        style = StyleReference(donor=tmp_path / "red.tif", suggested=not donor)
        with open_painting(tmp_path / "scan.tif") as painting:
            result = restore(painting, damage, request, style)
        colours = np.concatenate([fill.colour[fill.mask] for fill in result.fills])
        lent_share = result.record.engine.facts.get("color_transfer")
        return float((colours[:, 0] - colours[:, 1:].mean(1)).mean()), lent_share

    suggested, chosen, strong = redness(False), redness(True), redness(True, 2.0)
    assert suggested[0] < chosen[0] < strong[0]
    assert (suggested[1], chosen[1], strong[1]) == (None, SHARE, 2 * SHARE)
    assert redness(True, mode=Mode.FAITHFUL)[1] is None
    loaded_models.clear()


@pytest.mark.parametrize("strength", [-0.1, 4.1, float("nan")])
def test_invalid_style_strength_is_refused(strength: float) -> None:
    with pytest.raises(InputError, match=r"style strength must be (0 to 4|a finite number)"):
        RestorationRequest.of(style_strength=strength)
