"""Work spread over a few threads, for functions that release the GIL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MAX_THREADS = 4


def thread_count() -> int:
    """Return the number of threads to use: the user's ``OMP_NUM_THREADS``, else the cores, at most 4."""
    chosen = os.environ.get("OMP_NUM_THREADS", "")
    number = int(chosen) if chosen.isdecimal() else 0
    return min(number or os.cpu_count() or 1, MAX_THREADS)


def batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return ``items`` in groups of ``size``."""
    return [items[first : first + size] for first in range(0, len(items), size)]


def in_threads(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Return ``function`` of each item, in order; its first exception is raised."""
    todo = list(items)
    threads = min(thread_count(), len(todo))
    if threads < 2:
        return [function(item) for item in todo]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, todo))
