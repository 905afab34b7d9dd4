"""The real program as a process of its own, worked at by a script: ``python window_script.py WHAT SCAN``.

It says on stdout what was done, as soon as it was done. ``work`` runs until it is killed; ``close NAME``
closes the window while the engine NAME is filling.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import failing_engines
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from user import User

from app.main import Program, make_application
from imagest_core.painting.geometry import Box
from imagest_core.restoration.engines import registry as engines

LOSS = Box(48, 38, 34, 24)
STROKES = (((20, 90), (60, 95)), ((70, 100), (90, 70)), ((100, 20), (140, 30)))


class Patience:
    """Processes events until a condition holds."""

    def waitUntil(self, ready: Callable[[], bool], *, timeout: int) -> None:  # noqa: N802
        end = time.monotonic() + timeout / 1000
        while not ready():
            QApplication.processEvents()
            time.sleep(0.002)
            assert time.monotonic() < end, "it has not come"


def fingerprint(user: User) -> str:
    """A hash of the damage, style, results and verdicts."""
    state = user.document.state
    summary = (state.style.regions, sorted(state.runs), sorted(map(repr, state.decisions.items())))
    return sha256(user.labels().tobytes() + repr(summary).encode()).hexdigest()[:16]


def say(*words: object) -> None:
    print(*words, flush=True)


def work(user: User) -> None:
    """Mark damage, set a style, accept a result; then draw strokes during a restoration, endlessly."""
    user.mark(LOSS)
    say("marked", fingerprint(user))
    user.act("tool_style")
    user.draw((5, 5), (40, 30))
    user.choose("Engine", "harmonic")
    user.push("Restore")
    user.settle()
    user.act("accept_run")
    say("accepted", fingerprint(user))
    user.choose("Engine", "endless")
    user.push("Restore")
    user.act("tool_brush")
    user.context.selection.brush_size = 6.0
    while True:
        for stroke in STROKES:
            user.draw(*stroke)
            say("stroke", fingerprint(user))
        for _ in STROKES:
            user.press("Ctrl+Z")
            say("undone", fingerprint(user))


def close(user: User, engine: str) -> None:
    """Close the window during a restoration."""
    user.mark(LOSS)
    user.choose("Engine", engine)
    filling: list[object] = []
    user.context.jobs.progressed.connect(filling.append)
    user.push("Restore")
    if engine == "endless":
        user.until(lambda: user.context.jobs.busy)
    else:
        user.until(lambda: filling)
    say("closing", fingerprint(user))
    user.close_at_work()


def main(what: str, scan: str, *rest: str) -> int:
    engines.ENGINES.update(failing_engines.ENGINES)
    application = make_application()
    program = Program(application)
    program.window.show()
    user = User(program.window, Patience())

    def begin() -> None:
        user.open(Path(scan))
        {"work": work, "close": close}[what](user, *rest)

    QTimer.singleShot(0, program, begin)
    code: int = application.exec()
    program.end()
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
