from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagest_core.damage.classes import DEFAULT_CLASSES, LOSS, OVERPAINT, DamageClass, Policy
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box


def speckled(height: int, width: int, seed: int = 0, share: float = 0.01) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width)) < share


def test_stores_all_pixels_but_only_damaged_tiles() -> None:
    mask = np.zeros((600, 700), bool)
    mask[250:260, 300:310] = True
    damage = DamageMap.from_mask(mask)
    assert np.array_equal(damage.read(damage.box) > 0, mask)
    assert sorted(damage.tiles()) == [(1, 0), (1, 1)]
    assert damage.count() == 100
    assert damage.bounds() == Box(300, 250, 10, 10)


def test_thresholds_an_8_bit_mask_at_half() -> None:
    assert DamageMap.from_mask(np.array([[127, 128, 255, 0]], np.uint8)).read(Box(0, 0, 4, 1)).tolist() == [
        [0, 1, 1, 0]
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(-300, 700), st.integers(-300, 700), st.integers(1, 400), st.integers(1, 400))
def test_reads_and_writes_any_box(x: int, y: int, width: int, height: int) -> None:
    whole = np.zeros((530, 620), np.uint8)
    damage = DamageMap(620, 530)
    labels = np.random.default_rng(1).integers(0, 4, (height, width), dtype=np.uint8)
    box = Box(x, y, width, height)
    damage.write(box, labels)
    inside = box.within(damage.box)
    whole[inside.slices] = labels[inside.moved(-x, -y).slices] if not inside.empty else 0
    padded = np.pad(whole, 1000)
    assert np.array_equal(damage.read(damage.box), whole)
    around = box.expanded(7)
    assert np.array_equal(damage.read(around), padded[around.moved(1000, 1000).slices])


def test_removes_empty_tiles() -> None:
    damage = DamageMap(600, 600)
    damage.write(Box(255, 255, 2, 2), np.ones((2, 2), np.uint8))
    assert len(damage.tiles()) == 4
    damage.write(Box(0, 0, 600, 600), np.zeros((600, 600), np.uint8))
    assert damage.empty
    assert damage.bounds().empty


def test_copies_and_tiles_are_snapshots() -> None:
    damage = DamageMap.from_mask(speckled(300, 300))
    before, tile = damage.copy(), damage.tiles()[0, 0]
    damage.write(Box(0, 0, 10, 10), np.full((10, 10), 3, np.uint8))
    assert damage != before
    assert before.count(3) == 0
    assert not tile.flags.writeable
    assert before == DamageMap.from_mask(speckled(300, 300))


@pytest.mark.parametrize("pixels", [0, 1, 2, 3, 20, 300])
def test_dilation_equals_repeated_3x3_dilation_across_tiles(pixels: int) -> None:
    mask = speckled(540, 700, share=2e-4)
    mask[255, 255] = mask[539, 699] = True
    dilated = DamageMap.from_mask(mask, label=4).dilated(pixels)
    expected = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=pixels)
    assert np.array_equal(dilated.read(dilated.box), expected)


def test_dilation_stores_only_tiles_near_damage() -> None:
    damage = DamageMap(100_000, 100_000)
    damage.write(Box(50_000, 50_000, 5, 5), np.ones((5, 5), np.uint8))
    assert len(damage.dilated(3).tiles()) == 1
    assert damage.dilated(3).count() == 11 * 11


def test_recorded_damage_is_not_filled() -> None:
    damage = DamageMap(20, 10)
    damage.write(Box(0, 0, 2, 1), np.array([[LOSS.label, OVERPAINT.label]], np.uint8))
    assert damage.fill_mask(Box(0, 0, 3, 1)).tolist() == [[True, False, False]]
    assert damage.filled().counts() == {1: 1}
    assert damage.counts() == {LOSS.label: 1, OVERPAINT.label: 1}


def test_policy_of_a_class_can_change() -> None:
    damage = DamageMap.from_mask(speckled(50, 50))
    recorded = damage.with_classes((DamageClass(1, "loss", "#000000", Policy.RECORD),))
    assert recorded.filled().empty
    assert not damage.filled().empty
    assert recorded.class_of(1).policy is Policy.RECORD


def test_a_label_without_a_class_is_filled() -> None:
    assert DamageMap.from_mask(np.ones((2, 2), bool), label=200).filled().count() == 4


@pytest.mark.parametrize(
    "values", [(0, "loss", "#ffffff"), (256, "loss", "#ffffff"), (1, " ", "#ffffff"), (1, "loss", "red")]
)
def test_rejects_invalid_classes(values: tuple[int, str, str]) -> None:
    with pytest.raises(MaskError):
        DamageClass(*values)


def test_rejects_duplicate_labels() -> None:
    with pytest.raises(MaskError, match="label of its own"):
        DamageMap(3, 3, (LOSS, DamageClass(LOSS.label, "other", "#123456")))


def test_overpaint_and_protected_are_the_only_default_classes_not_filled() -> None:
    assert [item.name for item in DEFAULT_CLASSES if not item.filled] == ["overpaint", "protected"]
    assert [item.name for item in DEFAULT_CLASSES if item.protected] == ["protected"]


def test_tiles_are_in_reading_order() -> None:
    damage = DamageMap.from_mask(speckled(3 * TILE, 2 * TILE, share=0.1))
    assert damage.occupied() == list(damage.box.tiles(TILE))


def test_tiles_of_another_map_are_shared_but_never_written():
    first, second = DamageMap(512, 512), DamageMap(512, 512)
    first.write(Box(0, 0, 256, 256), np.ones((256, 256), np.uint8))
    tile = first.tiles()[(0, 0)]
    second.write(Box(0, 0, 256, 256), tile)
    assert second.tiles()[(0, 0)] is tile
    second.write(Box(3, 3, 1, 1), np.zeros((1, 1), np.uint8))
    assert first.count() == 256 * 256
    tile_of_caller = np.ones((256, 256), np.uint8)
    second.write(Box(256, 0, 256, 256), tile_of_caller)
    tile_of_caller[:] = 0
    assert second.count() == 2 * 256 * 256 - 1
