"""Handle Ctrl-C and SIGTERM: first cancel between two steps, then interrupt."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

GRACE_PERIOD = 3.0
"""Seconds after which a step that doesn't end is interrupted."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """A context in which a signal sets :attr:`requested`; a second one, or :data:`GRACE_PERIOD`, raises.

    The first signal makes the running work end cleanly (``Progress`` raises ``Cancelled``); then
    ``KeyboardInterrupt`` interrupts it. Outside the main thread it has no effect.
    """

    def __init__(self, acknowledge: Callable[[], None]) -> None:
        self.requested = False
        self._acknowledge = acknowledge
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._before:
            return
        self._alarm(0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            self._alarm(0)
            raise KeyboardInterrupt
        self.requested = True
        self._acknowledge()
        self._alarm(GRACE_PERIOD)

    def _alarm(self, seconds: float) -> None:
        """Schedule SIGALRM after ``seconds`` (0: cancel it), if the system has it."""
        if hasattr(signal, "setitimer"):
            if seconds:
                self._before.setdefault(signal.SIGALRM, signal.signal(signal.SIGALRM, self._on_signal))
            signal.setitimer(signal.ITIMER_REAL, seconds)
