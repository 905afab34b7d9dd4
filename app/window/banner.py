"""The banner: one sentence on what happened and what to do next, over the top edge of the canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPoint, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QSizePolicy, QWidget

from app import theme
from app.diagnostics import diagnostics
from app.document import OpenDocument
from app.messages import Messages, Notification
from app.theme import GRID
from app.widgets.parts import button, label, repolish, row, tool_button

PASSING = 8_000
"""Milliseconds after which a mere piece of news goes away by itself."""


class Banner(QFrame):
    """Shows the latest message; when it is closed or outdated, the one before appears again.

    There is one message for each topic. "Copy diagnostics" copies the one that was shown last. The banner
    overlays the widget it covers, outside any layout: the picture must not move while the user draws.
    ``covering(height)``: a message that stays covers the top of that widget; 0 if none does.
    ``shown(height)``: the same for every message.
    """

    covering = Signal(int)
    shown = Signal(int)

    def __init__(self, messages: Messages, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.message: Notification | None = None
        self._messages: list[Notification] = []
        """The messages that are not outdated, the one shown last."""
        self._covered: QWidget | None = None
        self._picture = QLabel()
        self.sentence = label("", wrap=True)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.copy = button(self.tr("Copy diagnostics"), self.copy_diagnostics, icon="copy")
        self.act, self.second = button("", self._act), button("", self._act_second)
        close = tool_button("close", self.tr("Close this message"), self.dismiss)
        across = row(self._picture, self.sentence, self.second, self.act, self.copy, close)
        across.setContentsMargins(12, GRID, GRID, GRID)
        across.setStretch(1, 1)
        self.setLayout(across)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        messages.said.connect(self.show_message)
        messages.resolved.connect(self.resolve)
        messages.undone.connect(self.leave_steps)
        self.hide()

    def cover(self, widget: QWidget) -> None:
        """Overlay the top edge of ``widget``, which is in the banner's parent."""
        if self._covered is not None:
            self._covered.removeEventFilter(self)
        self._covered = widget
        widget.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the covered widget."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show):
            self._place()
        return False

    def _place(self) -> None:
        parent, covered = self.parentWidget(), self._covered
        if parent is None or covered is None:
            return
        width = covered.width()
        corner = covered.mapTo(parent, QPoint(0, 0))
        self.setGeometry(corner.x(), corner.y(), width, max(self.heightForWidth(width), 0))
        self.raise_()
        self._report_height()

    def show_message(self, message: Notification) -> None:
        """Show ``message`` above the others; it replaces those of its topic, and other information.

        Information does not cover an error: it is shown below if it offers an action, else not at all.
        """
        below = self._messages[-1:] if message.level == "info" else []
        self._messages = [
            each for each in self._messages if _subject(each) != _subject(message) and each.level != "info"
        ]
        if below and below[0].level == "error" and below[0] in self._messages:
            if message.action is not None:
                self._messages.insert(-1, message)
            return
        self._messages.append(message)
        self._show(message)

    def resolve(self, topic: str, number: int) -> None:
        """Remove warnings and errors before ``number`` of an action that has succeeded since."""
        self._keep(lambda each: each.topic != topic or each.level == "info" or each.number >= number)

    def dismiss(self) -> None:
        """Close the message shown and show the one before it."""
        self._keep(lambda each: each is not self._messages[-1])

    def leave_document(self, document: OpenDocument | None) -> None:
        """Remove what was reported about other documents than ``document``."""
        self._keep(lambda each: each.document is None or each.document is document)

    def leave_steps(self, done: int) -> None:
        """Remove what was reported about steps after the first ``done`` of the open document."""
        self._keep(lambda each: each.document is None or not each.of_step or each.steps <= done)

    def _keep(self, kept: Callable[[Notification], bool]) -> None:
        """Remove the other messages; if the one shown is among them, show the last that is left."""
        shown = self._messages[-1:]
        self._messages = [each for each in self._messages if kept(each)]
        if not self._messages:
            self.hide()
        elif self._messages[-1:] != shown:
            self._show(self._messages[-1])

    def _show(self, message: Notification) -> None:
        self.message = message
        colours = {"error": theme.roles().error, "warning": theme.roles().warning}
        self._picture.setPixmap(
            theme.pixmap(
                message.level, colours.get(message.level, theme.roles().accent), 20, self.devicePixelRatioF()
            )
        )
        self.sentence.setText(f"{message.sentence} {message.remedy}".strip())
        self.copy.setVisible(bool(message.details))
        for part, action in ((self.act, message.action), (self.second, message.second)):
            part.setVisible(action is not None)
            part.setText(action.text if action is not None else "")
        self.setProperty("level", message.level)
        repolish(self)
        self.setAccessibleName(self.sentence.text())
        self._place()
        self.show()
        self._timer.start(PASSING) if self._passing else self._timer.stop()
        self._report_height()

    @property
    def _passing(self) -> bool:
        """Whether the message disappears by itself."""
        message = self.message
        return message is None or (message.level == "info" and message.action is None)

    def _report_height(self) -> None:
        height = self.height() if self.isVisible() else 0
        self.covering.emit(0 if self._passing else height)
        self.shown.emit(height)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._report_height()

    def _act(self) -> None:
        """Close the message and do what its button says."""
        message = self.message
        self.dismiss()
        if message is not None and message.action is not None:
            message.action.run()

    def _act_second(self) -> None:
        """Do what the second button says and leave the first one."""
        message = self.message
        if message is None or message.second is None:
            return
        left = replace(message, second=None)
        self._messages = [left if each is message else each for each in self._messages]
        self._show(left)
        message.second.run()

    def copy_diagnostics(self) -> None:
        """Put what a helper needs on the clipboard."""
        QApplication.clipboard().setText(diagnostics(self.message))


def _subject(message: Notification) -> str:
    """What distinguishes messages of which only the latest is kept."""
    return message.topic or message.sentence
