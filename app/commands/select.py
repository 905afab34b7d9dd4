"""Select a part of the picture, to which detection, clean-up, statistics and restoration are limited."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.document import OpenDocument
from app.selection import SelectMode
from imagest_core.arrays import Labels
from imagest_core.damage.map import DamageMap
from imagest_core.damage.selection import Selection
from imagest_core.painting.geometry import Box

translate = QCoreApplication.translate


def select_outline(context: Context, points: Sequence[tuple[float, float]], mode: SelectMode) -> None:
    """Select the inside of an outline in native pixels."""
    _select(context, lambda document: Selection.of_outline(points, document.state.box), mode)


def select_all(context: Context) -> None:
    """Select the whole picture."""
    _select(context, lambda document: Selection.everything(document.state.box))


def select_visible(context: Context) -> None:
    """Select the visible part."""
    visible = context.selection.visible
    _select(context, lambda document: Selection.of_box(visible, document.state.box))


def select_class(context: Context) -> None:
    """Select all pixels of the damage class that is being painted."""
    label = context.selection.label
    _select(context, lambda document: Selection.of_class(document.state.damage, label))


def invert_selection(context: Context) -> None:
    """Select exactly the other pixels."""
    selected = context.selection.within
    if selected is not None:
        _set(context, selected.inverted())


def clear_selection(context: Context) -> None:
    """Remove the selection, so that nothing is limited."""
    context.selection.within = None


def limited(context: Context, damage: DamageMap) -> DamageMap:
    """Return the damage within the selection, all of it if there is none."""
    within = context.selection.within
    return damage if within is None else within.limit(damage)


def limited_part(context: Context, labels: Labels, box: Box, level: int) -> Labels:
    """Return the (h, w) ``labels`` of the native ``box`` at a reduced ``level``, 0 outside the selection."""
    within = context.selection.within
    if within is None:
        return labels
    selected, step = within.mask.read(box) > 0, 1 << level
    rows, columns = (
        np.minimum(np.arange(count) * step + step // 2, length - 1)
        for count, length in zip(labels.shape, selected.shape, strict=True)
    )
    return np.asarray(np.where(selected[np.ix_(rows, columns)], labels, 0).astype(labels.dtype))


def apply_text(context: Context) -> str:
    """Return the text of the button that marks what a preview shows."""
    if context.selection.within is None:
        return translate("Selecting", "Apply to the whole scan")
    return translate("Selecting", "Apply to the selection")


def _select(
    context: Context,
    make: Callable[[OpenDocument], Selection],
    mode: SelectMode = SelectMode.REPLACE,
) -> None:
    document = context.document
    if document is None:
        return

    def select() -> None:
        made, old = make(document), context.selection.within
        if mode is SelectMode.ADD and old is not None:
            made = old.united(made)
        elif mode is SelectMode.SUBTRACT and old is not None:
            made = old.without(made)
        elif mode is SelectMode.SUBTRACT:
            made = made.inverted()
        _set(context, made)

    context.attempt(select, topic="selection")


def _set(context: Context, made: Selection) -> None:
    """Select these pixels; an empty selection is removed, as it would limit everything to nothing."""
    if made.empty:
        clear_selection(context)
        context.messages.say(
            translate("Selecting", "Nothing is selected any more: the selection was removed."),
            topic="selection",
        )
    else:
        context.selection.within = made
