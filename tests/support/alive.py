"""What is alive in this process: widgets, objects of the program's own classes, and threads."""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QThreadPool
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

PATIENCE = 3.0
"""Timeout in s for widgets and threads that are being closed."""
OURS = "app."

Found = TypeVar("Found", bound=Collection)
Kind = TypeVar("Kind")


def settle() -> None:
    """Process Qt's deferred deletions and collect garbage."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def left_of(find: Callable[[], Found]) -> Found:
    """Repeat ``find`` until it returns nothing or the timeout ends; return what is left."""
    settle()
    end = time.monotonic() + PATIENCE
    found = find()
    while found and time.monotonic() < end:
        del found
        gc.collect()
        settle()
        time.sleep(0.01)
        found = find()
    return found


def widgets() -> list[QWidget]:
    """All living widgets."""
    return [widget for widget in QApplication.allWidgets() if isValid(widget)]


def kinds(things: Collection[object]) -> str:
    """Counts by class, the most frequent first."""
    return ", ".join(f"{n} × {name}" for name, n in Counter(type(t).__name__ for t in things).most_common())


def objects() -> Counter[str]:
    """Counts of living objects of the program's own Qt classes."""
    gc.collect()
    return Counter(type(thing).__qualname__ for thing in _living(QObject) if _ours(thing))


def python_threads() -> set[str]:
    """Other Python threads, by name."""
    return {f"thread {each.name}" for each in threading.enumerate() if _of_python(each)}


def threads() -> set[str]:
    """Other running threads by name: Python's, Qt's, and busy Qt thread pools."""
    found = python_threads()
    for each in _living(QThread, QThreadPool):
        if each.activeThreadCount() if isinstance(each, QThreadPool) else _runs(each):
            found.add(f"{type(each).__name__} {each.objectName()} {id(each)}")
    return found


def native_threads() -> int:
    """The number of threads reported by the system; 0 if unknown."""
    return len(list(Path("/proc/self/task").glob("*")))


def _living(*kinds: type[Kind]) -> list[Kind]:
    """Qt objects known to Python; checked by type, since access to an object may load a lazy module."""
    wanted = set(kinds)
    for kind in kinds:
        wanted |= _below(kind)
    return [thing for thing in gc.get_objects() if type(thing) in wanted and isValid(thing)]


def _below(kind: type) -> set[type]:
    """All subclasses of ``kind``."""
    return set().union(*({each} | _below(each) for each in kind.__subclasses__()))


def _ours(thing: QObject) -> bool:
    return type(thing).__module__.startswith(OURS)


def _runs(thread: QThread) -> bool:
    return thread is not QThread.currentThread() and thread.isRunning()


def _of_python(thread: threading.Thread) -> bool:
    """Whether it is another Python thread; Qt's threads only have placeholders."""
    return thread is not threading.current_thread() and not isinstance(thread, threading._DummyThread)
