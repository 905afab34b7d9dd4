"""A file's bytes at any place, for several threads at once.

Not a memory map: a scan on a network drive that fails, or is cut while open, would end the whole
program by a bus error instead of raising one that can be told.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from threading import Lock

from imagest_core.errors import PaintingError


class FileBytes:
    """An open file that is only read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._close = weakref.finalize(self, os.close, self._file)
        self._lock = Lock()

    def read(self, start: int, count: int) -> bytes:
        """``count`` bytes from ``start``; raises ``PaintingError`` where they aren't there (any more)."""
        if not self._close.alive:
            raise ValueError(f"{self._path} is closed")
        try:
            data = self._at(start, count)
        except OSError as error:
            raise PaintingError(f"{self._path.name} can't be read any more: open it again.") from error
        if len(data) != count:
            raise PaintingError(
                f"{self._path.name} was cut short while it was open: get an intact copy of it."
            )
        return data

    def close(self) -> None:
        """Give the file back; a second time does nothing, and forgetting it is no harm."""
        self._close()

    def _at(self, start: int, count: int) -> bytes:
        parts = []
        while count > 0 and (part := self._once(start, count)):
            parts.append(part)
            start, count = start + len(part), count - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _once(self, start: int, count: int) -> bytes:
        """One system call, which may give less than asked."""
        if hasattr(os, "pread"):
            return os.pread(self._file, count, start)
        with self._lock:
            os.lseek(self._file, start, os.SEEK_SET)
            return os.read(self._file, count)
