"""Read bytes at any offset of a file from several threads.

A memory map is not used: if a network drive fails, or the file is truncated while open, it would kill the
process with a bus error instead of raising an exception.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from threading import Lock

from imagest_core.errors import PaintingError
from imagest_core.messages import Message


class FileBytes:
    """A file opened for reading."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._close = weakref.finalize(self, os.close, self._file)
        self._lock = Lock()

    def read(self, start: int, count: int) -> bytes:
        """Read ``count`` bytes from ``start``; raise ``PaintingError`` if they don't exist (any more)."""
        if not self._close.alive:
            raise ValueError(f"{self._path} is closed")
        try:
            data = self._at(start, count)
        except OSError as error:
            raise PaintingError(
                Message("{path} can't be read any more: open it again.", path=self._path.name)
            ) from error
        if len(data) != count:
            raise PaintingError(
                Message(
                    "{path} was cut short while it was open: get an intact copy of it.", path=self._path.name
                )
            )
        return data

    def close(self) -> None:
        """Close the file; closing twice is allowed, and garbage collection closes it too."""
        self._close()

    def _at(self, start: int, count: int) -> bytes:
        parts = []
        while count > 0 and (part := self._once(start, count)):
            parts.append(part)
            start, count = start + len(part), count - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _once(self, start: int, count: int) -> bytes:
        """Read with one system call, which may return fewer bytes."""
        if hasattr(os, "pread"):
            return os.pread(self._file, count, start)
        with self._lock:
            os.lseek(self._file, start, os.SEEK_SET)
            return os.read(self._file, count)
