"""Change many job files at the same time: most of the time goes into waiting for the disk to store them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

THREADS = 8
"""A disk stores what several threads have written at once; more threads gain nothing."""


def _nothing(ended: int) -> None:
    return None


def in_threads(
    work: Callable[[T], object], items: Iterable[T], check: Callable[[int], None] = _nothing
) -> None:
    """Call ``work`` with each item, begun in their order; return when all have ended.

    ``check`` is called after each item with the number of those that have ended. If it or ``work`` raises,
    items that have not begun are left out.
    """
    with ThreadPoolExecutor(THREADS, "job files") as pool:
        try:
            for ended, future in enumerate([pool.submit(work, item) for item in items], 1):
                future.result()
                check(ended)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
