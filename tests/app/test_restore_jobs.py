"""Restorations as jobs: expected time, one region, cancelling, making way, failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot
from tiny_model import tiny_checkpoint

from app.commands import decide as deciding
from app.commands import open as opening
from app.commands import restore as restoring
from app.context import Context
from app.document import OpenDocument
from app.jobs import preload
from app.jobs.estimate import estimate, speed_key
from app.jobs.runner import Job
from app.window.main_window import MainWindow
from app.window.status_bar import ProgressSample, time_left
from imagest_core.damage.map import DamageMap
from imagest_core.damage.selection import Selection
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress, Report
from imagest_core.project.operations.mask import change_mask
from imagest_core.restoration.modes import Mode, Quality
from imagest_core.restoration.record import RestorationRecord
from imagest_core.restoration.request import RestorationRequest

Settle = Callable[[], None]
PICTURE = Box(0, 0, 160, 120)
NETWORK = RestorationRequest.of("imagest")


def mark(document: OpenDocument, *boxes: Box) -> None:
    after = document.state.damage.copy()
    for box in boxes:
        after.write(box, np.ones((box.height, box.width), np.uint8))
    document.do(change_mask(document.state.damage, after, "Brush stroke"))


def damaged(*boxes: Box) -> DamageMap:
    made = DamageMap(PICTURE.width, PICTURE.height)
    for box in boxes:
        made.write(box, np.ones((box.height, box.width), np.uint8))
    return made


@pytest.fixture
def toy(tmp_path: Path) -> RestorationRequest:
    """A request for the real network at toy size."""
    from imagest_core.models.cache import loaded_models

    yield NETWORK.changed(model=str(tiny_checkpoint(tmp_path / "toy")), steps=400, device="cpu")
    loaded_models.clear()


# How long


def test_the_expected_work_grows_with_the_damage():
    small, large = damaged(Box(20, 20, 10, 10)), damaged(Box(20, 20, 40, 40))
    request = RestorationRequest.of("harmonic")
    assert estimate(small, PICTURE, request).work < estimate(large, PICTURE, request).work


def test_the_speed_is_kept_by_all_that_decides_it():
    key = speed_key(NETWORK, "cpu")
    for change in (
        {"model": "mine"},
        {"mode": Mode.FAITHFUL},
        {"quality": Quality.FINE},
        {"steps": 9},
        {"scheduler": "ddim"},
        {"guidance": 2.0},
        {"engine": "telea"},
    ):
        assert speed_key(NETWORK.changed(**change), "cpu") != key, change
    assert speed_key(NETWORK, "cuda") != key
    assert speed_key(NETWORK.changed(seed=5, dilation=2), "cpu") == key
    faithful = NETWORK.changed(mode=Mode.FAITHFUL)
    assert speed_key(faithful.changed(steps=9, scheduler="ddim"), "cpu") == speed_key(faithful, "cpu")


def test_first_run_gives_the_estimate_for_the_next(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle
):
    mark(opened, Box(50, 40, 30, 20))
    footer = window.restore.footer
    qtbot.waitUntil(lambda: "the first run tells" in footer.expected.text())
    restoring.restore_all(window.context)
    settle()
    qtbot.waitUntil(lambda: "about" in footer.expected.text())
    document = window.context.document
    found = estimate(document.state.damage, PICTURE, window.context.selection.request)
    assert 0 < window.restore.expected_seconds(found) < 60
    window.context.selection.request = window.context.selection.request.changed(engine="telea")
    assert window.restore.expected_seconds(found) is None


def test_a_gesture_stops_the_estimate_which_is_made_after_it(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    context, tool, footer = window.context, QObject(), window.restore.footer
    context.hold(tool, True)
    mark(opened, Box(50, 40, 30, 20))
    qtbot.waitUntil(lambda: "Looking at the damage" in footer.expected.text())
    qtbot.waitUntil(lambda: context.background.resting)
    qtbot.wait(50)
    assert context.selection.windows == ()
    context.hold(tool, False)
    qtbot.waitUntil(lambda: len(context.selection.windows) > 0)


def test_remaining_time_ignores_loading():
    assert time_left(ProgressSample(0, 0), ProgressSample(10, 0.5)) is None
    assert time_left(ProgressSample(10, 0.1), ProgressSample(10.1, 0.2)) is None
    assert time_left(ProgressSample(10, 0.1), ProgressSample(14, 0.5)) == pytest.approx(5)


# What is filled


def test_single_region_is_filled_again_with_the_current_mask(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle
):
    context = window.context
    mark(opened, Box(20, 20, 10, 10), Box(25, 60, 12, 12), Box(100, 40, 8, 8))
    restoring.restore_all(context)
    settle()
    assert context.selection.run == 1
    assert not window.restore.footer.region.isEnabled()
    context.selection.region = 2
    assert window.restore.footer.region.isEnabled()
    box = opened.state.runs[1].region_box(2)
    mark(opened, Box(box.x + box.width, box.y, 4, 6))
    qtbot.mouseClick(window.restore.footer.region, Qt.MouseButton.LeftButton)
    settle()
    again = opened.state.runs[2]
    assert again.count == 1
    assert again.region_box(1) != box
    assert again.region_box(1).contains(box)


def test_a_region_that_is_intact_now_is_refused_in_one_sentence(
    window: MainWindow, opened: OpenDocument, settle: Settle, said: list
):
    context = window.context
    mark(opened, Box(20, 20, 10, 10), Box(100, 40, 8, 8))
    restoring.restore_all(context)
    settle()
    context.selection.region = 1
    opened.do(change_mask(opened.state.damage, damaged(Box(100, 40, 8, 8)), "Erase"))
    restoring.restore_region(context)
    settle()
    assert "Region 1" in said[-1].sentence
    assert len(opened.state.runs) == 1


def test_deterministic_engines_make_no_variations(window: MainWindow, opened: OpenDocument, settle: Settle):
    mark(opened, Box(20, 20, 10, 10))
    window.context.selection.variations = 3
    restoring.restore_all(window.context)
    settle()
    assert len(opened.state.runs) == 1


def test_parameters_are_copied_into_the_panel_to_the_last(
    window: MainWindow, opened: OpenDocument, settle: Settle, toy: RestorationRequest
):
    context = window.context
    mark(opened, Box(50, 40, 20, 20))
    asked = toy.changed(
        steps=2, scheduler="ddim", seed=2**40, variation=2, guidance=1.5, detail=0.3, dilation=2
    )
    context.selection.request = asked
    restoring.restore_all(context)
    settle()
    (run,) = opened.state.runs.values()
    assert RestorationRecord.from_json(run.content.record()).request == asked
    context.selection.request = RestorationRequest.of("harmonic")
    context.selection.seed_locked, context.selection.variations = False, 4
    deciding.copy_parameters(context)
    assert context.selection.request == asked
    assert context.selection.seed_locked
    assert context.selection.variations == 1
    assert window.restore.advanced.seed.text() == str(2**40)


def test_the_samples_of_a_result_are_kept_by_the_worker(
    window: MainWindow, opened: OpenDocument, settle: Settle
):
    mark(opened, Box(50, 40, 20, 20))
    keepers: list[threading.Thread] = []

    def note(statement: str) -> None:
        if "INTO run" in statement:
            keepers.append(threading.current_thread())

    opened.document.store._db.set_trace_callback(note)
    restoring.restore_all(window.context)
    settle()
    opened.document.store._db.set_trace_callback(None)
    assert keepers
    assert threading.main_thread() not in keepers
    assert list(opened.state.runs) == [1]
    opened.undo()
    assert not opened.state.runs


# Cancelling and making way


def test_a_cancel_is_acknowledged_at_once_and_acts_within_a_step(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle, toy: RestorationRequest
):
    context, reports = window.context, []
    context.jobs.progressed.connect(reports.append)
    mark(opened, Box(50, 40, 30, 20))
    context.selection.request = toy
    context.selection.variations = 3
    restoring.restore_all(context)
    assert context.jobs.queued == 2
    qtbot.waitUntil(lambda: any(r.total == 400 and r.step > 2 for r in reports), timeout=60_000)
    qtbot.mouseClick(window.status.job.cancel, Qt.MouseButton.LeftButton)
    assert "cancelling" in window.status.job.text.text()
    assert not window.status.job.cancel.isEnabled()
    assert context.jobs.queued == 0, "what one click has asked for is cancelled together"
    last = max(report.step for report in reports)
    settle()
    assert max(report.step for report in reports if report.total == 400) < 400
    assert max(report.step for report in reports) - last < 200
    assert not opened.state.runs
    assert window.live.count == 0


def test_fills_are_shown_during_the_run(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle, toy: RestorationRequest
):
    context, seen = window.context, []
    context.jobs.preview.connect(lambda _: seen.append(window.live.count))
    mark(opened, Box(50, 40, 30, 20))
    context.selection.request = toy.changed(steps=60)
    restoring.restore_all(context)
    settle()
    assert seen
    assert all(seen)
    assert len(opened.state.runs) == 1


def answer(role: QMessageBox.ButtonRole, seen: list[str]) -> None:
    """Press the button of the question that will be asked."""

    def press() -> None:
        asked = QApplication.activeModalWidget()
        if not isinstance(asked, QMessageBox):
            QTimer.singleShot(20, press)
            return
        seen.append(f"{asked.text()} {asked.informativeText()}")
        next(b for b in asked.buttons() if asked.buttonRole(b) == role).click()

    QTimer.singleShot(0, press)


def endless(progress: Progress) -> None:
    while True:
        progress.check()
        time.sleep(0.002)


@pytest.mark.parametrize("stop", [True, False])
def test_opening_asks_before_it_stops_what_runs(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle, scan: Path, stop: bool
):
    context, asked = window.context, []
    other = scan.with_name("other.tif")
    other.write_bytes(scan.read_bytes())
    running = Job("Restoring everything", endless, lambda _: None)
    context.jobs.submit(running)
    role = QMessageBox.ButtonRole
    answer(role.AcceptRole if stop else role.RejectRole, asked)
    opening.open_path(context, other)
    assert asked == ["“Restoring everything” is not finished yet. Stop it and open other.tif?"]
    if stop:
        qtbot.waitUntil(lambda: context.document.painting.path == other, timeout=20_000)
    else:
        assert context.jobs.current is running
        assert context.document is opened
        context.jobs.cancel()
    settle()


@pytest.mark.parametrize("way", ["window", "document"])
def test_closing_asks_before_it_stops_what_runs(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle, way: str
):
    context, asked, role = window.context, [], QMessageBox.ButtonRole
    close = window.close if way == "window" else window.action("close").trigger
    qtbot.waitUntil(window.action("close").isEnabled)
    running = Job("Restoring everything", endless, lambda _: None)
    context.jobs.submit(running)
    answer(role.RejectRole, asked)
    close()
    assert asked == [
        "“Restoring everything” is not finished yet. Stop it and close? Finished results are kept."
    ]
    assert window.isVisible()
    assert context.document is opened
    assert context.jobs.current is running
    answer(role.AcceptRole, asked)
    close()
    assert len(asked) == 2
    qtbot.waitUntil(lambda: context.document is None)
    settle()


# What goes wrong


def test_running_out_of_memory_is_a_banner_and_the_next_run_works(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle, monkeypatch: pytest.MonkeyPatch
):
    from imagest_core.restoration.engines import classical

    def burst(*_: object) -> None:
        raise MemoryError

    context = window.context
    mark(opened, Box(50, 40, 20, 20))
    with monkeypatch.context() as patched:
        patched.setattr(classical.ClassicalSession, "fill", burst)
        restoring.restore_all(context)
        settle()
    assert window.banner.isVisible()
    assert "memory" in window.banner.sentence.text()
    assert window.banner.copy.isVisible()
    qtbot.mouseClick(window.banner.copy, Qt.MouseButton.LeftButton)
    assert "MemoryError" in QApplication.clipboard().text()
    restoring.restore_all(context)
    settle()
    assert len(opened.state.runs) == 1


def test_weights_that_are_gone_are_one_sentence(
    window: MainWindow, opened: OpenDocument, settle: Settle, said: list
):
    context = window.context
    mark(opened, Box(50, 40, 20, 20))
    context.selection.request = NETWORK.changed(model="nowhere")
    restoring.restore_all(context)
    settle()
    assert "There is no model 'nowhere'" in said[-1].sentence
    assert window.restore.footer.go.isEnabled()


# While nobody works


def test_network_is_preloaded_while_the_window_is_idle(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    from imagest_core.restoration.engines.imagest import ImagestEngine

    threads: list[threading.Thread] = []
    original = ImagestEngine.preload

    def preload(self: ImagestEngine, request: RestorationRequest, progress: Progress) -> None:
        threads.append(threading.current_thread())
        original(self, request, progress)

    monkeypatch.setattr(ImagestEngine, "preload", preload)
    context: Context = window.context
    context.selection.request = NETWORK
    assert not window.restore.warming.warm
    qtbot.waitUntil(lambda: window.restore.warming.warm, timeout=60_000)
    assert threads
    assert threading.main_thread() not in threads


def test_nothing_is_preloaded_while_memory_is_low(
    window: MainWindow, opened: OpenDocument, monkeypatch: pytest.MonkeyPatch
):
    warming, loads = window.restore.warming, []
    monkeypatch.setattr(warming, "_load", loads.append)
    monkeypatch.setattr(warming, "_occupied", lambda: False)
    for free, expected in ((preload.LEAST_MEMORY - 1, 0), (preload.LEAST_MEMORY, 1), (None, 2)):
        monkeypatch.setattr(preload, "available_memory", lambda free=free: free)
        warming._rested = preload.REST
        warming._look()
        assert len(loads) == expected


def test_a_model_that_cannot_be_loaded_is_not_tried_again(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot
):
    warming, context = window.restore.warming, window.context
    context.selection.request = NETWORK.changed(model="nowhere")
    assert warming._timer.isActive()
    warming._load(context.selection.request)
    qtbot.waitUntil(lambda: not warming._running, timeout=60_000)
    assert not warming._timer.isActive()
    assert not warming.warm
    warming._begin()
    assert not warming._timer.isActive()


def test_loading_pauses_when_the_view_moves(window: MainWindow, opened: OpenDocument):
    warming = window.restore.warming
    warming._pause.clear()
    window.context.selection.visible = Box(1, 2, 30, 40)
    assert warming._pause.is_set()


def test_a_report_without_progress_shows_the_stage(window: MainWindow, qtbot: QtBot, settle: Settle):
    context, gate = window.context, threading.Event()

    def work(progress: Progress) -> None:
        progress.part(0.0, 0.0, "loading the network").set(0.0)
        gate.wait(10)

    reports: list[Report] = []
    context.jobs.progressed.connect(reports.append)
    context.jobs.submit(Job("Restoring everything", work, lambda _: None))
    qtbot.waitUntil(lambda: bool(reports))
    assert "loading the network" in window.status.job.text.text()
    gate.set()
    settle()


def test_a_selection_limits_a_restoration_and_says_so(
    window: MainWindow, opened: OpenDocument, qtbot: QtBot, settle: Settle
):
    selection, status = window.context.selection, window.status.selected
    mark(opened, Box(20, 20, 20, 20), Box(100, 60, 20, 20))
    assert not status.isVisible()
    selection.within = Selection.of_box(Box(10, 10, 60, 60), opened.state.box)
    assert status.isVisible()
    assert "18.8%" in status.text.text()
    qtbot.waitUntil(lambda: "within the selection" in window.restore.footer.expected.text())
    window.actions_["restore_all"].trigger()
    settle()
    run = opened.state.runs[1]
    assert run.box == Box(19, 19, 22, 22)
    assert run.facts.within == selection.within.facts
    assert selection.request.within is None
    qtbot.mouseClick(status.clear, Qt.MouseButton.LeftButton)
    assert selection.within is None
    assert not status.isVisible()
