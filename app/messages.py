"""Messages to the user."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass

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
    """A sentence, a remedy, details for "Copy diagnostics", and a button.

    ``level``: info, warning or error.
    """

    level: str
    sentence: str
    remedy: str = ""
    details: str = ""
    action: MessageAction | None = None


class Messages(QObject):
    """Emits ``said(Notification)``; the banner shows it."""

    said = Signal(object)

    def say(self, sentence: str, details: str = "", action: MessageAction | None = None) -> None:
        """Show information; with an ``action`` it stays until it is closed or replaced."""
        self._emit(Notification("info", sentence, "", details, action))

    def warn(self, sentence: str, remedy: str = "", details: str = "") -> None:
        """Show a warning."""
        self._emit(Notification("warning", localized(sentence), remedy, details))

    def fail(self, error: BaseException) -> None:
        """Show an error: the sentence of an ``ImagestError``, a general one for an unexpected error.

        An unexpected error is logged and shown once, even if it arrives in several ways.
        """
        if is_fault(error):
            faults.note(error)
            if not once(error, "told"):
                return
        details = "".join(traceback.format_exception(error))
        sentence, remedy = explained(error)
        self._emit(Notification("error", sentence, remedy, details))

    def _emit(self, message: Notification) -> None:
        """Log ``message`` and emit it."""
        log.info("%s: %s %s", message.level, message.sentence, message.remedy)
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
