"""The window offscreen, with a scan in it, and a clock on its event loop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, QSettings, QTimer

from app.commands import open as opening
from app.document import OpenDocument
from app.main import Program, make_application
from app.messages import Message
from app.settings import Settings
from imagest_core.errors import ImagestError
from imagest_core.paths import data_folder
from imagest_core.restoration.request import RestorationRequest

TICK = 5
"""Milliseconds between two looks at the event loop."""


def clock() -> float:
    """Seconds; with ``IMAGEST_BENCH_CPU`` those this thread has worked, for a machine that is busy."""
    return time.thread_time() if os.environ.get("IMAGEST_BENCH_CPU") else time.perf_counter()


class Stalls(QObject):
    """How long the event loop was kept from its work at most (s), and how often for more than ``limit``."""

    def __init__(self, parent: QObject | None = None, limit: float = 0.1) -> None:
        super().__init__(parent)
        self.longest, self.without_a_core, self.count, self._limit = 0.0, 0.0, 0, limit
        self._last, self._waited = time.perf_counter(), waited_for_a_core()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK)

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _tick(self) -> None:
        now, waited = time.perf_counter(), waited_for_a_core()
        late = now - self._last - TICK / 1e3
        if late > self.longest:
            self.longest, self.without_a_core = late, min(waited - self._waited, late)
        self.count += late > self._limit
        self._last, self._waited = now, waited


def waited_for_a_core() -> float:
    """Seconds the main thread could have worked had other processes left it a core; 0 where it isn't told.

    The file stays open: opening it at each tick would weigh on what is measured.
    """
    try:
        return int(os.pread(_schedule(), 100, 0).split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


@cache
def _schedule() -> int:
    return os.open(f"/proc/self/task/{os.getpid()}/schedstat", os.O_RDONLY)


class Stage:
    """The program's window, offscreen; an engine is chosen that needs no weights."""

    def __init__(self, size: tuple[int, int] = (1440, 900)) -> None:
        self.application = make_application()
        own = QSettings(str(data_folder() / "bench.ini"), QSettings.Format.IniFormat)
        self._program = Program(self.application, Settings(own))
        self.window = self._program.window
        self.context = self.window.context
        self._errors: list[str] = []
        self.context.messages.said.connect(self._note)
        self.context.selection.request = RestorationRequest.of("harmonic")
        self.area = self.window.area
        self.window.resize(*size)
        self.window.show()
        self.turn()

    def _note(self, message: Message) -> None:
        if message.level == "error":
            self._errors.append(message.sentence)

    def turn(self) -> None:
        """Let events be dealt with for a moment."""
        loop = QEventLoop()
        QTimer.singleShot(TICK, loop.quit)
        loop.exec()

    def until(self, ready: Callable[[], bool]) -> None:
        """Wait; raises ``ImagestError`` where the window says that it can't."""
        while not ready():
            if self._errors:
                raise ImagestError(self._errors[0])
            self.turn()

    def rest(self) -> None:
        """Wait till the background has nothing to do, and nothing comes of its answers either."""
        for _ in range(4):
            self.until(lambda: self.context.background.resting)
            self.turn()

    def open(self, scan: Path) -> None:
        """Begin to open."""
        opening.open_path(self.context, scan)

    def opened(self, scan: Path) -> None:
        """Open and wait till all is built."""
        self.open(scan)
        self.until(lambda: self.area.layers is not None and self.area.layers.complete)

    @property
    def document(self) -> OpenDocument:
        """The open document."""
        document = self.context.document
        assert document is not None
        return document

    def close(self) -> None:
        """End the window without keeping anything."""
        document = self.context.document
        self.context.set_document(None)
        if document is not None:
            document.abandon()
        self._program.end()
