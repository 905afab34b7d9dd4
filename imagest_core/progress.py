"""Progress that is handed down, and cancelling as an exception.

Long work takes a ``progress: Progress`` and calls :meth:`Progress.set` or iterates
:meth:`Progress.steps`; either raises :class:`Cancelled` once the user asked to stop.
The same object serves the command line, the tests and the window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class Cancelled(Exception):  # noqa: N818 - cancelling is no error
    """The user asked to stop; no result is returned and nothing half-done is kept."""


@dataclass(frozen=True)
class Report:
    """Where the work stands: ``fraction`` of the whole in 0–1, the stage, ``step`` of ``total``."""

    fraction: float
    stage: str = ""
    step: int = 0
    total: int = 0


def _never() -> bool:
    return False


def _silent(_: object) -> None:
    return None


class Progress:
    """A span of the whole work, ``start``–``end`` in 0–1, that can be divided further.

    ``report`` is called with a :class:`Report`; ``cancelled`` is polled; ``preview`` receives
    intermediate results for whoever wants to show them.
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
        """Whether anybody looks at previews, which may cost time to make."""
        return self.preview is not _silent

    def check(self) -> None:
        """Raise :class:`Cancelled` if the user asked to stop."""
        if self._cancelled():
            raise Cancelled

    def set(self, fraction: float, step: int = 0, total: int = 0) -> None:
        """Report ``fraction`` (0–1) of this span done; raises :class:`Cancelled`."""
        self.check()
        whole = self._start + (self._end - self._start) * min(max(fraction, 0.0), 1.0)
        self._report(Report(whole, self._stage, step, total))

    def part(self, start: float, end: float, stage: str | None = None) -> Progress:
        """The piece ``start``–``end`` (0–1) of this span, under its own stage name."""
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
        """Iterate ``items``, reporting before each and at the end."""
        total = len(items)
        for index, item in enumerate(items):
            self.set(index / total, index, total)
            yield item
        self.set(1.0, total, total)


class Pace:
    """Keeps something nice to have, such as previews, at a ``share`` (0–1) of the time.

    Each turn is measured; the next one is due when ``1 / share`` of what it took has passed.
    """

    def __init__(self, share: float = 0.1, clock: Callable[[], float] = time.monotonic) -> None:
        self._share, self._clock = share, clock
        self._next = clock()

    @property
    def due(self) -> bool:
        """Whether it is time for a turn."""
        return self._clock() >= self._next

    @contextmanager
    def turn(self) -> Iterator[None]:
        """What is done within counts."""
        began = self._clock()
        yield
        ended = self._clock()
        self._next = began + (ended - began) / self._share
