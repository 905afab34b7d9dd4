"""SHA-256 of the files of models, some of which have gigabytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from imagest_core.progress import Progress

CHUNK = 4 << 20
_KNOWN: dict[tuple[Path, int, int], str] = {}


def file_hash(path: Path, progress: Progress | None = None) -> str:
    """Return the SHA-256 of a file in hexadecimal; checks for cancellation every 4 MB."""
    progress = progress or Progress()
    digest, size, done = hashlib.sha256(), max(1, path.stat().st_size), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            progress.set(done / size)
            digest.update(chunk)
            done += len(chunk)
    return digest.hexdigest()


def cached_hash(path: Path, progress: Progress | None = None) -> str:
    """Return the SHA-256 of a file, which is read once while its size and time stay the same."""
    stat = path.stat()
    key = path, stat.st_size, stat.st_mtime_ns
    if key not in _KNOWN:
        _KNOWN[key] = file_hash(path, progress)
    return _KNOWN[key]
