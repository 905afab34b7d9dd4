"""A combo box that is too narrow for its text shows both ends of it, and all of it in the tooltip."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.combo_box import NarrowComboBox, narrow_combo_box

LONG = "Imagest on Stable Diffusion · a model with a long name"


@pytest.fixture
def box(qtbot: QtBot) -> NarrowComboBox:
    made = narrow_combo_box()
    assert isinstance(made, NarrowComboBox)
    qtbot.addWidget(made)
    made.addItems([LONG, "short"])
    made.setPlaceholderText("Own settings")
    made.show()
    qtbot.waitExposed(made)
    made.resize(made.fontMetrics().horizontalAdvance(LONG) * 2 // 3, 28)
    return made


def test_both_ends_of_a_long_text_are_shown(box: NarrowComboBox) -> None:
    assert box.shown_text.startswith("Imagest")
    assert box.shown_text.endswith("name")
    assert "…" in box.shown_text
    box.setCurrentIndex(1)
    assert box.shown_text == "short"
    box.setCurrentIndex(-1)
    assert box.shown_text == "Own settings"


@pytest.mark.parametrize("index", [0, -1])
def test_the_text_is_drawn_like_that_of_another_combo_box(qtbot: QtBot, index: int) -> None:
    drawn = []
    parent = QWidget()
    qtbot.addWidget(parent)
    for box in (narrow_combo_box(), QComboBox()):
        box.setParent(parent)
        box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        box.addItems(["short"])
        box.setPlaceholderText("Own settings")
        box.setCurrentIndex(index)
        box.resize(160, 28)
        drawn.append(box.grab().toImage())
    assert drawn[0] == drawn[1]


def test_the_tooltip_shows_all_of_a_text_that_is_cut(box: NarrowComboBox, qtbot: QtBot) -> None:
    box.setToolTip("Which engine fills")
    event = QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(5, 5), box.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(box, event)
    assert QToolTip.text() == f"{LONG}\nWhich engine fills"
    QToolTip.hideText()
    QTest.qWait(10)
