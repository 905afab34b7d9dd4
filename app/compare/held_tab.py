"""Holding Tab anywhere in the window, except in text fields."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

HOLD_AFTER = 250
"""Milliseconds after which Tab outside the canvas counts as held; a shorter press moves the focus."""


class HeldTab(QObject):
    """Emits ``changed(held)``. Over ``canvas`` a press counts at once, as Tab has no other use there.

    It filters the events of the widget that has the focus, so it does not slow down any others.
    """

    changed = Signal(bool)

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas, self.held = canvas, False
        self._watched: QWidget | None = None
        self._always: list[QWidget] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HOLD_AFTER)
        self._timer.timeout.connect(lambda: self._hold(True))
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)
        self.watch(canvas)

    def watch(self, widget: QWidget) -> None:
        """Filter the events of ``widget`` whether or not it has the focus."""
        self._always.append(widget)
        widget.installEventFilter(self)

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = None
        if new is None and QApplication.activeWindow() is self._canvas.window():
            new = self._canvas.window()  # it receives the keys if nothing has the focus
        if new is not None and _belongs(new, self._canvas.window()) and not _takes_text(new):
            new.installEventFilter(self)
            self._watched = None if new in self._always else new

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Hold while Tab is pressed; release when the focus is lost."""
        if event.type() == QEvent.Type.FocusOut:
            self._timer.stop()
            self._hold(False)
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            return False
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return False
        if event.key() != Qt.Key.Key_Tab or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        if not event.isAutoRepeat():
            self._pressed(watched) if event.type() == QEvent.Type.KeyPress else self._released(watched)
        return True

    def _pressed(self, widget: QWidget) -> None:
        if widget is self._canvas or self._canvas.isAncestorOf(widget):
            self._hold(True)
        else:
            self._timer.start()

    def _released(self, widget: QWidget) -> None:
        """Stop holding; after a short press outside the canvas, move the focus as Tab usually does."""
        if self._timer.isActive():
            self._timer.stop()
            widget.focusNextChild()
        self._hold(False)

    def _hold(self, held: bool) -> None:
        if held != self.held:
            self.held = held
            self.changed.emit(held)


def _belongs(widget: QWidget, window: QWidget) -> bool:
    """Whether ``widget`` is in ``window`` or in a floating panel of it."""
    own = widget.window()
    return own is window or (isinstance(own, QDockWidget) and own.parentWidget() is window)


def _takes_text(widget: QWidget) -> bool:
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit | QAbstractSpinBox)
