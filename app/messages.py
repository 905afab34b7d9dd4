"""Messages to the user."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.faults import faults, is_fault, once
from app.i18n.core_messages import localized
from imagest_core.errors import ImagestError, out_of_memory

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MessageAction:
    """A button in a notification: its text and what it does."""

    text: str
    run: Callable[[], object]


@dataclass(frozen=True)
class Notification:
    """A sentence, a remedy, details for "Copy diagnostics", and up to two buttons.

    ``level``: info, warning or error. ``topic``: the action that it is about, such as "open" or "export".
    ``document``: the document that it is about; it is hidden when that one is closed. ``steps``: how many
    steps of its history were done at that time.
    """

    level: str
    sentence: str
    remedy: str = ""
    details: str = ""
    action: MessageAction | None = None
    topic: str = ""
    document: object = None
    number: int = 0
    """Messages are numbered in the order in which they are reported."""
    second: MessageAction | None = None
    steps: int = 0

    @property
    def of_step(self) -> bool:
        """Whether it tells of the latest step, so that it is outdated once that is undone."""
        return self.level == "info" or (self.level == "warning" and self.action is not None)


RESCUE = "`imagest project rescue`"
"""The command that messages on damaged projects advise; the window offers a button for it."""
WITHOUT_DOCUMENT = ("open", "close", "rescue")
"""Topics that are not about the document that is open when they are reported."""


class Messages(QObject):
    """Emits ``said(Notification)``, for the banner, ``resolved(topic, number)`` and ``undone(steps)``.

    ``resolved``: the action of this topic succeeded, so that its warnings and errors before this number are
    outdated. ``undone``: only so many steps of the document are done, so that what tells of later ones is
    outdated. ``document`` is the open document, ``count`` the number of messages so far.
    """

    said = Signal(object)
    resolved = Signal(str, int)
    undone = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document: object = None
        self.count = 0
        self.steps = 0
        """Number of done steps of the open document."""
        self.rescue: Callable[[Path | None], MessageAction | None] = lambda _: None
        """Returns the button of a message on a damaged project; None is the open one."""

    def say(
        self, sentence: str, details: str = "", action: MessageAction | None = None, *, topic: str = ""
    ) -> None:
        """Show information; with an ``action`` it stays until it is closed or replaced."""
        self._emit("info", sentence, details=details, action=action, topic=topic)

    def warn(
        self,
        sentence: str,
        remedy: str = "",
        details: str = "",
        action: MessageAction | None = None,
        *,
        topic: str = "",
        second: MessageAction | None = None,
    ) -> None:
        """Show a warning."""
        self._emit("warning", localized(sentence), remedy, details, action, topic=topic, second=second)

    def fail(self, error: BaseException, topic: str = "", action: MessageAction | None = None) -> None:
        """Show an error: the sentence of an ``ImagestError``, a general one for an unexpected error.

        An unexpected error is logged and shown once, even if it arrives in several ways.
        """
        if is_fault(error):
            faults.note(error)
            if not once(error, "told"):
                return
        details = "".join(traceback.format_exception(error))
        self._emit("error", *explained(error), details, action, topic=topic)

    def resolve(self, topic: str, before: int | None = None) -> None:
        """Report that the action of ``topic`` succeeded, started after the first ``before`` messages."""
        if topic:
            self.resolved.emit(topic, self.count if before is None else before)

    def count_steps(self, steps: int) -> None:
        """Note how many steps of the open document are done now."""
        fewer, self.steps = steps < self.steps, steps
        if fewer:
            self.undone.emit(steps)

    def _emit(
        self,
        level: str,
        sentence: str,
        remedy: str = "",
        details: str = "",
        action: MessageAction | None = None,
        *,
        topic: str,
        second: MessageAction | None = None,
    ) -> None:
        """Log a message and emit it."""
        if action is None and RESCUE in sentence:
            action = self.rescue(None)
        document = None if topic in WITHOUT_DOCUMENT else self.document
        log.info("%s: %s %s", level, sentence, remedy)
        number, steps = self.count, self.steps
        message = Notification(
            level, sentence, remedy, details, action, topic, document, number, second, steps
        )
        self.count += 1
        self.said.emit(message)


def explained(error: BaseException) -> tuple[str, str]:
    """(sentence, remedy) for an error, in the user's language."""
    translate = QCoreApplication.translate
    if isinstance(error, ImagestError):
        return localized(error.message), ""
    if out_of_memory(error):
        return (
            translate("Messages", "There was not enough memory for this."),
            translate("Messages", "Choose a lower quality, a smaller part or the CPU, and try again."),
        )
    if isinstance(error, OSError):
        return translate("Messages", "A file could not be used: {0}.").format(error.strerror or error), ""
    return (
        translate("Messages", "An internal error ({0}) interrupted this; your work is kept.").format(
            type(error).__name__
        ),
        translate("Messages", "Copy the diagnostics and report the error."),
    )
