"""Faults of this program: each is logged once and told to whoever listens, from any thread."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

from imagest_core.errors import ImagestError, out_of_memory
from imagest_core.progress import Cancelled

log = logging.getLogger(__name__)

AGAIN = 5.0
"""Seconds in which the same fault, which every repaint may raise, is told once."""

QUIET = Cancelled, KeyboardInterrupt, SystemExit
"""No errors at all."""

Listener = Callable[[BaseException], object]


def is_fault(error: BaseException) -> bool:
    """Whether ``error`` is a fault of this program, and not wrong input, a full disk or a cancel."""
    if isinstance(error, (ImagestError, OSError, *QUIET)) or out_of_memory(error):
        return False
    return not _closed_meanwhile(error)


def once(error: BaseException, mark: str) -> bool:
    """Whether ``error`` is marked so for the first time.

    The mark is on the exception itself: whoever kept the exception would keep all it has seen.
    """
    name = f"_imagest_{mark}"
    first = not hasattr(error, name)
    setattr(error, name, True)
    return first


def _closed_meanwhile(error: BaseException) -> bool:
    """A worker was still reading a painting that was closed; nobody waits for the answer."""
    return isinstance(error, ValueError) and str(error).endswith(" is closed")


class Faults:
    """Tells every fault once, however many ways it comes."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._times: dict[tuple[type, str], float] = {}

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with every fault, in the thread it happened in."""
        self._listeners.append(listener)

    def forget(self, listener: Listener) -> None:
        """Call ``listener`` no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def report(self, error: BaseException, *, uncaught: bool = False) -> None:
        """Log ``error`` and tell it; nothing where it was reported just now, or is no fault.

        ``uncaught``: nobody has dealt with it, so that even wrong input is told.
        """
        if self.note(error, uncaught=uncaught):
            for listener in list(self._listeners):
                with suppress(RuntimeError):  # a window that is just being deleted
                    listener(error)

    def note(self, error: BaseException, *, uncaught: bool = False) -> bool:
        """Log ``error`` without telling; whether it is a fault, and a new one."""
        wanted = not isinstance(error, QUIET) if uncaught else is_fault(error)
        if not wanted or not once(error, "noted") or self._just_now(error):
            return False
        log.error("a fault of this program:\n%s", "".join(traceback.format_exception(error)).rstrip())
        return True

    def _just_now(self, error: BaseException) -> bool:
        """Whether the same line raised the same error a moment ago."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(error)
        key, now = (type(error), place), time.monotonic()
        before = self._times.get(key)
        self._times[key] = now
        return before is not None and now - before < AGAIN


faults = Faults()
"""Those of this process."""
