"""A fill returns its labels and colours and uses little memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from imagest_core.damage.classes import DamageClass, Policy
from imagest_core.damage.map import DamageMap
from imagest_core.damage.thickness import Depths
from imagest_core.painting.geometry import Box
from imagest_core.restoration.fill import Fill


def made(labels: np.ndarray, seed: int = 0) -> Fill:
    values = np.random.default_rng(seed).random((np.count_nonzero(labels), 3), np.float32)
    return Fill(Box(3, 5, labels.shape[1], labels.shape[0]), labels.astype(np.int32), values)


@pytest.mark.parametrize("regions", [1, 2, 70_000])
def test_labels_and_colours_are_returned(regions: int) -> None:
    labels = np.random.default_rng(1).integers(0, 2, (13, 27)) * regions
    labels[2:4, 2:9] = min(regions, 1)
    labels[0, 0] = regions
    fill = made(labels)
    assert np.array_equal(fill.labels, labels)
    assert np.array_equal(fill.mask, labels > 0)
    assert fill.regions == tuple(sorted({1, regions} if regions > 1 else {1}))
    assert np.array_equal(fill.colour[fill.mask], fill.values)
    assert not fill.colour[~fill.mask].any()


def test_selecting_regions_of_a_fill() -> None:
    labels = np.array([[1, 2, 0], [2, 3, 1]])
    fill = made(labels)
    part = fill.only({2})
    assert part is not None
    assert np.array_equal(part.labels, np.where(labels == 2, 2, 0))
    assert np.array_equal(part.values, fill.values[[1, 2]])
    assert fill.only({1, 2, 3, 4}) is fill
    assert fill.only({9}) is None


def test_thin_fill_uses_little_memory() -> None:
    """A crack across a tile: 512 pixels of 65,536."""
    labels = np.zeros((256, 256), np.int32)
    labels[np.arange(256), np.arange(256)] = labels[np.arange(1, 256), np.arange(255)] = 4
    tracemalloc.start()
    fills = [made(labels, seed) for seed in range(20)]
    used = tracemalloc.get_traced_memory()[0] / sum(len(fill.values) for fill in fills)
    tracemalloc.stop()
    assert used < 32


def test_completely_damaged_tiles_are_shared() -> None:
    damage = DamageMap(600, 300)
    damage.write(Box(10, 10, 300, 40), np.ones((40, 300), np.uint8))
    assert all(damage.filled().tiles()[key] is tile for key, tile in damage.tiles().items())
    other = damage.with_classes((DamageClass(1, "Crack", "#ff0000", Policy.RECORD),))
    assert other.filled().empty


def test_depths_of_one_tile_are_those_of_all() -> None:
    """Deeper than 64 px they come from a map at a quarter of the scale, which is kept."""
    damage = DamageMap(1500, 1500)
    damage.write(Box(100, 100, 1200, 1200), np.ones((1200, 1200), np.uint8))
    depths = Depths(damage)
    assert depths.of((0, 0)) is not None
    assert Depths(damage).of((9, 9)) is None
    middle = depths.of((2, 2))
    assert middle is not None
    assert abs(middle[188, 188] - 600) <= 16
    again = Depths(damage).of((2, 2))
    assert np.array_equal(middle, again)
