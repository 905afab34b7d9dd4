"""The hash that identifies the weights of a model in records and in the cache. Needs no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from imagest_core.models.file_hash import cached_hash
from imagest_core.models.folder_files import ENTRY
from imagest_core.models.installed import InstalledModel, changed_file
from imagest_core.progress import Progress

WEIGHTS = (".safetensors", ".onnx", ".onnx.data")
"""Endings of weights; ONNX graphs of more than 2 GB keep theirs in files of their own."""


def weights_hash(model: InstalledModel, progress: Progress | None = None) -> str:
    """Return a SHA-256 over the hashes of all weights, by file name.

    The library knows the hashes of its models. Read are, once while they stay the same, the files of a model
    that is given by its path, and files in place that are newer than the model's entry. Raises ``ModelError``
    if such a file in place was changed, and ``Cancelled``.
    """
    progress = (progress or Progress()).part(0.0, 0.0)
    hashes = dict(model.sha256)
    if not hashes:
        for name in model.identity.files:
            hashes[name] = cached_hash(model.root / name, progress)
    elif model.in_place:
        _check_unchanged(model, progress)
    return joined_hash(hashes)


def joined_hash(hashes: Mapping[str, str]) -> str:
    """Return the SHA-256 over the hashes of all weights among ``hashes``, which are by file name."""
    joined = "".join(f"{name}:{hashes[name]};" for name in sorted(hashes) if name.endswith(WEIGHTS))
    return hashlib.sha256(joined.encode()).hexdigest()


def _check_unchanged(model: InstalledModel, progress: Progress) -> None:
    """Raise ``ModelError`` if weights that are newer than the entry of ``model`` have other content.

    A file that was replaced by an older one has a newer time of change (on Windows of creation).
    """
    entry = model.folder / ENTRY
    if model.missing or not entry.is_file():
        return
    added = entry.stat().st_mtime_ns
    for name in (each for each in model.sha256 if each.endswith(WEIGHTS)):
        path = model.root / name
        newest = max(path.stat().st_mtime_ns, path.stat().st_ctime_ns) if path.is_file() else 0
        if newest > added and cached_hash(path, progress) != model.sha256[name]:
            raise changed_file(model, name)
