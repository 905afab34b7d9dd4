"""A bounded cache of decoded strips and tiles, shared by all threads that read an image."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from imagest_core.painting.formats.base import Samples

_LARGE_SHARE = 8


class SegmentCache:
    """Keeps the most recently used arrays, up to ``capacity`` bytes in total, and always the last one.

    Decoding happens outside the lock, so readers don't wait for each other; two threads that miss the same
    segment decode it twice, which is harmless. Large segments are decoded one at a time to limit memory.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity, self._used = capacity, 0
        self._kept: OrderedDict[Hashable, Samples] = OrderedDict()
        self._lock, self._one_at_a_time = Lock(), Lock()

    def get(self, key: Hashable, size: int, make: Callable[[], Samples]) -> Samples:
        """Return the array of ``key`` (about ``size`` bytes), created on a miss; read-only."""
        found = self._find(key)
        if found is not None:
            return found
        if size <= self._capacity // _LARGE_SHARE:
            return self._keep(key, make())
        with self._one_at_a_time:
            found = self._find(key)
            return self._keep(key, make()) if found is None else found

    def clear(self) -> None:
        """Remove all arrays."""
        with self._lock:
            self._kept.clear()
            self._used = 0

    def _find(self, key: Hashable) -> Samples | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: Hashable, array: Samples) -> Samples:
        array.flags.writeable = False
        with self._lock:
            if key not in self._kept:
                self._kept[key] = array
                self._used += array.nbytes
            while self._used > self._capacity and len(self._kept) > 1:
                self._used -= self._kept.popitem(last=False)[1].nbytes
        return array
