"""The real program as a process of its own, worked at by a script: ``python window_script.py WHAT SCAN``.

It says on stdout what was done, as soon as it was done. ``work`` goes on till it is killed; ``close NAME``
closes the window while the engine NAME is filling.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import troubled
from hands import Hands
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.main import Program, make_application
from imagest_core.painting.geometry import Box
from imagest_core.restoration.engines import registry as engines

LOSS = Box(48, 38, 34, 24)
STROKES = (((20, 90), (60, 95)), ((70, 100), (90, 70)), ((100, 20), (140, 30)))


class Patience:
    """Deals with events till something has come."""

    def waitUntil(self, ready: Callable[[], bool], *, timeout: int) -> None:  # noqa: N802
        end = time.monotonic() + timeout / 1000
        while not ready():
            QApplication.processEvents()
            time.sleep(0.002)
            assert time.monotonic() < end, "it has not come"


def fingerprint(hands: Hands) -> str:
    """Of everything that was done: damage, style, results, verdicts."""
    state = hands.document.state
    told = (state.style.regions, sorted(state.runs), sorted(map(repr, state.decisions.items())))
    return sha256(hands.labels().tobytes() + repr(told).encode()).hexdigest()[:16]


def say(*words: object) -> None:
    print(*words, flush=True)


def work(hands: Hands) -> None:
    """Damage, style, a result that is accepted; then strokes with a restoration under way, for ever."""
    hands.mark(LOSS)
    say("marked", fingerprint(hands))
    hands.act("tool_style")
    hands.draw((5, 5), (40, 30))
    hands.choose("Engine", "harmonic")
    hands.push("Restore")
    hands.settle()
    hands.act("accept_run")
    say("accepted", fingerprint(hands))
    hands.choose("Engine", "endless")
    hands.push("Restore")
    hands.act("tool_brush")
    hands.context.selection.brush_size = 6.0
    while True:
        for stroke in STROKES:
            hands.draw(*stroke)
            say("stroke", fingerprint(hands))
        for _ in STROKES:
            hands.press("Ctrl+Z")
            say("undone", fingerprint(hands))


def close(hands: Hands, engine: str) -> None:
    """Close the window in the middle of a restoration."""
    hands.mark(LOSS)
    hands.choose("Engine", engine)
    filling: list[object] = []
    hands.context.jobs.progressed.connect(filling.append)
    hands.push("Restore")
    if engine == "endless":
        hands.until(lambda: hands.context.jobs.busy)
    else:
        hands.until(lambda: filling)
    say("closing", fingerprint(hands))
    hands.close_at_work()


def main(what: str, scan: str, *rest: str) -> int:
    engines.ENGINES.update(troubled.ENGINES)
    application = make_application()
    program = Program(application)
    program.window.show()
    hands = Hands(program.window, Patience())

    def begin() -> None:
        hands.open(Path(scan))
        {"work": work, "close": close}[what](hands, *rest)

    QTimer.singleShot(0, program, begin)
    code: int = application.exec()
    program.end()
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
