"""Unexpected errors: logged once and reported to listeners, from any thread."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

from imagest_core.errors import ImagestError, out_of_memory
from imagest_core.progress import Cancelled

log = logging.getLogger(__name__)

REPEAT_INTERVAL = 5.0
"""Seconds within which the same error, for instance in every repaint, is reported once."""

QUIET = Cancelled, KeyboardInterrupt, SystemExit
"""Exceptions that are no errors."""

Listener = Callable[[BaseException], object]


def is_fault(error: BaseException) -> bool:
    """Whether ``error`` is unexpected: not wrong input, a full disk or a cancellation."""
    if isinstance(error, (ImagestError, OSError, *QUIET)) or out_of_memory(error):
        return False
    return not _closed_meanwhile(error)


def once(error: BaseException, mark: str) -> bool:
    """Mark ``error`` and return whether it was not marked yet.

    The mark is stored on the exception: keeping the exception would keep its frames alive.
    """
    name = f"_imagest_{mark}"
    first = not hasattr(error, name)
    setattr(error, name, True)
    return first


def _closed_meanwhile(error: BaseException) -> bool:
    """Whether a worker was still reading a painting that was closed; its result is not needed."""
    return isinstance(error, ValueError) and str(error).endswith(" is closed")


class Faults:
    """Logs and reports every unexpected error once, even if it arrives in several ways."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._times: dict[tuple[type, str], float] = {}

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with every unexpected error, in the thread where it occurred."""
        self._listeners.append(listener)

    def forget(self, listener: Listener) -> None:
        """Remove ``listener``."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def report(self, error: BaseException, *, uncaught: bool = False) -> None:
        """Log ``error`` and call the listeners, unless it is expected or was just reported.

        ``uncaught``: the error was not handled, so that even wrong input is reported.
        """
        if self.note(error, uncaught=uncaught):
            for listener in list(self._listeners):
                with suppress(RuntimeError):  # the listener's window is being deleted
                    listener(error)

    def note(self, error: BaseException, *, uncaught: bool = False) -> bool:
        """Log ``error`` without calling listeners; returns whether it is unexpected and new."""
        relevant = not isinstance(error, QUIET) if uncaught else is_fault(error)
        if not relevant or not once(error, "noted") or self._is_repeated(error):
            return False
        log.error("internal error:\n%s", "".join(traceback.format_exception(error)).rstrip())
        return True

    def _is_repeated(self, error: BaseException) -> bool:
        """Whether the same line raised the same error within ``REPEAT_INTERVAL``."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(error)
        key, now = (type(error), place), time.monotonic()
        before = self._times.get(key)
        self._times[key] = now
        return before is not None and now - before < REPEAT_INTERVAL


faults = Faults()
"""The unexpected errors of this process."""
