"""``python -m app.benchmarks.start STARTED``: show the window as the program does, and time it."""

from __future__ import annotations

import json
import sys
import time

from app.quick_start import prepare


def shown(started: str) -> dict[str, float]:
    """Seconds from ``started`` (system clock) to the painted window, and the CPU time of the process."""
    from app.main import Program, make_application

    application = make_application()
    program = Program(application)
    program.window.show()
    application.processEvents()
    program.window.repaint()
    measured = {
        "seconds": time.time() - float(started),
        "cpu": time.process_time(),
        "torch": float("torch" in sys.modules),
    }
    program.end()
    return measured


if __name__ == "__main__":
    prepare()
    sys.stdout.write(json.dumps(shown(sys.argv[1])) + "\n")
