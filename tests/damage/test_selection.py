from __future__ import annotations

import numpy as np
import pytest

from imagest_core.damage.classes import CRACK, LOSS
from imagest_core.damage.map import DamageMap
from imagest_core.damage.selection import Selection, united
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box

PICTURE = Box(0, 0, 300, 280)


def test_shapes_select_their_pixels() -> None:
    box = Selection.of_box(Box(200, 250, 500, 500), PICTURE)
    assert (box.box, box.pixels) == (Box(200, 250, 100, 30), 3000)
    outline = Selection.of_outline([(10, 10), (20, 10), (20, 20), (10, 20)], PICTURE)
    assert outline.box.width in (10, 11)
    whole = Selection.everything(PICTURE)
    assert whole.pixels == PICTURE.area
    assert whole.inverted().empty
    assert box.inverted().pixels == PICTURE.area - 3000
    assert box.inverted().inverted() == box
    assert hash(box.inverted().inverted()) == hash(box)
    assert box != outline


def test_selections_are_combined() -> None:
    one, other = (Selection.of_box(Box(x, 0, 20, 10), PICTURE) for x in (0, 10))
    assert one.united(other).box == Box(0, 0, 30, 10)
    assert one.without(other).box == Box(0, 0, 10, 10)
    assert united([one, other]) == one.united(other)
    assert united([]) is None
    assert one.sha256 != other.sha256
    assert one.facts.pixels == one.to_plain()["pixels"] == 200


def test_class_is_selected() -> None:
    damage = DamageMap(PICTURE.width, PICTURE.height)
    damage.write(Box(3, 4, 5, 6), np.full((6, 5), CRACK.label, np.uint8))
    assert Selection.of_class(damage, CRACK.label).box == Box(3, 4, 5, 6)
    with pytest.raises(MaskError, match="Nothing is marked"):
        Selection.of_class(damage, LOSS.label)


def test_change_is_limited() -> None:
    before, after = DamageMap(300, 280), DamageMap(300, 280)
    before.write(Box(0, 0, 8, 8), np.full((8, 8), LOSS.label, np.uint8))
    after.write(Box(4, 0, 8, 8), np.full((8, 8), CRACK.label, np.uint8))
    limited = Selection.of_box(Box(4, 0, 4, 280), PICTURE).limited_change(before, after)
    assert limited.counts() == {LOSS.label: 32, CRACK.label: 32}
    assert limited.bounds() == Box(0, 0, 8, 8)


@pytest.mark.parametrize(
    "select",
    [
        lambda: Selection.of_box(Box(400, 0, 5, 5), PICTURE),
        lambda: Selection.of_outline([(0, 0), (1, 1)], PICTURE),
        lambda: Selection.of_box(PICTURE, PICTURE).limit(DamageMap(5, 5)),
    ],
)
def test_useless_selection_is_refused(select) -> None:
    with pytest.raises(MaskError):
        select()
