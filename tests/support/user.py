"""User actions in the window: keys, buttons, the mouse on the canvas; and waiting for their effects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from mouse import Mouse
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QMessageBox,
    QSlider,
    QWidget,
)

from app.canvas.view import CanvasView
from app.commands import open as opening
from app.context import Context
from app.document import OpenDocument
from app.messages import Notification
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box

PATIENCE = 90_000
"""Timeout in ms; the network's first step waits until torch is imported."""
Point = tuple[float, float]
Kind = TypeVar("Kind", bound=QWidget)


class Waiting(Protocol):
    """Processes events until a condition holds, like pytest-qt's ``qtbot``."""

    def waitUntil(self, ready: Callable[[], bool], *, timeout: int) -> None: ...  # noqa: N802


class User:
    """A user of ``window``; ``said`` lists all messages so far."""

    def __init__(self, window: MainWindow, qtbot: Waiting) -> None:
        self.window, self._qtbot = window, qtbot
        self.said: list[Notification] = []
        window.context.messages.said.connect(self.said.append)

    @property
    def context(self) -> Context:
        return self.window.context

    @property
    def document(self) -> OpenDocument:
        assert self.context.document is not None
        return self.context.document

    @property
    def view(self) -> CanvasView:
        return self.window.area.view

    def until(self, ready: Callable[[], Any]) -> None:
        """Wait until ``ready()``."""
        self._qtbot.waitUntil(lambda: bool(ready()), timeout=PATIENCE)

    def settle(self) -> None:
        """Wait until no job is running or queued."""
        self.until(lambda: not self.context.jobs.busy and not self.context.jobs.queued)

    # Choosing

    def open(self, path: Path) -> None:
        """Open a scan or a project, and wait until it is drawn."""
        opening.open_path(self.context, path)
        self.shown()

    def shown(self) -> None:
        """Wait until the open document is drawn."""
        self.settle()
        self.until(lambda: self.window.area.layers is not None and self.window.area.layers.complete)

    def close_at_work(self) -> None:
        """Close the window; confirm the question whether to cancel the running job."""
        waiting = QTimer(self.window)

        def agree() -> None:
            asked = QApplication.activeModalWidget()
            if isinstance(asked, QMessageBox):
                role = QMessageBox.ButtonRole.AcceptRole
                next(each for each in asked.buttons() if asked.buttonRole(each) == role).click()

        waiting.timeout.connect(agree)
        waiting.start(10)
        self.window.close()
        waiting.stop()

    def act(self, name: str) -> None:
        """Trigger a menu action once it is enabled."""
        self.until(self.window.action(name).isEnabled)
        self.window.action(name).trigger()

    def press(self, keys: str) -> None:
        """Press keys such as ``Ctrl+Z`` in the canvas, processing events before and after."""
        QApplication.processEvents()
        combination = QKeySequence(keys)[0]
        QTest.keyClick(self.view, combination.key(), combination.keyboardModifiers())
        QApplication.processEvents()

    def click(self, button: QAbstractButton) -> None:
        """Click a visible button once it is enabled."""
        assert button.isVisible()
        self.until(button.isEnabled)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def choose(self, name: str, key: str) -> None:
        """Select the entry with ``key`` in the combo box called ``name``."""
        box = self._named(QComboBox, name)
        assert box.isVisible()
        box.setCurrentIndex(box.findData(key))
        box.activated.emit(box.currentIndex())

    def push(self, name: str) -> None:
        """Click the button with this text or accessible name."""
        self.click(self._named(QAbstractButton, name))

    def _named(self, kind: type[Kind], name: str) -> Kind:
        found = [one for one in self.window.findChildren(kind) if name in (one.accessibleName(), _text(one))]
        for dock in self.window.docks.values():
            if not any(one.isVisible() for one in found) and any(map(dock.isAncestorOf, found)):
                dock.title_bar.clicked.emit()
                QApplication.processEvents()
        seen = [one for one in found if one.isVisible()]
        assert len(seen) == 1, f"{len(seen)} of {len(found)} called {name!r} can be seen"
        return seen[0]

    def slider(self, panel: QWidget, name: str) -> QSlider:
        """The slider of a panel with this accessible name."""
        return next(one for one in panel.findChildren(QSlider) if one.accessibleName() == name)

    def dialog(self, kind: type[QDialog]) -> QDialog:
        """The open dialog of this class."""
        QApplication.processEvents()
        found = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
        assert len(found) == 1
        return found[0]

    # Drawing

    def at(self, point: Point) -> tuple[int, int]:
        """The canvas position of a point of the picture."""
        there = self.view.viewportTransform().map(QPointF(*point))
        return round(there.x()), round(there.y())

    def draw(self, *points: Point, **held: bool) -> None:
        """Drag the mouse through points of the picture."""
        Mouse(self.view).drag(*(self.at(point) for point in points), **held)

    def labels(self) -> Any:
        """(h, w) uint8: the damage class of every pixel."""
        return self.document.state.damage.read(self.document.painting.box)

    def names(self) -> list[str]:
        """The names of the done steps in the history."""
        return [entry.name for entry in self.document.document.history.done]

    def mark(self, box: Box, label: int = 1) -> None:
        """Mark a rectangle with the rectangle tool."""
        self.context.selection.label = label
        self.act("tool_rectangle")
        self.view.fit()
        self.draw((box.x + 0.5, box.y + 0.5), (box.right - 0.5, box.bottom - 0.5))


def _text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else ""
