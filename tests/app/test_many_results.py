"""Any number of results can be reached: the strip scrolls by wheel, and to the selected one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from canvas_runs import filled_run
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot
from user import User

from app.commands import restore as restoring
from app.panels.results import SIDES, TILE_WIDTH
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.results import add_run

COUNT = 14


@pytest.fixture
def user(window: MainWindow, scan: Path, qtbot: QtBot) -> User:
    """A user with more results than the strip can show at once."""
    window.resize(1280, 720)
    made = User(window, qtbot)
    made.open(scan)
    made.mark(Box(50, 40, 6, 6))
    for _ in range(COUNT):
        restoring.restore_all(window.context)
    made.settle()
    return made


def visible(user: User, number: int) -> bool:
    """Whether the thumbnail of a result is completely inside the strip."""
    thumb = user.window.results._thumbs[number]
    viewport = user.window.results.listed.viewport()
    return viewport.rect().contains(thumb.mapTo(viewport, QPoint(0, 0))) and viewport.rect().contains(
        thumb.mapTo(viewport, thumb.rect().bottomRight())
    )


def turn(user: User, by: int) -> None:
    viewport = user.window.results.listed.viewport()
    at = QPointF(viewport.rect().center())
    event = QWheelEvent(
        at,
        QPointF(viewport.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, by),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def test_the_newest_result_is_shown_and_the_first_can_be_reached(user: User, qtbot: QtBot) -> None:
    user.context.selection.run = COUNT
    qtbot.waitUntil(lambda: visible(user, COUNT), timeout=3000)
    assert not visible(user, 1)
    for _ in range(40):
        turn(user, 120)
    assert visible(user, 1)
    user.context.selection.mask_visible = True
    QtBot.mouseClick(user.window.results._thumbs[1], Qt.MouseButton.LeftButton)
    assert not user.context.selection.mask_visible, "it covers the fills"
    assert user.context.selection.run == 1
    user.act("previous_run")
    assert user.context.selection.run == COUNT
    qtbot.waitUntil(lambda: visible(user, COUNT), timeout=3000)
    turn(user, 120)
    assert user.window.results.listed.horizontalScrollBar().value() > 0


def test_the_name_of_an_accepted_result_is_not_cut(user: User) -> None:
    user.act("accept_run")
    thumb = user.window.results._thumbs[COUNT]
    assert thumb.text().startswith("✓ ")
    typical = thumb.fontMetrics().horizontalAdvance("✓ 12 · Textured · 0/12")
    assert typical <= TILE_WIDTH - SIDES


def test_four_thumbnails_are_visible_in_a_small_window(user: User, qtbot: QtBot) -> None:
    strip = user.window.results
    strip.listed.horizontalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: visible(user, 1), timeout=3000)
    assert visible(user, 2)
    assert visible(user, 3), "and, before them, the accepted fills"
    tiles = strip._thumbs.values()
    for tile in tiles:
        assert tile.fontMetrics().horizontalAdvance(tile.text()) <= tile.width() - SIDES
    widths = [tile.width() for tile in tiles]
    user.act("accept_run")
    assert [tile.width() for tile in tiles] == widths, "nothing moves when a result is accepted"


def test_every_thumbnail_fits_the_height_of_the_strip(user: User) -> None:
    viewport = user.window.results.listed.viewport()
    user.until(lambda: user.window.results.listed.horizontalScrollBar().isVisible())
    for thumb in user.window.results.listed.findChildren(QToolButton):
        assert thumb.height() <= viewport.height()


@pytest.mark.parametrize("seed", [5, 40_283_940_291_234])
def test_a_name_shows_a_whole_seed_or_none(user: User, seed: int) -> None:
    run = filled_run(COUNT + 1, [Box(50, 40, 8, 8)], 20_000, (160, 120))  # its record leaves the seed open
    user.document.do(add_run(replace(run, seed=seed)))
    thumb = user.window.results._thumbs[COUNT + 1]
    whole = f"{COUNT + 1} · harmonic · {seed}/0"
    assert thumb.text() == (whole if seed == 5 else f"{COUNT + 1} · harmonic")
    assert whole in thumb.toolTip()
