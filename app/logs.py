"""Logging: a log file of recent sessions, and the stack trace of a crash."""

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
"""Bytes of a log file, and number of older ones."""
LINES = 200
"""Number of log lines that "Copy diagnostics" copies."""
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
    """Keeps the last lines of the log in memory, in case no file can be written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.extend(self.format(record).splitlines())


class QuietFile(RotatingFileHandler):
    """A log file that ignores errors: a full disk must not stop the window."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Ignore the error."""


recent = RecentLogLines()


class Logs:
    """Logging hooks of the process: :meth:`install` at its start, :meth:`remove` at its end."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = state_folder() if folder is None else folder
        self._handlers: list[logging.Handler] = []
        self._crash_file: IO[str] | None = None
        self._previous_hooks: tuple[Any, ...] = ()
        self._levels: dict[str, int] = {}

    def install(self) -> None:
        """Start the log and install hooks for uncaught exceptions."""
        self._open()
        self._previous_hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._uncaught
        threading.excepthook = _uncaught_in_thread
        sys.unraisablehook = _unraisable
        qInstallMessageHandler(qt_message)
        _log.info("started: %s", " ".join(sys.argv))

    def remove(self) -> None:
        """Restore the previous hooks and close the files."""
        qInstallMessageHandler(None)
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._previous_hooks
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        if self._crash_file is not None:
            faulthandler.disable()
            self._crash_file.close()

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
        """Open the file for the stack trace of a crash; keep the trace of an earlier session in memory."""
        earlier = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        self._crash_file = path.open("w", encoding="utf-8")
        faulthandler.enable(self._crash_file)
        if earlier.strip():
            recent.lines.extend(["an earlier session crashed:", *earlier.splitlines()[: LINES // 2]])

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Report an exception of a slot or the main program on stderr, in the log and in the banner."""
        sys.__excepthook__(kind, error, trace)
        faults.report(error, uncaught=True)


def _uncaught_in_thread(caught: threading.ExceptHookArgs) -> None:
    if caught.exc_value is not None:
        traceback.print_exception(caught.exc_value)
        faults.report(caught.exc_value, uncaught=True)


def _unraisable(caught: sys.UnraisableHookArgs) -> None:
    """Log an exception raised during garbage collection; it interrupts nothing."""
    sys.__unraisablehook__(caught)
    if caught.exc_value is not None:
        faults.note(caught.exc_value)


def qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Write messages of Qt to the log, serious ones to stderr too."""
    level = _LEVELS.get(kind, logging.WARNING)
    _qt.log(level, "%s", text)
    if level >= logging.ERROR:
        print(text, file=sys.stderr)
