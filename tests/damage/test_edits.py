from __future__ import annotations

from dataclasses import replace

import numpy as np

from imagest_core.damage import edits
from imagest_core.damage.classes import CRACK, LOSS
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box


def labels_of(damage: DamageMap) -> np.ndarray:
    return damage.read(damage.box)


def two_classes() -> DamageMap:
    damage = DamageMap(600, 400)
    damage.write(Box(250, 250, 20, 20), np.full((20, 20), LOSS.label, np.uint8))
    damage.write(Box(270, 250, 5, 20), np.full((20, 5), CRACK.label, np.uint8))
    return damage


def test_dilation_keeps_other_classes_and_crosses_tiles():
    before = labels_of(two_classes())
    after = labels_of(edits.dilated_class(two_classes(), LOSS.label, 3))
    assert after[247, 247] == LOSS.label
    assert after[246, 247] == 0
    assert (after[before == CRACK.label] == CRACK.label).all()
    assert np.count_nonzero(after == LOSS.label) == 26 * 26 - 20 * 3


def test_erosion_removes_the_boundary_except_next_to_other_classes():
    after = labels_of(edits.eroded_class(two_classes(), LOSS.label, 2))
    assert after[260, 251] == 0
    assert after[260, 252] == LOSS.label
    assert after[260, 269] == LOSS.label
    assert np.count_nonzero(after == CRACK.label) == 100


def test_inverting_twice_keeps_locked_classes():
    damage = two_classes()
    damage.classes = tuple(replace(item, locked=item.label == CRACK.label) for item in damage.classes)
    once = edits.inverted(damage, LOSS.label)
    assert once.count(LOSS.label) == 600 * 400 - 500
    assert once.count(CRACK.label) == 100
    assert (labels_of(edits.inverted(once, LOSS.label)) == labels_of(damage)).all()


def test_clears_a_class_or_a_box():
    damage = two_classes()
    assert edits.cleared(damage, CRACK.label).counts() == {LOSS.label: 400}
    assert edits.cleared(damage).empty
    assert edits.cleared(damage, box=Box(0, 0, 600, 260)).count() == 250
    assert edits.extracted(damage, CRACK.label, Box(0, 0, 600, 260)).counts() == {CRACK.label: 50}


def test_merging_keeps_other_classes_by_default():
    source = DamageMap.from_mask(np.ones((400, 600), bool))
    assert edits.merged(two_classes(), source, 3).counts() == {1: 400, 2: 100, 3: 600 * 400 - 500}
    assert edits.merged(two_classes(), source, 3, overwrite=True).counts() == {3: 600 * 400}
