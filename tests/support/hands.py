"""What a user does in the window: keys, buttons, the mouse on the canvas; and waiting till it is done."""

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
from app.messages import Message
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box

PATIENCE = 90_000
"""Milliseconds; the network's first step waits for torch to be loaded."""
Point = tuple[float, float]
Kind = TypeVar("Kind", bound=QWidget)


class Waiting(Protocol):
    """Deals with events till something has come, as pytest-qt's ``qtbot`` does."""

    def waitUntil(self, ready: Callable[[], bool], *, timeout: int) -> None: ...  # noqa: N802


class Hands:
    """A user at ``window``; ``said`` is every message so far."""

    def __init__(self, window: MainWindow, qtbot: Waiting) -> None:
        self.window, self._qtbot = window, qtbot
        self.said: list[Message] = []
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
        """Wait for something to come."""
        self._qtbot.waitUntil(lambda: bool(ready()), timeout=PATIENCE)

    def settle(self) -> None:
        """Wait until no job runs or waits."""
        self.until(lambda: not self.context.jobs.busy and not self.context.jobs.queued)

    # Choosing

    def open(self, path: Path) -> None:
        """Open a scan or a project, and wait for its picture."""
        opening.open_path(self.context, path)
        self.shown()

    def shown(self) -> None:
        """Wait till what is opened is drawn."""
        self.settle()
        self.until(lambda: self.window.area.layers is not None and self.window.area.layers.complete)

    def close_at_work(self) -> None:
        """Close the window, and say yes where it asks whether to stop what runs."""
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
        """Choose a menu entry; it must be possible."""
        self.until(self.window.action(name).isEnabled)
        self.window.action(name).trigger()

    def press(self, keys: str) -> None:
        """Press keys, as ``Ctrl+Z``, in the canvas; between two keys the window comes to itself."""
        QApplication.processEvents()
        combination = QKeySequence(keys)[0]
        QTest.keyClick(self.view, combination.key(), combination.keyboardModifiers())
        QApplication.processEvents()

    def click(self, button: QAbstractButton) -> None:
        """Click a button that can be seen, as soon as it can be pressed."""
        assert button.isVisible()
        self.until(button.isEnabled)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def choose(self, name: str, key: str) -> None:
        """Choose the entry of this key in the list that is called ``name``."""
        box = self._named(QComboBox, name)
        assert box.isVisible()
        box.setCurrentIndex(box.findData(key))
        box.activated.emit(box.currentIndex())

    def push(self, name: str) -> None:
        """Click the button with this text, or of this name."""
        self.click(self._named(QAbstractButton, name))

    def _named(self, kind: type[Kind], name: str) -> Kind:
        found = [one for one in self.window.findChildren(kind) if name in (one.accessibleName(), _text(one))]
        seen = [one for one in found if one.isVisible()]
        assert len(seen) == 1, f"{len(seen)} of {len(found)} called {name!r} can be seen"
        return seen[0]

    def slider(self, panel: QWidget, name: str) -> QSlider:
        """The slider that a panel calls so."""
        return next(one for one in panel.findChildren(QSlider) if one.accessibleName() == name)

    def dialog(self, kind: type[QDialog]) -> QDialog:
        """The dialog of this kind that is open, drawn."""
        QApplication.processEvents()
        found = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
        assert len(found) == 1
        return found[0]

    # Drawing

    def at(self, point: Point) -> tuple[int, int]:
        """Where a point of the picture is on the canvas."""
        there = self.view.viewportTransform().map(QPointF(*point))
        return round(there.x()), round(there.y())

    def draw(self, *points: Point, **held: bool) -> None:
        """Drag the mouse through points of the picture."""
        Mouse(self.view).drag(*(self.at(point) for point in points), **held)

    def labels(self) -> Any:
        """(h, w) uint8: the damage class of every pixel."""
        return self.document.state.damage.read(self.document.painting.box)

    def names(self) -> list[str]:
        """What the history lists as done."""
        return [entry.name for entry in self.document.document.history.done]

    def mark(self, box: Box, label: int = 1) -> None:
        """Mark a rectangle by the tool for it."""
        self.context.selection.label = label
        self.act("tool_rectangle")
        self.view.fit()
        self.draw((box.x + 0.5, box.y + 0.5), (box.right - 0.5, box.bottom - 0.5))


def _text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else ""
