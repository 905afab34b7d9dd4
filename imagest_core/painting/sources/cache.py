"""A bounded cache of decoded strips and tiles, shared by all threads that read a picture."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from imagest_core.painting.sources.base import Samples


class SegmentCache:
    """The most recently used arrays, up to ``capacity`` bytes in all.

    Decoding happens outside the lock, so readers never wait for each other; two threads that miss
    the same segment at once decode it twice, which is harmless.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity, self._used = capacity, 0
        self._kept: OrderedDict[Hashable, Samples] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Samples]) -> Samples:
        """The array of ``key``, made now if it isn't kept; it must not be written to."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = make()
        made.flags.writeable = False
        self._keep(key, made)
        return made

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._used = 0

    def _keep(self, key: Hashable, array: Samples) -> None:
        with self._lock:
            if key in self._kept or array.nbytes > self._capacity:
                return
            self._kept[key] = array
            self._used += array.nbytes
            while self._used > self._capacity:
                self._used -= self._kept.popitem(last=False)[1].nbytes
