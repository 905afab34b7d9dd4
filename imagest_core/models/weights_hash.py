"""The hash that identifies the weights of a model in records and in the cache. Needs no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.description import file_hash
from imagest_core.models.installed import InstalledModel
from imagest_core.models.library_entry import ENTRY
from imagest_core.progress import Progress

WEIGHTS = (".safetensors", ".onnx", ".onnx.data")
"""Endings of weights; ONNX graphs of more than 2 GB keep theirs in files of their own."""


def weights_hash(model: InstalledModel, progress: Progress | None = None) -> str:
    """Return a SHA-256 over the hashes of all weights, by file name.

    Those of the library are known; the files of a model given by its path are read, once while they stay
    the same, and files used in place that are newer than their entry. Raises ``Cancelled`` between files,
    ``ModelError`` if a file used in place was changed.
    """
    progress = progress or Progress()
    hashes = dict(model.sha256)
    if not hashes:
        for name in model.identity.files:
            progress.check()
            hashes[name] = known_hash(model.root / name)
    elif model.in_place:
        _check_unchanged(model, progress)
    return joined_hash(hashes)


def joined_hash(hashes: Mapping[str, str]) -> str:
    """Return the SHA-256 over the hashes of all weights among ``hashes``, which are by file name."""
    joined = "".join(f"{name}:{hashes[name]};" for name in sorted(hashes) if name.endswith(WEIGHTS))
    return hashlib.sha256(joined.encode()).hexdigest()


def _check_unchanged(model: InstalledModel, progress: Progress) -> None:
    """Raise ``ModelError`` if weights that are newer than the entry of ``model`` have other content.

    The time of change tells of files that were replaced by older ones, too, on Windows that of creation.
    """
    entry = model.folder / ENTRY
    if model.missing or not entry.is_file():
        return
    added = entry.stat().st_mtime_ns
    for name in (each for each in model.sha256 if each.endswith(WEIGHTS)):
        progress.check()
        path = model.root / name
        newest = max(path.stat().st_mtime_ns, path.stat().st_ctime_ns) if path.is_file() else 0
        if newest > added and known_hash(path) != model.sha256[name]:
            raise ModelError(
                Message(
                    "{name} of the model {folder} was changed or damaged: add the model again.",
                    name=name,
                    folder=model.name,
                )
            )


def known_hash(path: Path) -> str:
    """Return the SHA-256 of a file, which is read once while it stays the same."""
    stat = path.stat()
    return _hash_of(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _hash_of(path: Path, size: int, modified: int) -> str:
    return file_hash(path)
