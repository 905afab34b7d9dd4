"""Ctrl-C and SIGTERM: first asked for between two steps, then insisted on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

PATIENCE = 3.0
"""Seconds after which a step that doesn't end is interrupted where it stands."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """While entered, a signal sets :attr:`asked`; a second one, or :data:`PATIENCE`, raises.

    The first asks the running work to end cleanly (``Progress`` raises ``Cancelled``); after that
    ``KeyboardInterrupt`` unwinds whatever is running. Outside the main thread it does nothing.
    """

    def __init__(self, acknowledge: Callable[[], None]) -> None:
        self.asked = False
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
        if self.asked:
            self._alarm(0)
            raise KeyboardInterrupt
        self.asked = True
        self._acknowledge()
        self._alarm(PATIENCE)

    def _alarm(self, seconds: float) -> None:
        """Have SIGALRM insist after ``seconds`` (0: not any more), where the system has it."""
        if hasattr(signal, "setitimer"):
            if seconds:
                self._before.setdefault(signal.SIGALRM, signal.signal(signal.SIGALRM, self._on_signal))
            signal.setitimer(signal.ITIMER_REAL, seconds)
