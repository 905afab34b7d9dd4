"""What the GUI benchmark runs on: the window offscreen, a stall meter, and synthetic scans."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PySide6.QtCore import QEventLoop, QObject, QSettings, QTimer

from app.commands import open as opening
from app.document import OpenDocument
from app.main import Program, make_application
from app.messages import Notification
from app.settings import Settings
from imagest_core.errors import ImagestError
from imagest_core.paths import data_folder
from imagest_core.restoration.request import RestorationRequest

TICK = 5
"""Milliseconds between two checks of the event loop."""
ROWS = 256
"""Rows per strip of a synthetic scan."""


def clock() -> float:
    """Time in s; with ``IMAGEST_BENCH_CPU`` the CPU time of this thread, for a busy machine."""
    return time.thread_time() if os.environ.get("IMAGEST_BENCH_CPU") else time.perf_counter()


class Stalls(QObject):
    """Measures the longest stall of the event loop (s), and counts stalls above ``limit``."""

    def __init__(self, parent: QObject | None = None, limit: float = 0.1) -> None:
        super().__init__(parent)
        self.longest, self.waiting, self.count, self._limit = 0.0, 0.0, 0, limit
        self._last, self._waited = time.perf_counter(), time_waiting_for_core()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK)

    def stop(self) -> None:
        """Stop measuring."""
        self._timer.stop()

    def _tick(self) -> None:
        now, waited = time.perf_counter(), time_waiting_for_core()
        late = now - self._last - TICK / 1e3
        if late > self.longest:
            self.longest, self.waiting = late, min(waited - self._waited, late)
        self.count += late > self._limit
        self._last, self._waited = now, waited


def time_waiting_for_core() -> float:
    """Seconds the main thread waited for a CPU core; 0 where the system does not report it.

    The file stays open, because opening it at each tick would affect the measurement.
    """
    try:
        return int(os.pread(_schedule(), 100, 0).split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


@cache
def _schedule() -> int:
    return os.open(f"/proc/self/task/{os.getpid()}/schedstat", os.O_RDONLY)


ENGINE = "harmonic"


class Stage:
    """The main window offscreen, set to an engine that needs no weights."""

    def __init__(self, size: tuple[int, int] = (1440, 900)) -> None:
        self.application = make_application()
        own = QSettings(str(data_folder() / "bench.ini"), QSettings.Format.IniFormat)
        settings = Settings(own)
        settings.save_preset(ENGINE, RestorationRequest.of(ENGINE).to_plain())
        settings.start_with(ENGINE)
        self._program = Program(self.application, settings)
        self.window = self._program.window
        self.context = self.window.context
        self._errors: list[str] = []
        self.context.messages.said.connect(self._note)
        self.area = self.window.area
        self.window.resize(*size)
        self.window.show()
        self.turn()

    def _note(self, message: Notification) -> None:
        if message.level == "error":
            self._errors.append(message.sentence)

    def turn(self) -> None:
        """Process events for a moment."""
        loop = QEventLoop()
        QTimer.singleShot(TICK, loop.quit)
        loop.exec()

    def until(self, ready: Callable[[], bool]) -> None:
        """Wait until ``ready()``; raises ``ImagestError`` if the window reports an error."""
        while not ready():
            if self._errors:
                raise ImagestError(self._errors[0])
            self.turn()

    def rest(self) -> None:
        """Wait until the background and everything its results cause have finished."""
        for _ in range(4):
            self.until(lambda: self.context.background.resting)
            self.turn()

    def open(self, scan: Path) -> None:
        """Start opening ``scan``."""
        opening.open_path(self.context, scan)

    def opened(self, scan: Path) -> None:
        """Open ``scan`` and wait until all its levels are built."""
        self.open(scan)
        self.until(lambda: self.area.layers is not None and self.area.layers.complete)

    @property
    def document(self) -> OpenDocument:
        """The open document."""
        document = self.context.document
        assert document is not None
        return document

    def close(self) -> None:
        """Close the window without saving."""
        document = self.context.document
        self.context.set_document(None)
        if document is not None:
            document.abandon()
        self._program.end()


def write_scan(path: Path, width: int, height: int) -> Path:
    """Write an uncompressed 16-bit AdobeRGB TIFF with gradients and grain, a block of rows at a time."""
    import imagecodecs

    tifffile.imwrite(
        path,
        _rows(width, height),
        shape=(height, width, 3),
        dtype=np.uint16,
        photometric="rgb",
        rowsperstrip=ROWS,
        resolution=(600, 600),
        resolutionunit="INCH",
        iccprofile=bytes(imagecodecs.cms_profile("adobergb")),
        bigtiff=width * height * 6 > 4_000_000_000,
    )
    return path


def _rows(width: int, height: int) -> Iterator[NDArray[np.uint16]]:
    grain = np.random.default_rng(0).integers(0, 6000, (ROWS, width, 3), np.uint16)
    across = np.linspace(8000, 50000, width, dtype=np.uint16)[None, :, None]
    for y in range(0, height, ROWS):
        rows = min(ROWS, height - y)
        yield (grain[:rows] + across // (1 + y // 2048 % 3)).astype(np.uint16)
