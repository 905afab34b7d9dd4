from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imagest_core.arrays import Image8, Mask

SIDE = 48


def _painting(seed: int) -> Image8:
    """Smooth colour with some grain: something to be filled well, and something to be lost."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    waves = np.stack([np.sin(5 * x + seed), np.cos(4 * y - seed), np.sin(3 * (x + y))], -1)
    return np.clip(128 + 70 * waves + generator.normal(0, 6, waves.shape), 0, 255).astype(np.uint8)


def _mask(seed: int) -> Mask:
    mask = np.zeros((SIDE, SIDE), bool)
    left = 10 + 3 * (seed % 4)
    mask[left : left + 12, 14:30] = True
    return mask


@pytest.fixture
def picture() -> Image8:
    return _painting(1)


@pytest.fixture
def mask() -> Mask:
    return _mask(0)


@pytest.fixture
def make_case(tmp_path: Path) -> Callable[..., Path]:
    """Writes a case folder into ``tmp_path / "cases"`` and returns it."""

    def make(name: str, seed: int = 0, mask: NDArray | None = None) -> Path:
        folder = tmp_path / "cases" / name
        folder.mkdir(parents=True)
        truth, hole = _painting(seed), _mask(seed) if mask is None else mask
        damaged = np.where(hole[..., None], np.uint8(240), truth)
        Image.fromarray(truth).save(folder / "clean.png")
        Image.fromarray(damaged).save(folder / "damaged.png")
        Image.fromarray(hole.astype(np.uint8) * 255).save(folder / "mask.png")
        return folder

    return make


@pytest.fixture
def cases(make_case: Callable[..., Path]) -> Path:
    """Four cases of two kinds, with an index."""
    for number, kind in enumerate(["losses", "cracks"] * 2):
        folder = make_case(f"{number:03}-{kind}", number).parent
    entries = [{"name": place.name, "kind": place.name[4:]} for place in sorted(folder.iterdir())]
    (folder / "cases.json").write_text(json.dumps(entries), "utf-8")
    return folder
