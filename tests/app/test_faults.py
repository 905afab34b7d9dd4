"""No fault of the program vanishes: it is in the log, in the banner, and can be copied."""

from __future__ import annotations

import faulthandler
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer, Signal, qWarning
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.context import Context
from app.diagnostics import diagnostics
from app.dialogs.export import ExportDialog
from app.document import OpenDocument
from app.faults import faults, is_fault
from app.jobs.runner import Job
from app.logs import CRASH, LOG, Logs, recent
from app.window.main_window import MainWindow
from imagest_core.errors import MaskError
from imagest_core.progress import Cancelled, Progress

pytestmark = pytest.mark.usefixtures("expected_faults")


@pytest.fixture(autouse=True)
def nothing_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fault of another test counts as having happened just now."""
    monkeypatch.setattr(faults, "_times", {})


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    made = Logs(tmp_path / "state")
    made.install()
    yield made
    made.remove()
    recent.lines.clear()


def written(logs: Logs) -> str:
    return (logs.folder / LOG).read_text(encoding="utf-8")


class Sender(QObject):
    sent = Signal()


def broken(*_: object) -> None:
    raise ZeroDivisionError("broken on purpose")


# What is raised, and where


def in_a_slot(context: Context) -> None:
    sender = Sender(context)
    sender.sent.connect(broken)
    sender.sent.emit()


def in_a_timer(context: Context) -> None:
    timer = QTimer(context)
    timer.setSingleShot(True)
    timer.timeout.connect(broken)
    timer.start(0)


def in_a_thread(context: Context) -> None:
    threading.Thread(target=broken, daemon=True).start()


def in_done_of_a_job(context: Context) -> None:
    context.jobs.submit(Job("work", lambda _: 1, broken))


def in_done_of_a_job_that_deals_with_its_errors(context: Context) -> None:
    context.jobs.submit(Job("work", lambda _: 1, broken, lambda _: None))


def in_failed_of_a_job(context: Context) -> None:
    def refuse(_: Progress) -> None:
        raise MaskError("The mask is empty: mark something.")

    context.jobs.submit(Job("work", refuse, lambda _: None, broken))


def in_a_job(context: Context) -> None:
    context.jobs.submit(Job("work", broken, lambda _: None))


def in_the_background(context: Context) -> None:
    context.background.submit(broken, lambda _: None)


def in_the_background_where_failures_are_dealt_with(context: Context) -> None:
    context.background.submit(broken, lambda _: None, lambda _: None)


def in_done_of_the_background(context: Context) -> None:
    context.background.submit(lambda: 1, broken)


PLACES = [
    in_a_slot,
    in_a_timer,
    in_a_thread,
    in_done_of_a_job,
    in_done_of_a_job_that_deals_with_its_errors,
    in_failed_of_a_job,
    in_a_job,
    in_the_background,
    in_the_background_where_failures_are_dealt_with,
    in_done_of_the_background,
]


@pytest.mark.parametrize("raise_it", PLACES)
def test_every_fault_is_shown_logged_and_can_be_copied(
    raise_it: Callable[[Context], None],
    logs: Logs,
    window: MainWindow,
    context: Context,
    said: list,
    qtbot: QtBot,
) -> None:
    raise_it(context)
    qtbot.waitUntil(lambda: bool(said) and not context.jobs.busy)
    qtbot.wait(20)
    (shown,) = [message for message in said if "internal error" in message.sentence]
    assert shown.level == "error"
    assert "ZeroDivisionError" in shown.sentence
    assert window.banner.isVisible()
    assert window.banner.copy.isVisible()
    window.banner.copy.click()
    copied = QApplication.clipboard().text()
    for part in ("broken on purpose", "Traceback", "Imagest Workstation", "Screen 1920 × 1080", "started:"):
        assert part in copied
    assert written(logs).count("Traceback") == 1
    assert "broken on purpose" in written(logs)

    done: list[int] = []
    context.jobs.submit(Job("next", lambda _: 2, done.append))
    qtbot.waitUntil(lambda: done == [2])


def test_error_after_a_cancellation_is_shown_but_the_cancellation_is_not(
    context: Context, said: list, qtbot: QtBot
) -> None:
    gate = threading.Event()

    def fail(_: Progress) -> None:
        gate.wait(5)
        raise RuntimeError("not because of the cancel")

    def stop(_: Progress) -> None:
        gate.wait(5)
        raise Cancelled

    cancelled: list[Job] = []
    context.jobs.cancelled.connect(cancelled.append)
    for work in (fail, stop):
        gate.clear()
        context.jobs.submit(Job("work", work, lambda _: None))
        context.jobs.cancel()
        gate.set()
        qtbot.waitUntil(lambda: not context.jobs.busy)
    assert len(cancelled) == 1
    (message,) = said
    assert "not because of the cancel" in message.details


def test_wrong_input_after_a_cancellation_shows_its_sentence(
    context: Context, said: list, qtbot: QtBot
) -> None:
    gate = threading.Event()

    def fail(_: Progress) -> None:
        gate.wait(5)
        raise MaskError("The mask is empty: mark something.")

    context.jobs.submit(Job("work", fail, lambda _: None))
    context.jobs.cancel()
    gate.set()
    qtbot.waitUntil(lambda: bool(said))
    assert said[0].sentence == "The mask is empty: mark something."


def test_error_of_a_closed_scan_is_not_shown(context: Context, said: list, qtbot: QtBot) -> None:
    gate = threading.Event()

    def fail(_: Progress) -> None:
        gate.wait(5)
        raise ValueError("scan.tif is closed")

    context.jobs.submit(Job("work", fail, lambda _: None))
    context.jobs.submit(Job("next", lambda _: said.append("ran"), lambda _: None))
    context.jobs.abandon()
    gate.set()
    qtbot.waitUntil(lambda: not context.jobs.busy)
    assert said == []


def test_fault_of_every_repaint_is_shown_once(context: Context, said: list, logs: Logs) -> None:
    for _ in range(50):
        try:
            broken()
        except ZeroDivisionError as error:
            faults.report(error)
    assert len(said) == 1
    assert written(logs).count("Traceback") == 1


def test_uncaught_input_error_is_shown(context: Context, said: list, logs: Logs, qtbot: QtBot) -> None:
    def refuse(_: object) -> None:
        raise MaskError("The mask is empty: mark something.")

    context.background.submit(lambda: 1, refuse)
    qtbot.waitUntil(lambda: bool(said))
    assert said[0].sentence == "The mask is empty: mark something."


def test_exceptions_that_are_no_faults(tmp_path: Path) -> None:
    assert is_fault(KeyError("x"))
    for error in (MaskError("x"), Cancelled(), KeyboardInterrupt(), OSError(28, "full"), MemoryError()):
        assert not is_fault(error)


# The log itself


def test_messages_of_qt_are_in_the_log(logs: Logs, capfd: pytest.CaptureFixture[str]) -> None:
    qWarning("a warning of Qt")
    assert "WARNING qt: a warning of Qt" in written(logs)
    assert capfd.readouterr().err == ""


def test_unraisable_exception_is_logged(logs: Logs) -> None:
    class Leaving:
        def __del__(self) -> None:
            broken()

    Leaving()
    assert "broken on purpose" in written(logs)


def test_log_is_rotated_and_hooks_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.logs.SIZE", 2_000)
    before = sys.excepthook, threading.excepthook, sys.unraisablehook, logging.getLogger().handlers[:]
    made = Logs(tmp_path)
    made.install()
    assert faulthandler.is_enabled()
    for number in range(200):
        logging.getLogger("app.test").info("line %d", number)
    made.remove()
    after = sys.excepthook, threading.excepthook, sys.unraisablehook, logging.getLogger().handlers[:]
    assert after == before
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted([CRASH, LOG, f"{LOG}.1", f"{LOG}.2", f"{LOG}.3"])
    assert all(path.stat().st_size <= 2_000 for path in tmp_path.iterdir())
    assert 0 < len(recent.lines) <= 200
    recent.lines.clear()


def test_program_runs_without_a_writable_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("no folder")
    made = Logs(tmp_path / "file" / "state")
    made.install()
    logging.getLogger("app.test").info("kept in memory")
    assert "kept in memory" in diagnostics()
    made.remove()
    recent.lines.clear()
    assert "no log can be written" in capsys.readouterr().err


CRASHING = """
import faulthandler, sys
from pathlib import Path
from app.logs import Logs
logs = Logs(Path(sys.argv[1]))
logs.install()
if sys.argv[2] == "crash":
    faulthandler._sigsegv()
from app.diagnostics import diagnostics
print(diagnostics())
logs.remove()
"""


def test_crash_trace_is_copied_by_the_next_session(tmp_path: Path) -> None:
    words = [sys.executable, "-c", CRASHING, str(tmp_path)]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "check": False}
    crashed = subprocess.run([*words, "crash"], env=os.environ, **quiet)
    assert crashed.returncode != 0
    assert "Segmentation fault" in (tmp_path / CRASH).read_text()
    after = subprocess.run([*words, "continue"], env=os.environ, **quiet)
    assert "an earlier session crashed" in after.stdout
    assert "Segmentation fault" in after.stdout
    assert (tmp_path / CRASH).read_text() == ""


def test_failing_export_callback_is_shown(
    window: MainWindow, opened: OpenDocument, said: list, qtbot: QtBot
) -> None:
    """The dialog deals with its own errors, so a fault in its answer used to be lost."""
    dialog = ExportDialog(window.context, window)
    window.context.jobs.submit(Job("Exporting", lambda _: object(), dialog._done, dialog._failed))
    qtbot.waitUntil(lambda: bool(said))
    assert "AttributeError" in said[0].sentence
    dialog.close()
