"""Progress reporting that is passed down, and cancellation by exception.

Long-running functions take a ``progress: Progress`` and call :meth:`Progress.set` or iterate over
:meth:`Progress.steps`; both raise :class:`Cancelled` after the user cancelled. The command line, the
tests and the window use the same class.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class Cancelled(Exception):  # noqa: N818 - cancellation is not an error
    """The user cancelled; no result is returned and no partial result is kept."""


@dataclass(frozen=True)
class Report:
    """State of the work: ``fraction`` of the whole in 0–1, the stage, ``step`` of ``total``."""

    fraction: float
    stage: str = ""
    step: int = 0
    total: int = 0


def _never() -> bool:
    return False


def _silent(_: object) -> None:
    return None


class Progress:
    """A span ``start``–``end`` (0–1) of the whole work that can be divided further.

    Parameters
    ----------
    report
        Called with a :class:`Report` after each step.
    cancelled
        Polled before each step; true cancels the work.
    preview
        Receives intermediate results.
    start, end
        The span of the whole work, 0–1.
    stage
        Name of the stage that is reported.
    """

    def __init__(
        self,
        report: Callable[[Report], None] = _silent,
        cancelled: Callable[[], bool] = _never,
        preview: Callable[[object], None] = _silent,
        *,
        start: float = 0.0,
        end: float = 1.0,
        stage: str = "",
    ) -> None:
        self._report, self._cancelled, self.preview = report, cancelled, preview
        self._start, self._end, self._stage = start, end, stage

    @property
    def wants_preview(self) -> bool:
        """Whether previews are shown; creating them takes time."""
        return self.preview is not _silent

    def check(self) -> None:
        """Raise :class:`Cancelled` if the user cancelled."""
        if self._cancelled():
            raise Cancelled

    def set(self, fraction: float, step: int = 0, total: int = 0) -> None:
        """Report that ``fraction`` (0–1) of this span is done; raise :class:`Cancelled` after a cancel."""
        self.check()
        whole = self._start + (self._end - self._start) * min(max(fraction, 0.0), 1.0)
        self._report(Report(whole, self._stage, step, total))

    def part(self, start: float, end: float, stage: str | None = None) -> Progress:
        """Return the part ``start``–``end`` (0–1) of this span, with its own stage name."""
        width = self._end - self._start
        return Progress(
            self._report,
            self._cancelled,
            self.preview,
            start=self._start + width * start,
            end=self._start + width * end,
            stage=self._stage if stage is None else stage,
        )

    def steps(self, items: Sequence[T]) -> Iterator[T]:
        """Iterate over ``items``; report before each one and at the end."""
        total = len(items)
        for index, item in enumerate(items):
            self.set(index / total, index, total)
            yield item
        self.set(1.0, total, total)


class Pace:
    """Limits optional work, such as previews, to a ``share`` (0–1) of the total time.

    Each turn is timed; the next one is due when ``1 / share`` of its duration has passed.
    """

    def __init__(self, share: float = 0.1, clock: Callable[[], float] = time.monotonic) -> None:
        self._share, self._clock = share, clock
        self._next = clock()

    @property
    def due(self) -> bool:
        """Whether the next turn is due."""
        return self._clock() >= self._next

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Time the work done inside the context as one turn."""
        started = self._clock()
        yield
        ended = self._clock()
        self._next = started + (ended - started) / self._share
