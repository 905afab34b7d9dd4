"""A cache of loaded models, limited by their size in bytes."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

Model = TypeVar("Model")

FALLBACK = 4 << 30
"""Memory in bytes assumed if the system doesn't report it."""
SHARE = 0.25
"""Maximum share of the machine's memory for cached models."""


class ModelCache(Generic[Model]):
    """Keeps the most recently used models up to ``limit`` bytes; a larger model is kept alone.

    A key contains everything that distinguishes a loaded model: folder, weights hash, device, number format,
    adapters.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit if limit is not None else default_limit()
        self._kept: OrderedDict[Hashable, tuple[Model, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, load: Callable[[], tuple[Model, int]]) -> Model:
        """Return the model of ``key``; if it isn't cached, ``load`` returns it and its size in bytes.

        Exceptions of ``load`` propagate; then nothing is cached.
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
        """Size of the cached models in bytes."""
        return sum(size for _, size in self._kept.values())

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def clear(self) -> None:
        """Release all models."""
        with self._lock:
            self._kept.clear()


def default_limit() -> int:
    """Return a quarter of the machine's memory in bytes."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        total = FALLBACK
    return int(total * SHARE)


loaded_models: ModelCache[Any] = ModelCache()
"""All loaded models; keys start with the model's path."""
