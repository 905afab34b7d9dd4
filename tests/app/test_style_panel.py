"""The style panel: empty state, suggestions, donor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.document import OpenDocument
from app.panels.style import Thumb
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask


def mark(document: OpenDocument, box: Box) -> None:
    after = document.state.damage.copy()
    after.write(box, np.ones((box.height, box.width), np.uint8))
    document.do(change_mask(document.state.damage, after, "Brush stroke"))


def thumbs(window: MainWindow) -> list[Thumb]:
    return [made for made in window.style_panel.findChildren(Thumb) if not made.isHidden()]


def test_the_empty_panel_explains_references(window: MainWindow, opened: OpenDocument):
    card = window.style_panel.card
    assert not card.isHidden()
    assert "intact region" in card.text.text()
    assert [made.text() for made in card.findChildren(QPushButton)] == ["Suggest", "Draw", "Donor…"]


def test_suggestions_are_thumbnails_accepted_one_by_one(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    mark(opened, Box(50, 40, 30, 20))
    selection = window.context.selection
    qtbot.waitUntil(lambda: len(selection.suggestions) > 1, timeout=20_000)
    boxes = selection.suggestions
    qtbot.waitUntil(lambda: len(thumbs(window)) == len(boxes))
    offered = thumbs(window)
    qtbot.waitUntil(lambda: not offered[1].face.icon().isNull(), timeout=20_000)
    qtbot.mouseClick(offered[1].face, Qt.MouseButton.LeftButton)
    assert opened.state.style.regions == (boxes[1],)
    assert selection.suggestions == (boxes[0], *boxes[2:])
    none = next(b for b in window.style_panel.findChildren(QPushButton) if b.text() == "Use none")
    qtbot.mouseClick(none, Qt.MouseButton.LeftButton)
    assert selection.suggestions == ()
    assert opened.state.style.regions == (boxes[1],)


def test_a_donor_is_shown_and_removed(window: MainWindow, opened: OpenDocument, scan: Path, qtbot: QtBot):
    window.style_panel.set_donor(scan)
    assert opened.state.style.donor == scan
    qtbot.waitUntil(lambda: len(thumbs(window)) == 1)
    (thumb,) = thumbs(window)
    assert scan.name in thumb.face.accessibleName()
    qtbot.mouseClick(thumb.chip, Qt.MouseButton.LeftButton)
    assert opened.state.style.donor is None
    assert not window.style_panel.card.isHidden()


def test_the_panel_fits_its_dock(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    mark(opened, Box(50, 40, 30, 20))
    qtbot.waitUntil(lambda: bool(window.context.selection.suggestions), timeout=20_000)
    for panel in (window.damage, window.style_panel):
        assert panel.minimumSizeHint().width() <= 352, panel
        window.damage.show_derive("difference")
        assert panel.minimumSizeHint().width() <= 352, panel


def test_what_is_a_reference_is_not_suggested_again(window: MainWindow, opened: OpenDocument, qtbot: QtBot):
    selection = window.context.selection
    mark(opened, Box(50, 40, 30, 20))
    qtbot.waitUntil(lambda: bool(selection.suggestions), timeout=20_000)
    window.style_panel.accept_suggestions()
    taken = opened.state.style.regions
    window.action("undo").trigger()
    window.action("undo").trigger()
    window.action("redo").trigger()
    qtbot.waitUntil(lambda: selection.suggestions == taken, timeout=20_000)
    window.action("redo").trigger()
    assert opened.state.style.regions == taken
    assert selection.suggestions == ()
    assert not window.style_panel._suggestion_row.isVisibleTo(window.style_panel)
