"""The pixels that a restoration fills: dilated damage within the selection, without protected pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagest_core.damage.classes import LOSS, PROTECTED
from imagest_core.damage.map import DamageMap
from imagest_core.damage.selection import Selection
from imagest_core.errors import ImagestError, MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.restoration.fill import Fill


@dataclass(frozen=True, eq=False)
class FillMask:
    """The damage to fill as marked and as dilated, and the protected pixels, each as label 1.

    ``marked``: all damage, whether it is filled or not.
    """

    filled: DamageMap
    dilated: DamageMap
    protected: DamageMap
    marked: DamageMap

    def with_other_damage(self) -> DamageMap:
        """Return the dilated damage to fill together with everything that is no intact paint either."""
        result = DamageMap(self.dilated.width, self.dilated.height, (LOSS, PROTECTED))
        for cell in self.dilated.occupied():
            result.write(cell, self.dilated.read(cell) * LOSS.label)
        for other in (self.marked, self.protected):
            for cell in other.occupied():
                labels = result.read(cell)
                labels[(labels == 0) & (other.read(cell) > 0)] = PROTECTED.label
                result.write(cell, labels)
        return result


def damage_to_fill(
    picture: Box, damage: DamageMap, within: Selection | None = None, protected: DamageMap | None = None
) -> DamageMap:
    """Return the damage to be filled as label 1.

    It belongs to classes that are filled, lies in the selection ``within`` and is not ``protected``. Raises
    ``MaskError`` if nothing is left, or the sizes differ.
    """
    _check_size(picture, damage)
    if damage.empty:
        raise MaskError("The mask is empty: mark the damage to be filled first.")
    filled = damage.filled()
    if filled.empty:
        raise MaskError(
            "All damage belongs to classes that are only recorded or protected; set one of them to be filled."
        )
    if within is not None:
        filled = within.limit(filled)
        if filled.empty:
            raise MaskError("The selection contains no damage to fill: clear it, or select another part.")
    if protected is not None:
        filled = filled.without(protected)
        if filled.empty:
            raise MaskError("All damage to fill is protected: remove the protection where it can be filled.")
    return filled


def fill_mask(
    picture: Box,
    damage: DamageMap,
    dilation: int,
    *,
    within: Selection | None = None,
    protected: DamageMap | None = None,
    progress: Progress | None = None,
) -> FillMask:
    """Return the pixels to fill; the dilation ends at the selection and at protected pixels.

    ``protected`` adds to the protected classes of ``damage``. Raises ``MaskError`` if there is no damage to
    fill or nothing intact to fill it from, and ``Cancelled``.
    """
    kept = protected_pixels(damage, protected)
    filled = damage_to_fill(picture, damage, within, kept)
    dilated = filled.dilated(dilation, progress).without(kept)
    if within is not None:
        dilated = within.limit(dilated)
    if dilated.count() + kept.count() == picture.area:
        raise MaskError(
            Message(
                "The mask, dilated by {dilation} px, leaves nothing intact to restore from; mark "
                "less damage.",
                dilation=dilation,
            )
        )
    return FillMask(filled, dilated, kept, damage)


def protected_pixels(damage: DamageMap, more: DamageMap | None = None) -> DamageMap:
    """Return the protected pixels of ``damage`` and those that ``more`` marks as label 1."""
    own = damage.protected()
    if more is None or more.empty:
        return own
    _check_size(damage.box, more)
    for cell in more.occupied():
        own.write(cell, ((own.read(cell) > 0) | (more.read(cell) > 0)).astype("u1"))
    return own


def with_protection(damage: DamageMap, more: DamageMap) -> DamageMap:
    """Return ``damage`` with the pixels that ``more`` marks in its protected class.

    The class is added if the map has none; raises ``MaskError`` if all labels are taken.
    """
    _check_size(damage.box, more)
    known = next((item for item in damage.classes if item.protected), None)
    if known is None:
        from imagest_core.damage.classes import free_label

        known = PROTECTED.with_label(free_label(damage.classes, PROTECTED.label))
        damage = damage.with_classes((*damage.classes, known))
    result = damage.copy()
    for cell in more.occupied():
        labels = result.read(cell)
        labels[more.read(cell) > 0] = known.label
        result.write(cell, labels)
    return result


def check_unprotected(damage: DamageMap, protected: DamageMap) -> DamageMap:
    """Return ``protected``, damage with protected pixels; raises ``MaskError`` if no damage is left."""
    if protected.filled().empty and not damage.filled().empty:
        raise MaskError("The protection covers all damage to fill: protect less of it.")
    return protected


def check_untouched(fills: Iterable[Fill], protected: DamageMap) -> None:
    """Raise ``ImagestError`` if a fill contains a protected pixel."""
    if protected.empty:
        return
    for fill in fills:
        if (fill.mask & (protected.read(fill.box) > 0)).any():
            raise ImagestError("A fill contains protected pixels; nothing was written, please report this.")


def _check_size(picture: Box, damage: DamageMap) -> None:
    if damage.box != picture:
        raise MaskError(
            Message(
                "The mask has {width} × {height} pixels, the painting {painting_width} × {painting_height}; "
                "give a mask of the painting's size.",
                width=damage.width,
                height=damage.height,
                painting_width=picture.width,
                painting_height=picture.height,
            )
        )
