"""Preload the libraries and network of the chosen engine while the window is idle.

Importing torch holds up every thread for some tenths of a second, several times. So it is done while the
mouse rests, no button is pressed and nothing else is under way; when the mouse moves again it pauses. A
restoration that comes first imports what is left itself.
"""

from __future__ import annotations

import threading
from functools import partial

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QCursor, QGuiApplication

from app.jobs.preload_context import PreloadContext
from imagest_core.models.memory import available_memory
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.request import RestorationRequest

LOOK = 300
"""Milliseconds from one look at the mouse to the next."""
REST = 5
"""Consecutive idle checks after which the window counts as idle."""

LEAST_MEMORY = 2 << 30
"""Bytes that must be available before anything is loaded ahead of its use."""


class Preloader(QObject):
    """Watches from the moment a document is open until the engine of the request is warm."""

    def __init__(self, context: PreloadContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._pause = threading.Event()
        self._running, self._rested, self._place = False, 0, QCursor.pos()
        self._warm: set[str] = set()
        self._failed: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._look)
        context.document_changed.connect(self._begin)
        context.selection.request_changed.connect(self._begin)
        context.selection.visible_changed.connect(self._disturb)

    @property
    def warm(self) -> bool:
        """Whether what the chosen engine runs on is loaded."""
        return self._key(self._context.selection.request) in self._warm

    @staticmethod
    def _key(request: RestorationRequest) -> str:
        choices = (str(request.get(name, "")) for name in ("mode", "model", "runtime", "device"))
        return "/".join((request.engine, *choices))

    def _begin(self, _: object = None) -> None:
        self._rested = 0
        if self._context.document is None:
            self._timer.stop()
            self._pause.set()
        elif not self.warm and self._key(self._context.selection.request) not in self._failed:
            self._timer.start()

    def _disturb(self, _: object = None) -> None:
        self._rested = 0
        self._pause.set()

    def _look(self) -> None:
        place = QCursor.pos()
        still = place == self._place and not QGuiApplication.mouseButtons()
        self._place = place
        self._rested += 1
        if not still:
            self._disturb()
        elif self._rested >= REST and not self._running and not self._occupied() and self._affordable():
            self._load(self._context.selection.request)

    def _occupied(self) -> bool:
        return self._context.jobs.busy or not self._context.background.resting

    @staticmethod
    def _affordable() -> bool:
        """Whether memory is left; a system that doesn't say how much counts as having enough."""
        free = available_memory()
        return free is None or free >= LEAST_MEMORY

    def _load(self, request: RestorationRequest) -> None:
        self._pause.clear()
        self._running = True

        def load() -> str:
            get_engine(request.engine).preload(request, Progress(cancelled=self._pause.is_set))
            return self._key(request)

        self._context.background.submit(load, self._loaded, partial(self._stopped, self._key(request)))

    def _loaded(self, name: str) -> None:
        self._running = False
        self._warm.add(name)
        if self.warm:
            self._timer.stop()

    def _stopped(self, name: str, error: Exception) -> None:
        """Go on later after a pause; leave an error to the restoration, which reports it."""
        self._running = False
        if not isinstance(error, Cancelled):
            self._failed.add(name)
            self._timer.stop()
