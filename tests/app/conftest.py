"""Shared fixtures of the window tests: a small scan, isolated settings, a window that leaves no objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import alive
import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import theme
from app.context import Context
from app.document import OpenDocument
from app.main import Program, set_language
from app.settings import Settings
from app.window.main_window import MainWindow
from imagest_core.restoration.request import RestorationRequest

SIZE = (160, 120)


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a widget or a thread behind."""
    widgets, threads = set(alive.widgets()), alive.python_threads()
    yield
    left = alive.left_of(lambda: set(alive.widgets()) - widgets)
    assert not left, f"widgets left behind: {alive.kinds(left)}"
    running = alive.left_of(lambda: alive.threads() - threads)
    assert not running, f"threads left behind: {sorted(running)}"


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> None:
    """Every test starts with the English texts and their plurals, whatever ran before it."""
    set_language(qapp, "en")


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Projects go to a folder of the test's own."""
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A grained 16-bit picture with a bright, hard-edged loss and 4 px/mm."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    picture = np.stack([columns * 200, rows * 250, (rows + columns) * 100], axis=2).astype(np.uint16)
    grain = np.kron(
        np.random.default_rng(7).integers(0, 6000, (SIZE[1] // 4, SIZE[0] // 4, 1)), np.ones((4, 4, 1))
    )
    picture += grain.astype(np.uint16)
    picture[40:60, 50:80] = 60_000
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, picture, photometric="rgb", resolution=(40, 40), resolutionunit="CENTIMETER")
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def context(qapp: QApplication, settings: Settings) -> Iterator[Context]:
    """A context whose threads end with the test."""
    made = Context(settings)
    yield made
    if made.document is not None:
        made.document.abandon()
    made.shutdown()
    made.deleteLater()


@pytest.fixture
def opened(context: Context, scan: Path) -> OpenDocument:
    """The scan, open in the context."""
    document = OpenDocument.open_path(scan)
    context.set_document(document)
    return document


def start_with_harmonic(context: Context) -> None:
    """Let new paintings start with the engine that needs no weights."""
    context.settings.save_preset("harmonic", RestorationRequest.of("harmonic").to_plain())
    context.settings.start_with("harmonic")


@pytest.fixture
def window(qtbot: QtBot, context: Context) -> Iterator[MainWindow]:
    """The real window, shown offscreen, with the engine that needs no weights."""
    theme.apply_theme(QApplication.instance(), "light")
    start_with_harmonic(context)
    made = MainWindow(context)
    context.selection.request = RestorationRequest.of("harmonic")
    qtbot.addWidget(made, before_close_func=lambda _: None)
    made.show()
    yield made
    context.jobs.cancel()
    made.close()


@pytest.fixture
def said(context: Context) -> list:
    """The messages that were said."""
    shown: list = []
    context.messages.said.connect(shown.append)
    return shown


@pytest.fixture
def expected_faults(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """For a test that causes faults: they are logged, which is no failure here."""
    yield caplog
    caplog.get_records("call").clear()


@pytest.fixture
def settle(qtbot: QtBot, context: Context) -> Callable[[], None]:
    """Wait until no job runs or waits."""

    def wait() -> None:
        qtbot.waitUntil(lambda: not context.jobs.busy and not context.jobs.queued, timeout=60_000)

    return wait


@pytest.fixture
def program(qapp: QApplication, settings: Settings, qtbot: QtBot) -> Iterator[Program]:
    """The program with its window shown; it is ended afterwards."""
    settings.prefer(language="en", theme="light")
    made = Program(qapp, settings)
    made.window.show()
    yield made
    if made.window.context.document is not None:
        made.window.context.document.abandon()
        made.window.context.set_document(None)
    made.end()
    made.deleteLater()
