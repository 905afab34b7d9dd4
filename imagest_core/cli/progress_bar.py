"""A progress bar on stderr, drawn only if stderr is a terminal."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from typing import TextIO

from imagest_core.printable import error_stream, printable
from imagest_core.progress import Report

INTERVAL = 0.1
WIDTH = 24


class ProgressBar:
    """Draws reports on one line, which :meth:`clear` blanks."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = error_stream() if stream is None else stream
        self.shown = self.stream is not None and self.stream.isatty()
        self._started, self._drawn, self._length = time.monotonic(), 0.0, 0

    def show(self, report: Report) -> None:
        """Draw ``report``, at most ten times a second."""
        now = time.monotonic()
        if not self.shown or now - self._drawn < INTERVAL:
            return
        self._drawn = now
        self._write(line(report, now - self._started))

    def clear(self) -> None:
        """Blank the line."""
        if self.shown and self._length:
            self._write("")
            self.stream.write("\r")
            self.stream.flush()

    def message(self, sentence: str) -> None:
        """Replace the bar with a sentence; may be called by a signal handler during :meth:`show`."""
        if self.shown:
            with suppress(RuntimeError):  # streams reject reentrant writes
                self._write(sentence)

    def _write(self, text: str) -> None:
        text = printable(text)[: shutil.get_terminal_size().columns - 1]
        self.stream.write("\r" + text.ljust(self._length))
        self.stream.flush()
        self._length = len(text)


def line(report: Report, elapsed: float) -> str:
    """Format ``stage 12/30 [#####    ] 40 %, 12 s left`` after ``elapsed`` seconds."""
    done = round(report.fraction * WIDTH)
    steps = f" {report.step}/{report.total}" if report.total else ""
    left = elapsed * (1 - report.fraction) / report.fraction if report.fraction > 0.02 else 0.0
    tail = f", {duration(left)} left" if left >= 1 else ""
    return f"{report.stage}{steps} [{'#' * done}{' ' * (WIDTH - done)}] {report.fraction:4.0%}{tail}".lstrip()


def duration(seconds: float) -> str:
    """Format seconds as ``0.8 s``, ``42 s``, ``3 min 5 s`` or ``2 h 4 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
