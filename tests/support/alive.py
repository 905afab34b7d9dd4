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
"""Seconds in which what was told to end must have ended."""
OURS = "app."

Found = TypeVar("Found", bound=Collection)
Kind = TypeVar("Kind")


def settle() -> None:
    """Let Qt delete what is to be deleted, and Python what nobody holds."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def left_of(find: Callable[[], Found]) -> Found:
    """What ``find`` still finds after all that could end has ended; it is looked at until that is nothing."""
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
    """Every widget that lives."""
    return [widget for widget in QApplication.allWidgets() if isValid(widget)]


def kinds(things: Collection[object]) -> str:
    """How many there are of each class, the most frequent first."""
    return ", ".join(f"{n} × {name}" for name, n in Counter(type(t).__name__ for t in things).most_common())


def objects() -> Counter[str]:
    """How many living objects there are of each of the program's own Qt classes."""
    gc.collect()
    return Counter(type(thing).__qualname__ for thing in _living(QObject) if _ours(thing))


def python_threads() -> set[str]:
    """Those that Python began, but this one, by name."""
    return {f"thread {each.name}" for each in threading.enumerate() if _of_python(each)}


def threads() -> set[str]:
    """Threads that run, by name: Python's but this one, Qt's, and pools of Qt that are busy."""
    found = python_threads()
    for each in _living(QThread, QThreadPool):
        if each.activeThreadCount() if isinstance(each, QThreadPool) else _runs(each):
            found.add(f"{type(each).__name__} {each.objectName()} {id(each)}")
    return found


def native_threads() -> int:
    """How many threads the system counts; 0 where it doesn't tell."""
    return len(list(Path("/proc/self/task").glob("*")))


def _living(*kinds: type[Kind]) -> list[Kind]:
    """Objects of Qt that Python knows; types are asked, since asking an object may wake a lazy module."""
    wanted = set(kinds)
    for kind in kinds:
        wanted |= _below(kind)
    return [thing for thing in gc.get_objects() if type(thing) in wanted and isValid(thing)]


def _below(kind: type) -> set[type]:
    """Every class that comes of ``kind``."""
    return set().union(*({each} | _below(each) for each in kind.__subclasses__()))


def _ours(thing: QObject) -> bool:
    return type(thing).__module__.startswith(OURS)


def _runs(thread: QThread) -> bool:
    return thread is not QThread.currentThread() and thread.isRunning()


def _of_python(thread: threading.Thread) -> bool:
    """Whether Python began it, and it isn't this one; that of Qt's threads is a mere placeholder."""
    return thread is not threading.current_thread() and not isinstance(thread, threading._DummyThread)
