"""Entry point of ``imagest``: opens the window for one path or none, else runs the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from app.quick_start import prepare
from imagest_core.cli.program import NAMES
from imagest_core.cli.program import main as command_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``imagest`` with ``arguments`` (default: those of the process) and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:2] == ["bench", "gui"]:
        from app.benchmarks.gui import main as measure

        return measure(given[2:])
    if not opens_window(given):
        return command_line(given)
    prepare()
    from app.main import main as window

    return window(Path(given[0]) if given else None)


def opens_window(arguments: Sequence[str]) -> bool:
    """Whether ``arguments`` are empty or a single path that could be a file."""
    if not arguments:
        return True
    first = arguments[0]
    if len(arguments) > 1 or first in NAMES or first.startswith("-"):
        return False
    return Path(first).exists() or Path(first).suffix != "" or Path(first).name != first


if __name__ == "__main__":
    sys.exit(main())
