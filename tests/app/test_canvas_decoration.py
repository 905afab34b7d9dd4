"""What is drawn on and beside the picture: suggested frames, the overview, the line between two views."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.canvas.navigation import ViewPosition
from app.canvas.overview import SHARE
from app.document import OpenDocument
from app.selection import Compare, DisplayedPicture
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box


@pytest.fixture
def canvas(window: MainWindow, opened: OpenDocument, qtbot: QtBot) -> MainWindow:
    qtbot.waitUntil(lambda: window.area.layers is not None and window.area.layers.complete)
    return window


def test_suggested_frames_are_labelled(canvas: MainWindow) -> None:
    selection, guides = canvas.context.selection, canvas.area.view.guides
    selection.style_taken = (Box(10, 10, 40, 30), Box(90, 60, 40, 30))
    assert guides.suggestions.labels == ("suggested 1", "suggested 2")
    at = canvas.area.view.viewportTransform().map(QPoint(90, 60))
    shown = canvas.area.view.viewport().grab().toImage()
    box = [
        shown.pixelColor(x, y).lightness()
        for x in range(at.x() + 2, at.x() + 60)
        for y in range(at.y() + 2, at.y() + 14)
    ]
    assert min(box) < 50, "no dark background"
    assert max(box) > 150, "no text"


def test_suggested_frames_are_hidden_where_pictures_are_compared(canvas: MainWindow) -> None:
    selection, area = canvas.context.selection, canvas.area
    selection.style_taken = (Box(10, 10, 40, 30),)
    frames = area.view.guides.suggestions, area.second.guides.suggestions
    assert frames[0].isVisible()
    for mode in (Compare.SIDE, Compare.SWIPE, Compare.BLINK, Compare.DIFFERENCE):
        selection.compare = mode
        assert not any(frame.isVisible() for frame in frames), mode
    selection.compare = Compare.SINGLE
    assert frames[0].isVisible()
    selection.shown = DisplayedPicture.RESTORED
    assert not frames[0].isVisible()
    selection.shown = DisplayedPicture.ORIGINAL
    QTest.keyPress(area.view, Qt.Key.Key_Tab)
    assert not frames[0].isVisible()
    QTest.keyRelease(area.view, Qt.Key.Key_Tab)
    assert frames[0].isVisible()


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (900, 700)])
def test_overview_covers_a_small_share_of_its_pane(
    canvas: MainWindow, qtbot: QtBot, width: int, height: int
) -> None:
    canvas.resize(width, height)
    view, selection = canvas.area.view, canvas.context.selection
    for mode in (Compare.SINGLE, Compare.SIDE):
        selection.compare = mode
        qtbot.wait(10)
        view.set_view(ViewPosition(80, 60, 20.0))
        port, overview = view.viewport().size(), view.overview
        if overview.isVisible():
            assert overview.width() <= port.width() * SHARE + 1
            assert overview.height() <= port.height() * SHARE + 1
        else:
            assert port.width() * SHARE < 64
    view.fit()
    assert not view.overview.isVisible()


def test_overview_is_hidden_in_a_narrow_pane(canvas: MainWindow, qtbot: QtBot) -> None:
    view = canvas.area.view
    canvas.resize(1400, 900)
    view.set_view(ViewPosition(80, 60, 20.0))
    assert view.overview.isVisible()
    canvas.context.selection.compare = Compare.SIDE
    qtbot.wait(10)
    canvas.area.splitter.setSizes([180, 5000])
    qtbot.waitUntil(lambda: view.width() < 220)
    assert not view.overview.isVisible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_bright_line_between_two_views(canvas: MainWindow, qtbot: QtBot, theme: str) -> None:
    canvas.context.settings.prefer(theme=theme)
    canvas.context.selection.compare = Compare.SIDE
    qtbot.wait(10)
    area = canvas.area
    handle = area.splitter.handle(1)
    shown = area.grab().toImage()
    at = handle.mapTo(area, QPoint(0, handle.height() - 60))
    colours = [shown.pixelColor(at.x() + x, at.y()) for x in range(-2, handle.width() + 2)]
    assert any(colour.lightness() < 80 for colour in colours), "the panes are not divided"
    assert max(colour.lightness() for colour in colours) < 130
    assert max(colour.saturation() for colour in colours) == 0
