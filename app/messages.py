"""The one way in which anything is said to the user."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.faults import faults, is_fault, once
from app.i18n.core_messages import core_sentence
from imagest_core.errors import ImagestError, out_of_memory

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """A sentence, what to do about it, what "Copy diagnostics" adds; ``level``: info, warning, error."""

    level: str
    sentence: str
    remedy: str = ""
    details: str = ""


class Messages(QObject):
    """``said(Message)``: the banner and the status line listen."""

    said = Signal(object)

    def say(self, sentence: str, details: str = "") -> None:
        """Something went well, or is worth knowing."""
        self._tell(Message("info", sentence, "", details))

    def warn(self, sentence: str, remedy: str = "", details: str = "") -> None:
        """Something may not be what the user wants."""
        self._tell(Message("warning", core_sentence(sentence), remedy, details))

    def fail(self, error: BaseException) -> None:
        """Something went wrong: the sentence of the program's own errors, a general one for its faults.

        A fault is logged, and told once however many ways it comes.
        """
        if is_fault(error):
            faults.note(error)
            if not once(error, "told"):
                return
        details = "".join(traceback.format_exception(error))
        sentence, remedy = explained(error)
        self._tell(Message("error", sentence, remedy, details))

    def _tell(self, message: Message) -> None:
        """Say it, and write it down for the diagnostics."""
        log.info("%s: %s %s", message.level, message.sentence, message.remedy)
        self.said.emit(message)


def explained(error: BaseException) -> tuple[str, str]:
    """What happened and what to do, in one sentence each."""
    translate = QCoreApplication.translate
    if isinstance(error, ImagestError):
        return core_sentence(str(error)), ""
    if out_of_memory(error):
        return (
            translate("Messages", "There was not enough memory for this."),
            translate("Messages", "Choose a lower quality, a smaller part or the CPU, and try again."),
        )
    if isinstance(error, OSError):
        return translate("Messages", "A file could not be used: {0}.").format(error.strerror or error), ""
    return (
        translate("Messages", "A fault of this program interrupted this ({0}); your work is kept.").format(
            type(error).__name__
        ),
        translate("Messages", "Copy the diagnostics and report them."),
    )
