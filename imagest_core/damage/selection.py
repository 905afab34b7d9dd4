"""Selections: the part of a picture to which detection, clean-up, statistics or a restoration is limited."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imagest_core.cached import cached_property
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box

if TYPE_CHECKING:
    from imagest_core.damage.map import DamageMap


@dataclass(frozen=True)
class SelectionFacts:
    """A selection in a record: a hash of its pixels, their number, and their bounding box."""

    sha256: str
    pixels: int
    box: Box


@dataclass(frozen=True, eq=False)
class Selection:
    """Selected pixels of a picture. Two selections are equal if they select the same pixels.

    Parameters
    ----------
    mask
        A map of the picture's size that marks the selected pixels as label 1. It is never changed; use the
        class methods, which copy.
    """

    mask: DamageMap

    # Creation

    @classmethod
    def of_mask(cls, damage: DamageMap) -> Selection:
        """Select all pixels that ``damage`` marks, whatever their class."""
        from imagest_core.damage.edits import extracted
        from imagest_core.damage.map import DamageMap

        result = DamageMap(damage.width, damage.height)
        for cell in extracted(damage).occupied():
            result.write(cell, (damage.read(cell) > 0).astype("u1"))
        return cls(result)

    @classmethod
    def of_class(cls, damage: DamageMap, label: int) -> Selection:
        """Select the pixels of one class; raises ``MaskError`` if there are none."""
        from imagest_core.damage.edits import extracted

        selected = cls.of_mask(extracted(damage, label))
        if selected.empty:
            raise MaskError("Nothing is marked with this class: choose another one to select.")
        return selected

    @classmethod
    def of_box(cls, box: Box, picture: Box) -> Selection:
        """Select a rectangle; raises ``MaskError`` if it lies outside the picture."""
        import numpy as np

        from imagest_core.damage.map import TILE, DamageMap

        inside = box.within(picture)
        if inside.empty:
            raise MaskError("The selection lies outside the picture: select a part of it.")
        result = DamageMap(picture.width, picture.height)
        whole = np.ones((TILE, TILE), np.uint8)
        whole.setflags(write=False)
        for cell in inside.tiles(TILE):
            full = (cell.width, cell.height) == (TILE, TILE)
            result.write(cell, whole if full else whole[: cell.height, : cell.width])
        return cls(result)

    @classmethod
    def of_outline(cls, points: Sequence[tuple[float, float]], picture: Box) -> Selection:
        """Select the inside of a closed outline; raises ``MaskError`` if it encloses no pixel."""
        from imagest_core.damage.map import DamageMap
        from imagest_core.damage.strokes import polygon_cells

        result = DamageMap(picture.width, picture.height)
        for cell, mask in polygon_cells(points, picture):
            result.write(cell, mask.astype("u1"))
        if result.empty:
            raise MaskError("The outline encloses no pixel of the picture: draw it around a part of it.")
        return cls(result)

    @classmethod
    def everything(cls, picture: Box) -> Selection:
        """Select the whole picture."""
        return cls.of_box(picture, picture)

    # Properties

    @property
    def picture(self) -> Box:
        """Bounds of the whole picture."""
        return self.mask.box

    @cached_property
    def box(self) -> Box:
        """Bounding box of the selected pixels."""
        return self.mask.bounds()

    @cached_property
    def pixels(self) -> int:
        """Number of selected pixels."""
        return self.mask.count()

    @property
    def empty(self) -> bool:
        """Whether nothing is selected."""
        return self.mask.empty

    @cached_property
    def sha256(self) -> str:
        """Hash of the picture's size and the selected pixels."""
        digest = hashlib.sha256(f"{self.mask.width} {self.mask.height}".encode())
        for (x, y), tile in sorted(self.mask.tiles().items()):
            digest.update(f"|{x} {y} ".encode() + (tile > 0).tobytes())
        return digest.hexdigest()

    @property
    def facts(self) -> SelectionFacts:
        """The selection as a record holds it."""
        return SelectionFacts(self.sha256, self.pixels, self.box)

    def to_plain(self) -> dict[str, Any]:
        """Plain values for JSON, from which the selected pixels can't be restored."""
        return {"sha256": self.sha256, "pixels": self.pixels, "box": list(self.box)}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selection) and self.mask == other.mask

    def __hash__(self) -> int:
        return hash((self.mask.box, frozenset(self.mask.tiles())))

    # Combination

    def inverted(self) -> Selection:
        """Select exactly the other pixels."""
        return Selection(Selection.everything(self.picture).mask.without(self.mask))

    def united(self, other: Selection) -> Selection:
        """Select the pixels of either selection."""
        return Selection.of_mask(_merged(self.mask, other.mask))

    def without(self, other: Selection) -> Selection:
        """Select the pixels that ``other`` doesn't select."""
        return Selection(self.mask.without(other.mask))

    # Limits

    def limit(self, damage: DamageMap) -> DamageMap:
        """Return only the selected pixels of ``damage``; raises ``MaskError`` if the sizes differ."""
        self._check_size(damage)
        return damage.within(self.mask)

    def limited_change(self, before: DamageMap, after: DamageMap) -> DamageMap:
        """Return ``after`` in the selection and ``before`` outside it, with the classes of ``after``."""
        self._check_size(before)
        return _merged(after.within(self.mask), before.without(self.mask))

    def _check_size(self, damage: DamageMap) -> None:
        if damage.box != self.picture:
            raise MaskError("The selection belongs to a picture of another size: select again.")


def united(selections: Iterable[Selection]) -> Selection | None:
    """Select the pixels of any of the ``selections``; None if there are none."""
    result = None
    for selection in selections:
        result = selection if result is None else result.united(selection)
    return result


def _merged(first: DamageMap, second: DamageMap) -> DamageMap:
    """Return ``first`` with the labels of ``second`` where it has none."""
    import numpy as np

    from imagest_core.damage.map import tile_box

    result = first.copy()
    for key, tile in second.tiles().items():
        own = first.tiles().get(key)
        cell = tile_box(key).within(first.box)
        if own is None:
            result.write(cell, second.read(cell))
        else:
            result.write(cell, np.where(own > 0, own, tile)[: cell.height, : cell.width])
    return result
