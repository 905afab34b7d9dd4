"""Background backups in a thread of their own, so that no gesture waits for one."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from imagest_core.errors import ImagestError
from imagest_core.progress import Cancelled, Progress
from imagest_core.project.recovery.backups import back_up

GESTURES_PER_BACKUP = 100
"""A backup is due after this many gestures,"""
MIN_INTERVAL = 600.0
"""but not within this many seconds of the last one."""


class RollingBackup:
    """Rolling backups of an open project.

    ``error`` is the sentence why the last one failed, or "".
    """

    def __init__(self, every: int = GESTURES_PER_BACKUP, interval: float = MIN_INTERVAL) -> None:
        self.error = ""
        self._every, self._interval = every, interval
        self._gestures_since, self._started = 0, time.monotonic()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def start(self, project: Path) -> None:
        """Start a backup unless one is running."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._gestures_since, self._started = 0, time.monotonic()
        self._stopped.clear()
        self._thread = threading.Thread(target=self._make, args=(project,), name="backup", daemon=True)
        self._thread.start()

    def count_gesture(self, project: Path) -> None:
        """Count a stored gesture, and start a backup if one is due."""
        self._gestures_since += 1
        if self._gestures_since >= self._every and time.monotonic() - self._started >= self._interval:
            self.start(project)

    def wait(self) -> None:
        """Wait for the running backup."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Cancel the running backup."""
        self._stopped.set()
        self.wait()

    def _make(self, project: Path) -> None:
        try:
            back_up(project, progress=Progress(cancelled=self._stopped.is_set))
            self.error = ""
        except Cancelled:
            return
        except ImagestError as error:
            self.error = error.message
