"""Deferred calls in the event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def call_later(owner: QObject, function: Callable[[], object]) -> None:
    """Call ``function`` in the next turn of the event loop, unless ``owner`` is deleted first.

    ``QTimer.singleShot`` would keep ``function`` and what it captures alive after ``owner`` is deleted.
    """
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.timeout.connect(function)
    timer.timeout.connect(timer.deleteLater)
    timer.start(0)
