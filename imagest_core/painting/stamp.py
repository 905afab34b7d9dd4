"""Telling whether a file is still the one that was opened, without reading it where that can be avoided.

On POSIX the kernel sets a file's change time (``ctime``) whenever its bytes, size or attributes change, and
no program can set it back; a file put in its place by renaming has another inode. So equal size, times and
inode mean equal bytes, but for one case: clocks of file systems tick (4 ms on ext4, up to 2 s on FAT), and a
change within the tick of the previous one leaves no trace. A stamp taken so soon after the last change is
never trusted (as in git, "racy-git"). On Windows ``ctime`` is the time of creation: no stamp is trusted.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SETTLED = 3_000_000_000
"""Nanoseconds after its last change from which on a file's stamp is trusted."""


@dataclass(frozen=True)
class FileStamp:
    """Size, times (ns) and identity of a file; ``settled``: its last change was long enough ago."""

    size: int
    modified: int
    changed: int
    device: int
    inode: int
    settled: bool

    @classmethod
    def of(cls, path: Path) -> Self:
        """The stamp of the file now; raises ``OSError``."""
        found = path.stat()
        latest = max(found.st_mtime_ns, found.st_ctime_ns)
        return cls(
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
            found.st_dev,
            found.st_ino,
            os.name == "posix" and time.time_ns() - latest > SETTLED,
        )

    @property
    def facts(self) -> tuple[int, ...]:
        """What is equal where the file is the same."""
        return self.size, self.modified, self.changed, self.device, self.inode

    def matches(self, path: Path) -> bool:
        """Whether ``path`` is surely unchanged; False where that can't be told. Raises ``OSError``."""
        return self.settled and FileStamp.of(path).facts == self.facts


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal; raises ``OSError``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
