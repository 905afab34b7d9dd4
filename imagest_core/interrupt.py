"""Handle Ctrl-C and SIGTERM: cancel between two steps, then interrupt, but never what ends the work."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

CANCELLED = 130
"""The exit code of a cancelled command."""
GRACE_PERIOD = 3.0
"""Seconds after which a step that doesn't end is interrupted."""

PAUSE = 1.0
"""Seconds between two interrupts: further signals don't interrupt what cleans up after the first."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """A context in which a signal sets :attr:`requested`; a second one, or :data:`GRACE_PERIOD`, raises.

    The first signal makes the running work end cleanly (``Progress`` raises ``Cancelled``); then
    ``KeyboardInterrupt`` interrupts it, unless it is ending (see :func:`undisturbed`). After the context,
    the process is about to end, and its exit code stands: Ctrl-C is ignored. Outside the main thread it has
    no effect.

    ``insisted``: a second signal came. ``held``: signals don't interrupt any more. ``once``: they do so once.
    """

    def __init__(self, acknowledge: Callable[[], None]) -> None:
        self.requested = self.insisted = self.held = self.once = False
        self._acknowledge, self._next = acknowledge, 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupt:
        global _current
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
            _current = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _current
        if not self._before:
            return
        _current = None
        self._alarm(0)
        for number, handler in self._before.items():
            ignored = self.requested and number == signal.SIGINT
            signal.signal(number, signal.SIG_IGN if ignored else handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self.requested:
            self.requested = True
            self._acknowledge()
            if not self.held:
                self._alarm(GRACE_PERIOD)
            return
        self.insisted |= number in SIGNALS
        self._alarm(0)
        now = time.monotonic()
        if not self.held and now >= self._next:
            self.held, self._next = self.once, now + PAUSE
            raise KeyboardInterrupt

    def _alarm(self, seconds: float) -> None:
        """Schedule SIGALRM after ``seconds`` (0: cancel it), if the system has it."""
        if hasattr(signal, "setitimer"):
            if seconds:
                self._before.setdefault(signal.SIGALRM, signal.signal(signal.SIGALRM, self._on_signal))
            signal.setitimer(signal.ITIMER_REAL, seconds)


_current: Interrupt | None = None


def hold() -> None:
    """From here on, no signal interrupts the running work: it looks for a cancel itself, or is ending."""
    if _current is not None:
        _current.held = True


def undisturbed(work: Callable[[], object], end: Callable[[], object]) -> None:
    """Call ``work`` and, whatever comes of it, ``end``, which no signal interrupts.

    Signals interrupt ``work`` once at most, so that there is no moment in which one could prevent the end.
    """
    if _current is not None:
        _current.once = True
    try:
        try:
            work()
        finally:
            hold()
    finally:
        end()


def insisted() -> bool:
    """Whether a signal came after the one that asked for the end: what can be left out is."""
    return _current is not None and _current.insisted
