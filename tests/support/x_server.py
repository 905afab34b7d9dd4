"""An X server without a monitor, for tests that need a real screen."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.check_system import missing_packages


def lacking(*programs: str) -> list[str]:
    """What is missing of the server, ``programs`` and the libraries Qt needs for it."""
    return [name for name in ("Xvfb", *programs) if shutil.which(name) is None] + missing_packages(
        screen=True
    )


@contextmanager
def x_server(width: int, height: int) -> Iterator[str]:
    """Run a server with one screen of this size; yields the name of its display."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
        pass_fds=(writer,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as output:
            yield f":{output.readline().strip()}"
    finally:
        server.terminate()
        server.wait()
