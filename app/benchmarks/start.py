"""``python -m app.benchmarks.start STARTED``: show the window as the program does, and time it."""

from __future__ import annotations

import json
import sys
import time

from app.quick_start import prepare


def main(started: str) -> None:
    """Print seconds from ``started`` (system clock) to the painted window, and CPU time, as JSON."""
    prepare()
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
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
