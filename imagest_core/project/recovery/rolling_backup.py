"""Backups beside the work: in a thread of their own, so that no gesture waits for one."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from imagest_core.errors import ImagestError
from imagest_core.progress import Cancelled, Progress
from imagest_core.project.recovery.backups import back_up

GESTURES = 100
"""After so many gestures a backup is due,"""
PAUSE = 600.0
"""but not sooner than so many seconds after the last was begun."""


class Rolling:
    """The rolling backups of one open project.

    ``trouble``: why the last one couldn't be made, as a sentence, else empty.
    """

    def __init__(self, gestures: int = GESTURES, pause: float = PAUSE) -> None:
        self.trouble = ""
        self._gestures, self._pause = gestures, pause
        self._since, self._begun = 0, time.monotonic()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def begin(self, project: Path) -> None:
        """Make one now, beside the work, unless one is being made."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._since, self._begun = 0, time.monotonic()
        self._stopped.clear()
        self._thread = threading.Thread(target=self._make, args=(project,), name="backup", daemon=True)
        self._thread.start()

    def gesture(self, project: Path) -> None:
        """A gesture was kept; make one where it is due."""
        self._since += 1
        if self._since >= self._gestures and time.monotonic() - self._begun >= self._pause:
            self.begin(project)

    def wait(self) -> None:
        """Until the one under way is made."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Give up the one under way."""
        self._stopped.set()
        self.wait()

    def _make(self, project: Path) -> None:
        try:
            back_up(project, progress=Progress(cancelled=self._stopped.is_set))
            self.trouble = ""
        except Cancelled:
            return
        except ImagestError as error:
            self.trouble = str(error)
