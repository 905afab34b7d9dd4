"""A queue of thousands of scans: the window reads, writes and shows only what has changed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_files import make_scan
from PySide6.QtCore import QItemSelectionModel, Qt, QTimer
from pytestqt.qtbot import QtBot

from app.context import Context
from app.dialogs.queue import QueueDialog
from app.dialogs.queue_table import NAME, STATE
from imagest_core.batch.job import Job, JobState
from imagest_core.batch.job_list import JobList
from imagest_core.batch.settings import BatchSettings
from imagest_core.batch.start import LISTING, save_settings
from imagest_core.progress import Cancelled

COUNT = 60


@pytest.fixture
def jobs(tmp_path: Path) -> JobList:
    made = JobList(tmp_path / "restored")
    made.create()
    save_settings(made, BatchSettings())
    for order in range(COUNT):
        made.add(Job(f"{order:02d}.tif", f"/scans/{order:02d}.tif", "/scans/mask.png", order))
    return made


@pytest.fixture
def dialog(qtbot: QtBot, context: Context, jobs: JobList) -> Iterator[QueueDialog]:
    context.queue.open(jobs.folder)
    made = QueueDialog(context)
    made.show()
    qtbot.waitUntil(lambda: len(names(made)) == COUNT and "" not in names(made))
    yield made
    qtbot.waitUntil(lambda: context.background.resting and not made._reading)
    made.close()
    made.deleteLater()


def names(dialog: QueueDialog, column: int = NAME) -> list[str]:
    rows = dialog.tree.rows
    return [rows.text(number, column) for number in range(rows.rowCount())]


def select(dialog: QueueDialog, *rows: int) -> None:
    dialog.tree.clearSelection()
    for row in rows:
        flags = QItemSelectionModel.SelectionFlag
        dialog.tree.selectionModel().select(dialog.tree.rows.index(row, NAME), flags.Select | flags.Rows)


def test_the_list_is_shown_while_it_changes_faster_than_it_is_read(
    dialog: QueueDialog, jobs: JobList, qtbot: QtBot, context: Context, monkeypatch: pytest.MonkeyPatch
):
    read = context.queue.read
    monkeypatch.setattr(context.queue, "read", lambda: (time.sleep(0.4), read())[1])
    changes = QTimer(dialog)
    changes.timeout.connect(context.queue.changed)
    changes.start(150)
    jobs.cancel(next(jobs.jobs(JobState.WAITING)))
    qtbot.waitUntil(lambda: names(dialog, STATE)[0] == "cancelled", timeout=8_000)
    changes.stop()


def test_buttons_leave_the_disk_to_another_thread(
    dialog: QueueDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    renamed: list[threading.Thread] = []
    rename = os.rename

    def noted(source: Path, target: Path) -> None:
        renamed.append(threading.current_thread())
        rename(source, target)

    monkeypatch.setattr(os, "rename", noted)
    select(dialog, 7)
    dialog.up.click()
    qtbot.waitUntil(lambda: names(dialog)[6] == "07.tif")
    dialog.tree.selectAll()
    dialog.cancel.click()
    qtbot.waitUntil(lambda: set(names(dialog, STATE)) == {"cancelled"})
    dialog.retry.click()
    qtbot.waitUntil(lambda: set(names(dialog, STATE)) == {"waiting"})
    assert len(renamed) >= 2 * COUNT
    assert threading.main_thread() not in renamed
    dialog.remove.click()
    qtbot.waitUntil(lambda: not names(dialog))


@pytest.mark.parametrize(("row", "steps", "to"), [(5, 1, 6), (5, -1, 4), (2, 3, 5), (5, -3, 2), (1, -9, 0)])
def test_a_move_opens_only_the_files_between_both_places(
    jobs: JobList, context: Context, monkeypatch: pytest.MonkeyPatch, row: int, steps: int, to: int
):
    context.queue.open(jobs.folder)
    waiting = list(jobs.jobs(JobState.WAITING))
    opened: list[str] = []
    from_json = Job.from_json
    monkeypatch.setattr(Job, "from_json", lambda text: (opened.append(text), from_json(text))[1])
    context.queue.move(waiting[row], steps)
    assert len(opened) == abs(to - row) + 1
    waiting.insert(to, waiting.pop(row))
    assert [job.name for job in jobs.jobs(JobState.WAITING)] == [job.name for job in waiting]


def test_a_change_opens_and_writes_only_what_changed(
    dialog: QueueDialog, jobs: JobList, qtbot: QtBot, context: Context, monkeypatch: pytest.MonkeyPatch
):
    written, opened = [], []
    texts, from_json = dialog.tree.rows._texts, Job.from_json
    monkeypatch.setattr(
        dialog.tree.rows, "_texts", lambda job, state: (written.append(job.name), texts(job, state))[1]
    )
    monkeypatch.setattr(Job, "from_json", lambda text: (opened.append(text), from_json(text))[1])
    jobs.cancel(dialog.tree.jobs[0][0])
    context.queue.changed.emit()
    qtbot.waitUntil(lambda: names(dialog, STATE)[0] == "cancelled")
    assert written == ["00.tif"]
    assert not opened, "its new folder says all"


def test_another_folder_shows_nothing_of_the_list_before(
    dialog: QueueDialog, jobs: JobList, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    read, shown = dialog._queue.read, []
    monkeypatch.setattr(dialog._queue, "read", lambda: (read(), time.sleep(0.4))[0])
    dialog._read()
    time.sleep(0.1)
    dialog._change_folder(tmp_path / "other")
    assert not names(dialog)
    dialog.tree.rows.dataChanged.connect(shown.append)
    qtbot.waitUntil(lambda: not dialog._reading and not dialog._later.isActive())
    assert (names(dialog), shown) == ([], [])


def test_news_hold_until_the_list_is_read(dialog: QueueDialog, qtbot: QtBot, context: Context):
    job_id = dialog.tree.jobs[3][0].id
    context.queue.news.emit([(job_id, "running", 0.4, "restoring")])
    assert names(dialog, STATE)[3] == "restoring · 40%"
    context.queue.changed.emit()
    qtbot.waitUntil(lambda: names(dialog, STATE)[3] == "waiting")


def test_a_reordered_table_keeps_what_is_selected_and_in_sight(
    dialog: QueueDialog, jobs: JobList, qtbot: QtBot, context: Context
):
    select(dialog, 1, 2, 3, 40)
    before = {job.name for job in dialog.selected()}
    bar = dialog.tree.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    place = bar.value()
    assert place > 0
    jobs.remove(*[job for job in jobs.jobs(JobState.WAITING) if job.name in ("00.tif", "20.tif")])
    context.queue.changed.emit()
    qtbot.waitUntil(lambda: len(names(dialog)) == COUNT - 2)
    assert {job.name for job in dialog.selected()} == before
    assert bar.value() == place


def test_only_rows_in_sight_get_texts(dialog: QueueDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    written: list[str] = []
    texts = dialog.tree.rows._texts
    monkeypatch.setattr(
        dialog.tree.rows, "_texts", lambda job, state: (written.append(job.name), texts(job, state))[1]
    )
    dialog.tree.show_jobs(dialog.tree.jobs, "changed")
    dialog.tree.viewport().repaint()
    assert 0 < len(written) < COUNT
    assert written[0] == "00.tif"
    dialog.tree.scrollToBottom()
    dialog.tree.viewport().repaint()
    assert written[-1] == f"{COUNT - 1}.tif"


def test_progress_stays_while_a_job_runs(dialog: QueueDialog, qtbot: QtBot):
    jobs, tree = [job for job, _ in dialog.tree.jobs], dialog.tree
    running = [
        (job, JobState.RUNNING if number == 2 else JobState.WAITING) for number, job in enumerate(jobs)
    ]
    tree.show_jobs(running)
    tree.show_state(jobs[2].id, "restoring · 40%")
    tree.show_jobs(running)
    assert names(dialog, STATE)[2] == "restoring · 40%"
    tree.show_jobs(running[1:])
    assert names(dialog, STATE)[1] == "restoring · 40%"
    tree.show_jobs([(job, JobState.DONE) for job in jobs[1:]])
    assert names(dialog, STATE)[1] == "done"


def test_a_job_that_has_started_counts_as_running(
    dialog: QueueDialog, jobs: JobList, qtbot: QtBot, context: Context
):
    claim = jobs.claim()
    assert claim is not None
    context.queue._show_news([(claim.job.id, "running", 0.1, "restoring")])
    select(dialog, 0)
    qtbot.waitUntil(lambda: "1 running" in dialog.counts.text())
    assert names(dialog, STATE)[0] == "restoring · 10%"
    assert dialog.cancel.isEnabled()
    assert not dialog.remove.isEnabled()
    assert not dialog.down.isEnabled()


def stop_once_some_are_added(context: Context, dialog: QueueDialog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Click *Stop adding* while jobs are stored, which is slow enough for it."""
    monkeypatch.setattr("app.jobs.painting_queue.REPORTS_PER_SECOND", 1e9)
    context.queue.adding.connect(lambda _: time.sleep(0.01), Qt.ConnectionType.DirectConnection)
    context.queue.adding.connect(lambda report: report.stage == LISTING and dialog.adding.stop.click())


def test_adding_shows_how_far_it_is_and_can_be_stopped(
    dialog: QueueDialog, qtbot: QtBot, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in range(200):
        make_scan(tmp_path / "more" / f"more{number}.tif", mask=False)
    seen: list[str] = []
    context.queue.adding.connect(lambda _: seen.append(dialog.adding.counts.text()))
    stop_once_some_are_added(context, dialog, monkeypatch)
    dialog.adding._soon.setInterval(0)
    dialog.add([tmp_path / "more"])
    qtbot.waitUntil(lambda: dialog.adding.isVisible() or bool(seen))
    qtbot.waitUntil(lambda: dialog.add_scans.isEnabled())
    assert seen[0].endswith(" of 200")
    assert dialog.message.text() == "Stopped. What was added stays in the list."
    assert not dialog.adding.isVisible()
    qtbot.waitUntil(lambda: len(names(dialog)) > COUNT)
    assert len(names(dialog)) < COUNT + 200


def test_adding_can_be_stopped_before_it_starts(
    dialog: QueueDialog, qtbot: QtBot, context: Context, tmp_path: Path
):
    for number in range(20):
        make_scan(tmp_path / "more" / f"more{number}.tif", mask=False)
    busy = threading.Event()
    for _ in range(os.cpu_count() or 1):
        context.background.submit(busy.wait, lambda _: None, priority=10)
    dialog.add([tmp_path / "more"])
    dialog.adding.stop.click()
    busy.set()
    qtbot.waitUntil(lambda: dialog.add_scans.isEnabled())
    assert dialog.message.text().startswith("Stopped.")
    dialog.add([tmp_path / "more"])
    qtbot.waitUntil(lambda: dialog.message.text() == "20 paintings added.")


def test_a_list_whose_filling_was_stopped_is_there_after_a_restart(
    qtbot: QtBot, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in range(200):
        make_scan(tmp_path / "more" / f"more{number}.tif", mask=False)
    made = QueueDialog(context)
    qtbot.addWidget(made)
    stop_once_some_are_added(context, made, monkeypatch)
    made.add([tmp_path / "more"])
    qtbot.waitUntil(lambda: made.add_scans.isEnabled() and context.background.resting and not made._reading)
    assert made.message.text().startswith("Stopped.")
    assert context.queue.folder is not None
    assert context.settings.queue_folder == context.queue.folder


def test_the_end_of_the_program_stops_adding(context: Context, jobs: JobList, tmp_path: Path):
    context.queue.open(jobs.folder)
    for number in range(20):
        make_scan(tmp_path / "more" / f"more{number}.tif", mask=False)
    context.queue.adding.connect(lambda _: context.queue.shutdown(), Qt.ConnectionType.DirectConnection)
    with pytest.raises(Cancelled):
        context.queue.add([tmp_path / "more"], BatchSettings())
