"""The hash that identifies the weights of a model in records and in the cache. Needs no torch."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.description import file_hash
from imagest_core.models.installed import InstalledModel
from imagest_core.progress import Progress

WEIGHTS = (".safetensors", ".onnx", ".onnx.data")
"""Endings of weights; ONNX graphs of more than 2 GB keep theirs in files of their own."""


def weights_hash(model: InstalledModel, progress: Progress | None = None) -> str:
    """Return a SHA-256 over the hashes of all weights, by file name.

    Those of the library are known. Files outside it, of a model that is used in place or given by its path,
    may have been replaced since: they are read, once while they stay the same. Raises ``ModelError``, and
    ``Cancelled`` between files.
    """
    progress = progress or Progress()
    hashes = {} if model.in_place else dict(model.sha256)
    if not hashes:
        for name in model.identity.files:
            progress.check()
            path = model.root / name
            try:
                stat = path.stat()
                hashes[name] = _hash_of(path, stat.st_size, stat.st_mtime_ns)
            except OSError as error:
                raise ModelError(
                    Message("The file {path} of a model can't be read: connect its disk.", path=path)
                ) from error
    joined = "".join(f"{name}:{hashes[name]};" for name in sorted(hashes) if name.endswith(WEIGHTS))
    return hashlib.sha256(joined.encode()).hexdigest()


@lru_cache(maxsize=256)
def _hash_of(path: Path, size: int, modified: int) -> str:
    return file_hash(path)
