"""Loaded models that are kept for the next run, bounded by bytes."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Model = TypeVar("Model")

FALLBACK = 4 << 30
"""Bytes of memory assumed where the system doesn't tell."""
SHARE = 0.25
"""Share of the machine's memory that kept models may take."""


class ModelCache(Generic[Model]):
    """Keeps the most recently used models up to ``limit`` bytes; one that is larger is kept alone.

    Keys hold everything that makes a model another one: folder, weights hash, device, number format,
    adapters.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit if limit is not None else default_limit()
        self._kept: OrderedDict[Hashable, tuple[Model, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, load: Callable[[], tuple[Model, int]]) -> Model:
        """The model of ``key``, loaded by ``load``, which returns it and its bytes, unless it is kept.

        Whatever ``load`` raises is passed on; then nothing is kept.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        model, size = load()
        with self._lock:
            self._kept[key] = model, size
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and self.size > self.limit:
                self._kept.popitem(last=False)
        return model

    @property
    def size(self) -> int:
        """Bytes of the models that are kept."""
        return sum(size for _, size in self._kept.values())

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def clear(self) -> None:
        """Release all models."""
        with self._lock:
            self._kept.clear()


def default_limit() -> int:
    """A quarter of the machine's memory."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        total = FALLBACK
    return int(total * SHARE)
