"""The scale bar, and zooming to the selection."""

from __future__ import annotations

import numpy as np
import pytest
from canvas_runs import filled_run
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.canvas.navigation import ViewPosition
from app.canvas.scale_bar import LONGEST, round_length
from app.document import OpenDocument
from app.selection import Compare
from app.settings import Settings
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.results import add_run
from imagest_core.project.operations.settings import set_scale


@pytest.mark.parametrize(
    ("zoom", "px_per_mm", "text", "pixels"),
    [
        (1.0, None, "200 px", 200),
        (0.3, None, "500 px", 150),
        (32.0, None, "5 px", 160),
        (1.0, 4.0, "5 cm", 200),
        (0.1, 4.0, "50 cm", 200),
        (0.01, 4.0, "5 m", 200),
        (8.0, 4.0, "5 mm", 160),
        (32.0, 40.0, "100 µm", 128),
    ],
)
def test_lengths_are_round(zoom: float, px_per_mm: float | None, text: str, pixels: float) -> None:
    length = round_length(LONGEST, zoom, px_per_mm)
    assert (length.text, length.pixels) == (text, pytest.approx(pixels))


@pytest.fixture
def active(window: MainWindow, opened: OpenDocument) -> MainWindow:
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    return window


def test_scale_bar_follows_zoom_scale_and_its_shortcut(active: MainWindow, opened: OpenDocument) -> None:
    view, bar = active.area.view, active.area.view.scale_bar
    assert not bar.isVisible()
    QTest.keyClick(view, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert bar.isVisible()
    view.set_view(ViewPosition(80, 60, 4.0))
    assert bar.length.text == "10 mm" or bar.length.text == "1 cm"
    opened.do(set_scale(opened.state, None))
    assert bar.length.text.endswith("px")
    assert Settings(active.context.settings._store).preferences.scale_bar
    active.action("scale_bar").trigger()
    assert not bar.isVisible()


def test_the_bar_does_not_cover_the_legend(active: MainWindow) -> None:
    active.action("scale_bar").trigger()
    active.context.selection.compare = Compare.DIFFERENCE
    bar, legend = active.area.view.scale_bar, active.area.legend
    assert bar.isVisible()
    assert legend.isVisible()
    assert not bar.geometry().intersects(legend.geometry())


def test_zooming_to_visible_damage_and_to_the_region_under_review(
    active: MainWindow, opened: OpenDocument, qtbot: QtBot, said: list
) -> None:
    view = active.area.view
    active.action("zoom_to_selection").trigger()
    assert "nothing to zoom to" in said[-1].sentence
    after = opened.state.damage.copy()
    for box in (Box(20, 20, 10, 10), Box(130, 90, 10, 10)):
        after.write(box, np.ones((10, 10), np.uint8))
    opened.do(change_mask(opened.state.damage, after, "Mark"))
    view.set_view(ViewPosition(20, 20, 8.0))
    assert not view.visible_box().contains(Box(130, 90, 10, 10))
    QTest.keyClick(view, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert (view.position.x, view.position.y) == pytest.approx((25, 25), abs=1)
    view.fit()
    active.action("zoom_to_selection").trigger()
    assert view.visible_box().contains(Box(20, 20, 120, 80))
    opened.do(add_run(filled_run(1, [Box(80, 60, 8, 8)], 30000, (160, 120))))
    active.context.selection.run, active.context.selection.region = 1, 1
    active.action("zoom_to_selection").trigger()
    assert (view.position.x, view.position.y) == pytest.approx((84, 64), abs=1)
    assert view.zoom > 8


def test_the_view_is_rotated_by_keys(active: MainWindow) -> None:
    view, shift = active.area.view, Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(view, Qt.Key.Key_R, shift)
    assert view.rotation == 90
    QTest.keyClick(view, Qt.Key.Key_L, shift)
    QTest.keyClick(view, Qt.Key.Key_L, shift)
    assert view.rotation == 270
    QTest.keyClick(view, Qt.Key.Key_U, shift)
    assert view.rotation == 0
