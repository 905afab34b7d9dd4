"""What is written down for whoever looks for a fault: a log of some sessions, and where a crash happened."""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import traceback
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from app.faults import faults
from imagest_core.paths import state_folder

LOG, CRASH = "imagest.log", "imagest-crash.log"
SIZE, KEPT = 1 << 20, 3
"""Bytes of a log file, and how many older ones are kept."""
LINES = 200
"""The last lines that "Copy diagnostics" copies."""
OURS = ("app", "imagest_core", "qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_qt = logging.getLogger("qt")
_log = logging.getLogger(__name__)


class RecentLogLines(logging.Handler):
    """The last lines of the log, in memory: they are there even where no file can be written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.lines.extend(self.format(record).splitlines())


class QuietFile(RotatingFileHandler):
    """A log file that may fail: a full disk must not stop the window."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Do without."""


recent = RecentLogLines()


class Logs:
    """Hooks of the whole process: :meth:`install` at its start, :meth:`remove` at its end."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = state_folder() if folder is None else folder
        self._handlers: list[logging.Handler] = []
        self._crash: IO[str] | None = None
        self._before: tuple[Any, ...] = ()
        self._levels: dict[str, int] = {}

    def install(self) -> None:
        """Write the log, and catch what nobody else catches."""
        self._open()
        self._before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._uncaught
        threading.excepthook = _uncaught_in_thread
        sys.unraisablehook = _unraisable
        qInstallMessageHandler(qt_message)
        _log.info("started: %s", " ".join(sys.argv))

    def remove(self) -> None:
        """Put everything back as it was."""
        qInstallMessageHandler(None)
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        if self._crash is not None:
            faulthandler.disable()
            self._crash.close()

    def _open(self) -> None:
        self._handlers = [recent]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / LOG
            self._handlers.append(
                QuietFile(path, maxBytes=SIZE, backupCount=KEPT, encoding="utf-8", errors="backslashreplace")
            )
            self._open_crash(self.folder / CRASH)
        except OSError as error:
            print(f"imagest: no log can be written: {error}.", file=sys.stderr)
        for handler in self._handlers:
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            logging.getLogger().addHandler(handler)
        for name in OURS:
            self._levels[name] = logging.getLogger(name).level
            logging.getLogger(name).setLevel(logging.INFO)

    def _open_crash(self, path: Path) -> None:
        """Where the interpreter writes when it dies; what is there already is of an earlier session."""
        left = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        self._crash = path.open("w", encoding="utf-8")
        faulthandler.enable(self._crash)
        if left.strip():
            recent.lines.extend(["an earlier session crashed:", *left.splitlines()[: LINES // 2]])

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """An exception that left a slot or the main program: on stderr, in the log, in the banner."""
        sys.__excepthook__(kind, error, trace)
        faults.report(error, uncaught=True)


def _uncaught_in_thread(caught: threading.ExceptHookArgs) -> None:
    if caught.exc_value is not None:
        traceback.print_exception(caught.exc_value)
        faults.report(caught.exc_value, uncaught=True)


def _unraisable(caught: sys.UnraisableHookArgs) -> None:
    """Raised where it can't be caught, while something is deleted: logged, as it stops nothing."""
    sys.__unraisablehook__(caught)
    if caught.exc_value is not None:
        faults.note(caught.exc_value)


def qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Qt's own messages go to the log; serious ones to stderr too."""
    level = _LEVELS.get(kind, logging.WARNING)
    _qt.log(level, "%s", text)
    if level >= logging.ERROR:
        print(text, file=sys.stderr)
