"""A fill that starts from an earlier one: the strength decides how far it may leave it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_models import tiny_sd

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError
from imagest_core.models.cache import loaded_models
from imagest_core.painting.reader import open_painting
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest

SIDE = 96


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield tiny_sd(tmp_path_factory.mktemp("models") / "sd")
    loaded_models.clear()


@pytest.fixture
def hole() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[24:72, 24:72] = True
    return mask


@pytest.fixture
def paths(tmp_path: Path, hole: np.ndarray) -> tuple[Path, Path]:
    """A grey scan, and the same with a red fill."""
    scan = np.full((SIDE, SIDE, 3), 128, np.uint8)
    filled = np.where(hole[..., None], np.array([200, 30, 30], np.uint8), scan)
    for name, picture in (("scan", scan), ("filled", filled)):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    return tmp_path / "scan.png", tmp_path / "filled.png"


def filled(paths: tuple[Path, Path], hole: np.ndarray, request: RestorationRequest, start: bool = True):
    with open_painting(paths[0]) as scan, open_painting(paths[1]) as earlier:
        damage = DamageMap.from_mask(hole)
        result = restore(scan, damage, request, exact=True, start=earlier if start else None)
        samples = scan.read().copy()
        for patch in result.patches(scan):
            samples[patch.box.slices] = np.where(
                patch.mask[..., None] if patch.mask is not None else True,
                patch.samples,
                samples[patch.box.slices],
            )
    return samples[hole].astype(float), result.record


def test_a_low_strength_stays_near_the_earlier_fill(
    paths: tuple[Path, Path], hole: np.ndarray, model: Path
) -> None:
    """The decoder is untrained, so what stays is seen from seeds: the start decides, or the noise."""
    request = RestorationRequest.of(
        "stable-diffusion", model=str(model), steps=10, device="cpu", scheduler="ddim"
    )
    spread = {}
    for strength in (0.05, 1.0):
        (one, record), (other, _) = (
            filled(paths, hole, request.changed(strength=strength, seed=seed)) for seed in (1, 2)
        )
        spread[strength] = np.abs(one - other).mean()
        notes = [window.notes.get("restarted") for window in record.windows]
        assert notes == [f"an earlier fill, at strength {strength:g}"]
    assert spread[0.05] == 0 < spread[1.0]
    low = request.changed(strength=0.05)
    started, (anew, record) = filled(paths, hole, low)[0], filled(paths, hole, low, start=False)
    assert np.abs(started - anew).mean() > 3
    assert not any("restarted" in window.notes for window in record.windows)


def test_engines_without_a_strength_refuse_to_refine(paths: tuple[Path, Path], hole: np.ndarray) -> None:
    for engine in ("harmonic", "imagest"):
        with pytest.raises(InputError, match="can't refine a fill"):
            filled(paths, hole, RestorationRequest.of(engine))
