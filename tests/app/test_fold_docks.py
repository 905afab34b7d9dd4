"""Docks that are not needed yet are folded, and open when they are needed."""

from __future__ import annotations

import numpy as np

from app.document import OpenDocument
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask


def unfolded(window: MainWindow) -> set[str]:
    return {name for name, dock in window.docks.items() if dock.opened}


def test_docks_open_when_they_are_needed(window: MainWindow, opened: OpenDocument) -> None:
    assert unfolded(window) == {"damage", "style"}
    window.damage.show_derive("losses")
    assert unfolded(window) == {"damage"}
    window.damage.fold.head.setChecked(False)
    assert unfolded(window) == {"damage", "style"}

    after = opened.state.damage.copy()
    after.write(Box(20, 20, 8, 8), np.ones((8, 8), np.uint8))
    opened.do(change_mask(opened.state.damage, after, "Brush stroke"))
    assert unfolded(window) == {"damage", "style", "restore"}
    opened.undo()
    assert unfolded(window) == {"damage", "style"}


def test_a_dock_folded_by_the_user_stays_folded(window: MainWindow, opened: OpenDocument) -> None:
    for place in (20, 60):
        after = opened.state.damage.copy()
        after.write(Box(place, 20, 8, 8), np.ones((8, 8), np.uint8))
        opened.do(change_mask(opened.state.damage, after, "Brush stroke"))
        window.docks["style"].open(False)
    assert unfolded(window) == {"damage", "restore"}
