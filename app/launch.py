"""``imagest``: the window for a painting, a project or nothing; the command line for everything else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from imagest_core.cli.program import NAMES
from imagest_core.cli.program import main as command_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``imagest`` with ``arguments`` (default: the process's own); returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:2] == ["bench", "gui"]:
        from app.benchmarks.gui import main as measure

        return measure(given[2:])
    if not opens_window(given):
        return command_line(given)
    from app.main import main as window

    return window(Path(given[0]) if given else None)


def opens_window(arguments: Sequence[str]) -> bool:
    """Whether there is nothing, or just one path that could be a file, among ``arguments``."""
    if not arguments:
        return True
    first = arguments[0]
    if len(arguments) > 1 or first in NAMES or first.startswith("-"):
        return False
    return Path(first).exists() or Path(first).suffix != "" or Path(first).name != first


if __name__ == "__main__":
    sys.exit(main())
