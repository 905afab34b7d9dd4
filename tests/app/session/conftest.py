"""What tests of whole sessions share: the program as a user starts it, and the user's hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import troubled
from hands import Hands
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.context import Context
from app.settings import Settings
from app.window.main_window import MainWindow
from imagest_core.restoration.engines import registry as engines

Start = Callable[[], Hands]


@pytest.fixture
def start(qtbot: QtBot, settings: Settings) -> Iterator[Start]:
    """Start the program: a window with a context of its own, as ``main`` makes it; the same settings."""
    theme.apply_theme(QApplication.instance(), "light")
    begun: list[MainWindow] = []

    def started() -> Hands:
        window = MainWindow(Context(settings))
        begun.append(window)
        window.show()
        qtbot.waitExposed(window)
        return Hands(window, qtbot)

    yield started
    for window in begun:
        window.context.jobs.cancel()
        window.close()
        window.context.deleteLater()
        window.deleteLater()


@pytest.fixture
def hands(start: Start) -> Hands:
    """The program, just started, with nothing open."""
    return start()


@pytest.fixture
def at_work(hands: Hands, scan: Path) -> Hands:
    """The program with the small scan open, set to the engine that needs no weights."""
    hands.open(scan)
    hands.choose("Engine", "harmonic")
    return hands


@pytest.fixture
def troubled_engines(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Engines that run into something are offered beside the others; ask for it before the window."""
    for name, where in troubled.ENGINES.items():
        monkeypatch.setitem(engines.ENGINES, name, where)
    yield
    engines.engine.cache_clear()
