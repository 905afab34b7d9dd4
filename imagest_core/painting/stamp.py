"""Detect whether a file has changed since it was opened, without reading it if possible.

On POSIX, the kernel sets a file's change time (``ctime``) whenever its bytes, size or attributes change, and
no program can set it back; a file moved to its path has another inode. So equal size, times and inode mean
equal bytes, with one exception: file system clocks have a resolution (4 ms on ext4, up to 2 s on FAT), and a
second change within the same tick leaves no trace. A stamp taken that soon after the last change is not
trusted (git calls this "racy"). On Windows ``ctime`` is the creation time, so no stamp is trusted.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_BLOCK = 1 << 20

SETTLED = 3_000_000_000
"""Time in ns since a file's last change after which its stamp is trusted."""


@dataclass(frozen=True)
class FileStamp:
    """Size, times (ns) and identity of a file; ``settled``: the last change was long enough ago."""

    size: int
    modified: int
    changed: int
    device: int
    inode: int
    settled: bool

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the current stamp of the file; raise ``OSError`` on failure."""
        status = path.stat()
        latest = max(status.st_mtime_ns, status.st_ctime_ns)
        return cls(
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_dev,
            status.st_ino,
            os.name == "posix" and time.time_ns() - latest > SETTLED,
        )

    @property
    def facts(self) -> tuple[int, ...]:
        """The values that are equal if the file is unchanged."""
        return self.size, self.modified, self.changed, self.device, self.inode

    def matches(self, path: Path) -> bool:
        """Return whether ``path`` is certainly unchanged; False if unknown. Raises ``OSError``."""
        return self.settled and FileStamp.of(path).facts == self.facts


def file_sha256(path: Path, check: Callable[[], None] | None = None) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal; raise ``OSError`` on failure.

    ``check`` is called between blocks and may raise to stop.
    """
    digest, buffer = hashlib.sha256(), memoryview(bytearray(_BLOCK))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
            if check is not None:
                check()
    return digest.hexdigest()
