"""Let one process at a time open a batch, on local disks and on network shares.

The folder ``starting`` of a job list holds one file. Its name is ``free``, or that of its owner; who renames
it owns it. Renaming succeeds for one process only, and the folder is created with the file in it by one
renaming as well. The owner touches the file regularly. It may be taken over under the same rules as a claimed
job.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imagest_core.batch.job_list import JobList, claim_name, is_stale
from imagest_core.progress import Progress

STARTING = "starting"
"""The folder of the file, in that of the list."""
FREE, HELD = "free", "held"
HEARTBEAT = 10.0
POLL = 0.05
LOOK = 1.0
"""Seconds between two checks whether the owner has ended."""


@contextmanager
def starting(jobs: JobList, progress: Progress) -> Iterator[None]:
    """Wait until no other process opens this batch, and keep others from it; raises ``Cancelled``.

    The folder of the batch must exist. If the body fails before it has created a list, nothing is left of it.
    """
    folder = jobs.root / STARTING
    own = folder / claim_name(HELD)
    look = time.monotonic()
    while not _renamed(folder / FREE, own):
        _create(folder)
        if time.monotonic() >= look:
            if _took_over(jobs, folder, own):
                break
            look = time.monotonic() + LOOK
        progress.check()
        time.sleep(POLL)
    try:
        with _touched(own):
            yield
    finally:
        if jobs.exists:
            _renamed(own, folder / FREE)
        else:
            _remove(own)


def _create(folder: Path) -> None:
    """Create the folder with its file, unless it is there."""
    if folder.is_dir() and os.listdir(folder):
        return
    fresh = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    try:
        fresh.mkdir(parents=True)
        (fresh / FREE).touch()
        with suppress(OSError):  # another process was faster
            os.rename(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _took_over(jobs: JobList, folder: Path, own: Path) -> bool:
    """Take over the file of an owner that has ended; return whether it is ours now."""
    now = jobs.disk_time()
    with suppress(FileNotFoundError):
        for name in os.listdir(folder):
            if name != FREE and is_stale(folder / name, now):
                return _renamed(folder / name, own)
    return False


def _renamed(source: Path, own: Path) -> bool:
    """Rename a file, touched first so that it is never taken for an old claim; False if it is gone."""
    try:
        os.utime(source)
        os.rename(source, own)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _touched(own: Path) -> Iterator[None]:
    """Touch the file regularly while the body runs."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(HEARTBEAT):
            with suppress(OSError):
                os.utime(own)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _remove(own: Path) -> None:
    """Remove the file and the folders that are empty then; a process that waits creates them again."""
    with suppress(OSError):
        own.unlink()
        own.parent.rmdir()
        own.parent.parent.rmdir()
