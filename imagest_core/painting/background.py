"""Run slow system calls and hashing in a thread while other work continues; both release the GIL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar, cast

from imagest_core.errors import PaintingError
from imagest_core.painting.atomic import sync
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

Result = TypeVar("Result")

_POLL = 0.1
"""Seconds between checks for cancellation while waiting for a thread."""


class _Stopped(Exception):  # noqa: N818 - stops the thread
    """The body failed, so the work of the thread isn't needed."""


@contextmanager
def hash_in_background(painting: Painting, progress: Progress) -> Iterator[None]:
    """Compute ``painting.sha256()`` while the body runs, and wait for it afterwards.

    Raises ``PaintingError`` before the body if the file is known to have changed since it was opened, and
    after the body if hashing finds that, also in place of an error that reading the changed file caused.
    """
    stop = Event()

    def check() -> None:
        if stop.is_set():
            raise _Stopped

    painting.check_stamp()
    try:
        with _in_background(lambda: painting.sha256(check), stop, progress):
            yield
    except PaintingError:
        painting.check_stamp()
        painting.check_unchanged()
        raise


@contextmanager
def sync_in_background(path: Path, progress: Progress) -> Iterator[None]:
    """Flush the file at ``path`` to disk while the body, which must not write to it, runs."""
    with _in_background(lambda: sync(path), Event(), progress):
        yield


@contextmanager
def run_in_background(work: Callable[[Progress], Result], progress: Progress) -> Iterator[list[Result]]:
    """Run ``work`` while the body runs; the list holds its result afterwards.

    ``work`` is cancelled if the body fails.
    """
    stop, results = Event(), list[Result]()
    own = Progress(cancelled=stop.is_set)
    with _in_background(lambda: results.append(work(own)), stop, progress):
        yield results


def ahead(items: Iterable[Result]) -> Iterator[Result]:
    """Iterate over ``items`` and compute the next one in a thread while the caller uses the last one."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(next, iterator, end)
        while (item := pending.result()) is not end:
            pending = pool.submit(next, iterator, end)
            yield cast(Result, item)


@contextmanager
def _in_background(work: Callable[[], object], stop: Event, progress: Progress) -> Iterator[None]:
    """Run ``work`` in a thread; set ``stop`` if the body fails, else raise the exception of ``work``."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=run, name="background of a restoration", daemon=True)
    thread.start()
    try:
        yield
        while thread.is_alive():
            thread.join(_POLL)
            progress.check()
    except BaseException:
        stop.set()
        raise
    finally:
        thread.join()
    if errors:
        raise errors[0]
