"""Full garbage collections while nobody is waiting.

With torch imported, Python looks at 270,000 objects in a full collection. That takes more than 100 ms, during
which no thread runs, whichever thread started it. So the window doesn't leave the moment to chance.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QCursor, QGuiApplication

LOOK = 500
"""Milliseconds from one look to the next."""
REST = 3
"""Consecutive idle looks before garbage is collected."""
DUE = 10
"""Collections of the younger generations after which a full one is due, as Python does by default."""
AT_LATEST = 1000
"""Such collections after which Python doesn't wait for an idle moment; bounds the memory during long work."""


class IdleGarbage(QObject):
    """Postpones full collections until ``occupied()`` is false and the mouse rests, until :meth:`stop`.

    What exists when it is made, such as modules and their functions, stays: no collection looks at it.
    """

    def __init__(self, occupied: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._occupied, self._rested, self._place = occupied, 0, QCursor.pos()
        self._thresholds = gc.get_threshold()
        gc.set_threshold(*self._thresholds[:2], AT_LATEST)
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def stop(self) -> None:
        """Leave all collections to Python again."""
        self._timer.stop()
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()

    def _look(self) -> None:
        place = QCursor.pos()
        still = place == self._place and not QGuiApplication.mouseButtons() and not self._occupied()
        self._place = place
        self._rested = self._rested + 1 if still else 0
        if self._rested >= REST and gc.isenabled() and gc.get_count()[2] >= DUE:
            gc.collect()
