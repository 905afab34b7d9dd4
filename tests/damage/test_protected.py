from __future__ import annotations

import numpy as np

from imagest_core.damage import edits
from imagest_core.damage.classes import LOSS, PROTECTED, STAIN
from imagest_core.damage.connected import damage_at
from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import read_mask, write_mask
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import paint

BOX = Box(0, 0, 40, 30)


def marked(**areas: tuple[int, int, int, int]) -> DamageMap:
    """A map with a rectangle for each class by name."""
    damage = DamageMap(BOX.width, BOX.height)
    labels = {item.name: item.label for item in damage.classes}
    for name, area in areas.items():
        box = Box(*area)
        damage.write(box, np.full((box.height, box.width), labels[name], np.uint8))
    return damage


def protected(damage: DamageMap) -> np.ndarray:
    return damage.protected_mask(damage.box)


def test_edits_keep_protected_pixels() -> None:
    damage = marked(loss=(0, 0, 10, 10), protected=(10, 0, 10, 10))
    source = DamageMap.from_mask(np.ones((30, 40), np.bool_))
    edited = (
        edits.dilated_class(damage, LOSS.label, 3),
        edits.merged(damage, source, STAIN.label, overwrite=True),
        edits.inverted(damage, LOSS.label),
        edits.cleared(damage),
        edits.cleared(damage, LOSS.label),
    )
    for after in edited:
        assert np.array_equal(protected(after), protected(damage))
        assert after != damage
    assert not edits.cleared(damage, PROTECTED.label).any_protected


def test_painting_leaves_protected_pixels_out_and_erasing_takes_them() -> None:
    damage = marked(protected=(5, 5, 10, 10))
    whole = np.ones((30, 40), np.bool_)
    assert paint(damage, BOX, whole, LOSS.label, overwrite=True)
    assert damage.count(PROTECTED.label) == 100
    assert damage.count(LOSS.label) == 30 * 40 - 100
    assert paint(damage, BOX, whole, 0)
    assert damage.empty


def test_region_at_a_point_ends_at_protected_pixels() -> None:
    damage = marked(loss=(0, 0, 10, 10), protected=(10, 0, 10, 10))
    at_loss, at_protected = damage_at(damage, 3, 3), damage_at(damage, 12, 3)
    assert at_loss is not None
    assert at_protected is not None
    assert at_loss[0] == Box(0, 0, 10, 10)
    assert at_protected[0] == Box(10, 0, 10, 10)


def test_exported_mask_has_no_protected_pixels(tmp_path) -> None:
    damage = marked(loss=(0, 0, 10, 10), protected=(10, 0, 10, 10))
    write_mask(damage, tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png").count() == 100


def test_maps_of_marked_pixels_can_be_limited() -> None:
    damage, area = marked(loss=(0, 0, 20, 10)), marked(stain=(15, 0, 25, 30))
    assert damage.within(area).bounds() == Box(15, 0, 5, 10)
    assert damage.without(area).bounds() == Box(0, 0, 15, 10)
    assert damage.bounds() == Box(0, 0, 20, 10)
