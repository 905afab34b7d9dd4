"""One training at a time in the folder of a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from imagest_core.errors import OutputError
from imagest_core.training.state import make_folder

LOCK = ".lock"


@contextmanager
def locked_run(folder: Path) -> Iterator[None]:
    """Create the folder of a run, and keep other trainings from it until the end, also after a kill.

    Of the processes of one training on several GPUs, the first one holds the lock. Raises ``OutputError``.
    """
    if os.environ.get("RANK", "0") not in ("", "0"):
        yield
        return
    make_folder(folder)
    try:
        file = (folder / LOCK).open("ab")
    except OSError as error:
        raise OutputError(f"{folder} can't be written: {error.strerror or error}.") from error
    with file:
        if not _locked(file):
            raise OutputError(
                f"Another training is running in {folder}: wait until it has ended, or choose another folder."
            )
        yield  # the file stays: otherwise one training could lock it, and another one a new file


def _locked(file: BinaryIO) -> bool:
    """Lock an open file; return False if another process has. Some network drives have no locks: True."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True
