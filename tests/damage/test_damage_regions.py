from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from imagest_core.damage import regions
from imagest_core.damage.map import DamageMap
from imagest_core.damage.regions import find_regions
from imagest_core.painting.geometry import Box


def blobs(height: int, width: int, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 5)
    return smooth > np.quantile(smooth, 0.85)


def depth(mask: np.ndarray) -> np.ndarray:
    padded = np.pad(mask, 1).astype(np.uint8)
    return cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]


def test_regions_equal_the_connected_components_of_the_image() -> None:
    mask = blobs(700, 830)
    regions = find_regions(DamageMap.from_mask(mask))
    count, truth = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    labels, distance = regions.labels(Box(0, 0, 830, 700)), depth(mask)
    assert len(regions) == count - 1
    assert np.array_equal(labels > 0, mask)
    for region in regions:
        is_region = labels == region.id
        assert len(np.unique(truth[is_region])) == 1
        assert region.area == is_region.sum()
        assert region.box == Box(*cv2.boundingRect(is_region.astype(np.uint8)))
        assert region.thickness == pytest.approx(2 * distance[is_region].max(), abs=1e-4)


def test_joins_pixels_across_a_corner_of_four_tiles() -> None:
    for first, second in (((255, 255), (256, 256)), ((255, 256), (256, 255))):
        mask = np.zeros((512, 512), bool)
        mask[first] = mask[second] = True
        assert [region.area for region in find_regions(DamageMap.from_mask(mask))] == [2]


def test_regions_are_in_reading_order_with_ids_from_one() -> None:
    regions = find_regions(DamageMap.from_mask(blobs(600, 600, seed=3)))
    assert [region.id for region in regions] == list(range(1, len(regions) + 1))
    assert [region.box[1::-1] for region in regions] == sorted(region.box[1::-1] for region in regions)
    assert regions.by_id(2) == regions[1]


def test_joined_regions_keep_the_size_of_their_damage() -> None:
    damage = DamageMap(600, 100)
    damage.write(Box(250, 40, 4, 4), np.ones((4, 4), np.uint8))
    damage.write(Box(258, 40, 4, 4), np.full((4, 4), 2, np.uint8))
    assert len(find_regions(damage, join=1)) == 2
    (joined,) = find_regions(damage, join=2)
    assert (joined.box, joined.area, joined.thickness) == (Box(250, 40, 12, 4), 32, 4.0)
    assert find_regions(damage, join=2).labels(Box(250, 40, 12, 1)).tolist() == [[1] * 4 + [0] * 4 + [1] * 4]


def test_region_at_a_pixel() -> None:
    mask = np.zeros((300, 300), bool)
    mask[5:9, 5:9] = mask[250:270, 250:270] = True
    regions = find_regions(DamageMap.from_mask(mask))
    assert regions.at(260, 260) == regions[1]
    assert regions.at(100, 100) is None
    assert regions.at(-5, 2000) is None


def test_regions_do_not_change_with_the_map() -> None:
    damage = DamageMap.from_mask(blobs(300, 300))
    regions = find_regions(damage)
    before = regions.labels(damage.box)
    damage.write(damage.box, np.zeros((300, 300), np.uint8))
    assert np.array_equal(regions.labels(damage.box), before)


def test_empty_map_has_no_regions() -> None:
    regions = find_regions(DamageMap(300, 300))
    assert list(regions) == []
    assert not regions.labels(Box(0, 0, 9, 9)).any()


@pytest.mark.parametrize(("side", "error"), [(100, 0), (300, 4), (900, 20)])
def test_thickness_of_large_losses_is_approximate(side: int, error: int) -> None:
    mask = np.zeros((side + 40, side + 40), bool)
    mask[20:-20, 20:-20] = True
    (region,) = find_regions(DamageMap.from_mask(mask))
    assert abs(region.thickness - side) <= 2 * error + 1


def test_finds_ten_thousand_regions_within_seconds() -> None:
    damage = DamageMap(10_000, 10_000)
    for y in range(50, 10_000, 100):
        for x in range(50, 10_000, 100):
            damage.write(Box(x, y, 9, 5), np.ones((5, 9), np.uint8))
    started = time.process_time()
    regions = find_regions(damage)
    assert len(regions) == 10_000
    assert time.process_time() - started < 15  # about 3 s of one core


def test_a_long_shared_border_yields_few_pairs() -> None:
    """Sorting millions of pairs blocked all other threads for seconds."""
    one, other = np.full(256, 3, np.int32), np.full(256, 7, np.int32)
    other[100:110] = 0
    assert sum(len(pairs) for pairs in regions._adjacent_along(one, other)) <= 6
    pairs = np.array([[3, 7], [1, 2], [3, 7], [2, 1]], np.int64)
    assert regions._unique_pairs(pairs).tolist() == [[1, 2], [2, 1], [3, 7]]
    assert regions._unique_pairs(pairs[:0]).shape == (0, 2)
