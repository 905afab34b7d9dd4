"""Something done as soon as the window has heard of what happened before."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def call_later(owner: QObject, act: Callable[[], object]) -> None:
    """Call ``act`` when the event loop comes round again, unless ``owner`` is gone by then.

    ``QTimer.singleShot`` would keep ``act``, and all it holds, for ever where ``owner`` goes first.
    """
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.timeout.connect(act)
    timer.timeout.connect(timer.deleteLater)
    timer.start(0)
