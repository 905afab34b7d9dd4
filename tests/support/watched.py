"""``imagest FILE``, watched: the real program, which beside its work answers questions about what it shows.

``python watched.py FILE``; each line of JSON on stdin is answered by one on stdout. It never acts: keys and
mouse come from the screen's server. SIGUSR1 writes the stacks of all threads to stderr.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QSocketNotifier
from PySide6.QtWidgets import QApplication, QWidget

from app import launch
from app.main import make_application
from app.window.main_window import MainWindow


def window() -> MainWindow | None:
    """The program's window, once it exists."""
    return next((one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow)), None)


def state(shown: MainWindow) -> dict[str, Any]:
    """The open document and the done steps."""
    context, layers = shown.context, shown.area.layers
    windows = {
        "active": type(QApplication.activeWindow()).__name__,
        "shown": [type(one).__name__ for one in QApplication.topLevelWidgets() if one.isVisible()],
    }
    if context.document is None or layers is None:
        return {**windows, "open": False}
    return {
        **windows,
        "open": layers.complete,
        "busy": context.jobs.busy,
        "tool": str(context.selection.tool),
        "done": [entry.name for entry in context.document.document.history.done],
        "runs": [run.engine for run in context.document.state.runs.values()],
        "accepted": len(context.document.accepted.keys()),
        "engine": context.selection.request.engine,
    }


def place(shown: MainWindow, name: str) -> list[int] | None:
    """The screen position of the centre of the widget with this name; None if it is not visible."""
    for one in shown.findChildren(QWidget):
        if one.accessibleName() == name and one.isVisible() and not one.visibleRegion().isEmpty():
            return list(one.mapToGlobal(one.rect().center()).toTuple())
    return None


def on_screen(shown: MainWindow, point: list[float]) -> list[int]:
    """The screen position of a point of the picture."""
    view = shown.area.view
    at = view.viewportTransform().map(QPointF(*point))
    return list(view.viewport().mapToGlobal(QPoint(round(at.x()), round(at.y()))).toTuple())


def answer(asked: dict[str, Any]) -> Any:
    shown = window()
    if shown is None:
        return None
    if "widget" in asked:
        return place(shown, asked["widget"])
    return on_screen(shown, asked["point"]) if "point" in asked else state(shown)


def main(path: str) -> int:
    faulthandler.register(signal.SIGUSR1)
    application = make_application()
    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, application)

    def asked() -> None:
        for line in os.read(sys.stdin.fileno(), 65536).splitlines():
            print(json.dumps(answer(json.loads(line))), flush=True)

    notifier.activated.connect(asked)
    return launch.main([path])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
