"""The hash that identifies the weights of a model in records and in the cache. Needs no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from imagest_core.models.description import file_hash
from imagest_core.models.installed import InstalledModel
from imagest_core.progress import Progress

WEIGHTS = (".safetensors", ".onnx", ".onnx.data")
"""Endings of weights; ONNX graphs of more than 2 GB keep theirs in files of their own."""


def weights_hash(model: InstalledModel, progress: Progress | None = None) -> str:
    """Return a SHA-256 over the hashes of all weights, by file name.

    Those of the library are known; the files of a model given by its path are read, once while they stay
    the same. Raises ``Cancelled`` between files.
    """
    progress = progress or Progress()
    hashes = dict(model.sha256)
    if not hashes:
        for name in model.identity.files:
            progress.check()
            hashes[name] = known_hash(model.root / name)
    return joined_hash(hashes)


def joined_hash(hashes: Mapping[str, str]) -> str:
    """Return the SHA-256 over the hashes of all weights among ``hashes``, which are by file name."""
    joined = "".join(f"{name}:{hashes[name]};" for name in sorted(hashes) if name.endswith(WEIGHTS))
    return hashlib.sha256(joined.encode()).hexdigest()


def known_hash(path: Path) -> str:
    """Return the SHA-256 of a file, which is read once while it stays the same."""
    stat = path.stat()
    return _hash_of(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _hash_of(path: Path, size: int, modified: int) -> str:
    return file_hash(path)
