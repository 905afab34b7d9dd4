"""A double click, or a key that is held, starts and judges once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot
from user import User

from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.state import Subject

LOSSES = Box(50, 40, 30, 20), Box(110, 80, 20, 20), Box(20, 90, 20, 15)


@pytest.fixture
def user(window: MainWindow, scan, qtbot: QtBot) -> User:
    """Three losses are marked."""
    made = User(window, qtbot)
    window.resize(1264, 672)
    made.open(scan)
    for box in LOSSES:
        made.mark(box)
    return made


def double_click(button: QPushButton) -> None:
    """What the window system sends for two fast clicks."""
    at = QPointF(button.rect().center())
    kinds = QEvent.Type
    for kind in (
        kinds.MouseButtonPress,
        kinds.MouseButtonRelease,
        kinds.MouseButtonDblClick,
        kinds.MouseButtonRelease,
    ):
        left = Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind == kinds.MouseButtonRelease else left
        event = QMouseEvent(kind, at, button.mapToGlobal(at), left, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(button, event)


def button_of(user: User, panel: str, text: str) -> QPushButton:
    user.window.handlers.show_panel(panel)
    dock = user.window.docks[panel]
    return next(one for one in dock.findChildren(QPushButton) if one.text() == text and one.isVisible())


def test_a_double_click_restores_once(user: User) -> None:
    double_click(button_of(user, "restore", "Restore"))
    assert user.context.jobs.busy
    assert not user.context.jobs.queued
    user.settle()
    user.until(lambda: user.document.state.runs)
    assert list(user.document.state.runs) == [1]


def test_a_double_click_accepts_only_the_region_that_was_shown(user: User, qtbot: QtBot) -> None:
    user.act("restore_all")
    user.settle()
    user.until(lambda: user.document.state.runs)
    user.context.selection.run = 1
    user.act("next_unreviewed")
    shown = user.context.selection.region
    double_click(button_of(user, "review", "Accept"))
    assert list(user.document.state.decisions) == [Subject(1, shown)]
    assert user.context.selection.region not in (0, shown)


def test_a_held_key_repeats_steps_only(window: MainWindow) -> None:
    repeating = {name for name, action in window.actions_.all() if action.autoRepeat()}
    assert {"undo", "redo", "zoom_in", "brush_larger", "next_region"} <= repeating
    assert not repeating & {"restore_all", "restore_part", "make_hypotheses", "accept_region", "accept_run"}
    assert not {name for name in repeating if name.startswith(("tool_", "derive_", "restore_", "reject_"))}
