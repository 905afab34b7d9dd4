"""Shared fixtures of the session tests: the program as a user starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import failing_engines
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from user import User

from app import theme
from app.context import Context
from app.settings import Settings
from app.window.main_window import MainWindow
from imagest_core.restoration.engines import registry as engines

Start = Callable[[], User]


@pytest.fixture
def start(qtbot: QtBot, settings: Settings) -> Iterator[Start]:
    """Start the program: a window with its own context, like ``main``, and shared settings."""
    theme.apply_theme(QApplication.instance(), "light")
    windows: list[MainWindow] = []

    def started() -> User:
        window = MainWindow(Context(settings))
        windows.append(window)
        window.show()
        qtbot.waitExposed(window)
        return User(window, qtbot)

    yield started
    for window in windows:
        window.context.jobs.cancel()
        window.close()
        window.context.deleteLater()
        window.deleteLater()


@pytest.fixture
def user(start: Start) -> User:
    """The program after its start, without a document."""
    return start()


@pytest.fixture
def at_work(user: User, scan: Path) -> User:
    """The program with the small scan open, set to the engine that needs no weights."""
    user.open(scan)
    user.choose("Engine", "harmonic")
    return user


@pytest.fixture
def failing_engines_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add engines that fail to the list of engines; request this before the window."""
    for name, where in failing_engines.ENGINES.items():
        monkeypatch.setitem(engines.ENGINES, name, where)
