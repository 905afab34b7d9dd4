"""Copy a file, in the kernel if possible, also in a thread while other work continues."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, BinaryIO

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.atomic import sync
from imagest_core.progress import Cancelled, Progress

if TYPE_CHECKING:
    from imagest_core.painting.stored_parts import PartDigests

_BLOCK = 16 << 20
_POLL = 0.1
"""Seconds between checks for cancellation while waiting for the thread."""
_COPY_UNSUPPORTED = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}
"""Errors that the kernel returns if it can't copy between two files."""


class EarlyCopy:
    """A copy of ``source`` at ``path``, an existing file, that a thread makes and flushes to disk.

    Then the thread calls ``digest``, which returns the digests of the source's parts. ``digests`` are None
    until it is done, and if it failed.
    """

    def __init__(
        self, source: Path, path: Path, digest: Callable[[Progress], PartDigests | None] | None = None
    ) -> None:
        self._source, self._path, self._digest = source, path, digest
        self.digests: PartDigests | None = None
        self._stop, self._ended, self._complete = Event(), Event(), False
        self._thread = Thread(target=self._run, name="copy of a scan", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        progress = Progress(cancelled=self._stop.is_set)
        with suppress(OSError, PaintingError, Cancelled):
            try:
                copy_file(self._source, self._path, progress)
                sync(self._path)
                self._complete = True
            finally:
                self._ended.set()
            if self._digest is not None:
                self.digests = self._digest(progress)

    def move_to(self, target: Path, progress: Progress) -> bool:
        """Wait for the copy and rename it to ``target``; return False if it failed and must be repeated."""
        while not self._ended.wait(_POLL):
            progress.check()
        if not self._complete:
            return False
        self._complete = False
        os.replace(self._path, target)
        return True

    def stop(self) -> None:
        """End the thread, whether the copy is complete or not."""
        self._stop.set()
        self._thread.join()


def copy_file(source: Path, target: Path, progress: Progress) -> None:
    """Copy ``source`` over ``target``, an existing file; raise ``Cancelled`` between blocks.

    Raises ``PaintingError`` if ``source`` changes meanwhile.
    """
    size = source.stat().st_size
    with open(source, "rb", buffering=0) as read, open(target, "rb+", buffering=0) as write:
        done = 0
        while block := _copy_block(read, write, done):
            done += block
            progress.set(done / max(size, 1))
    if done != size:
        raise PaintingError(Message("{source} changed while it was copied; try again.", source=source.name))


def _copy_block(read: BinaryIO, write: BinaryIO, offset: int) -> int:
    """Copy bytes from ``offset``; return their number, 0 at the end."""
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(read.fileno(), write.fileno(), _BLOCK, offset, offset)
        except OSError as error:
            if error.errno not in _COPY_UNSUPPORTED:
                raise
    read.seek(offset)
    write.seek(offset)
    return write.write(read.read(_BLOCK))
