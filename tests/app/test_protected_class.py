"""The class of protected pixels in the window."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from app.document import OpenDocument
from app.selection import ToolName
from app.window.main_window import MainWindow
from imagest_core.damage.classes import LOSS, PROTECTED, Policy
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask

AREA = Box(40, 30, 40, 30)


@pytest.fixture
def document(window: MainWindow, opened: OpenDocument) -> OpenDocument:
    """A document with a protected area."""
    damage = opened.state.damage.copy()
    damage.write(AREA, np.full((AREA.height, AREA.width), PROTECTED.label, "u1"))
    opened.do(change_mask(opened.state.damage, damage, "Brush"))
    return opened


def policy_of(document: OpenDocument) -> Policy:
    return next(item.policy for item in document.state.damage.classes if item.label == PROTECTED.label)


def test_ending_a_protection_is_reported_and_can_be_taken_back(
    window: MainWindow, document: OpenDocument, said: list
):
    buttons = window.damage.classes.findChildren(QAbstractButton)
    next(each for each in buttons if each.accessibleName() == "protected: protect").click()
    assert policy_of(document) is Policy.FILL
    [warning] = [each for each in said if "no longer protected" in each.sentence]
    warning.action.run()
    assert policy_of(document) is Policy.PROTECT


def test_the_fill_tool_says_that_pixels_are_protected(window: MainWindow, document: OpenDocument, said: list):
    window.context.selection.label, window.context.selection.tool = LOSS.label, ToolName.FILL
    view = window.area.view
    place = view.mapFromScene(60.0, 45.0)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert any("Protected pixels were left out" in each.sentence for each in said)
    assert document.state.damage.counts() == {PROTECTED.label: AREA.area}
