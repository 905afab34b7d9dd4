"""The queue restores many paintings in a process of its own, and survives the window."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from batch_files import make_scan, tree
from PySide6.QtCore import QItemSelectionModel, QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from app.commands.confirm_cancel import may_close
from app.context import Context
from app.dialogs.queue import QueueDialog
from app.dialogs.queue_table import NAME, NOTE, STATE
from app.window.main_window import MainWindow
from imagest_core.batch.job import JobState
from imagest_core.batch.job_list import JobList
from imagest_core.batch.processes import pause_flag
from imagest_core.batch.settings import BatchSettings
from imagest_core.damage.detection.recipe import recipe_of, save_recipe
from imagest_core.restoration.request import RestorationRequest


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    for seed, name in enumerate(("a.tif", "b.tif", "c.tif")):
        make_scan(tmp_path / "scans" / name, seed)
    return tmp_path / "scans"


@pytest.fixture
def dialog(qtbot: QtBot, context: Context) -> Iterator[QueueDialog]:
    context.selection.request = RestorationRequest.of("harmonic")
    made = QueueDialog(context)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def is_said(dialog: QueueDialog, pattern: str) -> bool:
    """Whether the message matches; other tests may have loaded the English plurals."""
    return re.fullmatch(pattern, dialog.message.text()) is not None


def rows(dialog: QueueDialog) -> list[tuple[str, str]]:
    return [(name, text(dialog, number, STATE)) for number, name in enumerate(scan_names(dialog))]


def text(dialog: QueueDialog, row: int, column: int) -> str:
    return dialog.tree.rows.text(row, column)


def scan_names(dialog: QueueDialog) -> list[str]:
    return [text(dialog, row, NAME) for row in range(dialog.tree.rows.rowCount())]


def add(qtbot: QtBot, dialog: QueueDialog, paths: list[Path], count: int) -> None:
    dialog.add(paths)
    qtbot.waitUntil(lambda: len(rows(dialog)) == count)


def select(dialog: QueueDialog, name: str) -> None:
    dialog.tree.clearSelection()
    cell = dialog.tree.rows.index(scan_names(dialog).index(name), NAME)
    flags = QItemSelectionModel.SelectionFlag
    dialog.tree.selectionModel().select(cell, flags.Select | flags.Rows)


def drop(dialog: QueueDialog, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    dialog.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))


def test_the_menu_opens_one_queue(window: MainWindow):
    window.action("queue").trigger()
    window.action("queue").trigger()
    (dialog,) = window.findChildren(QueueDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert not dialog.run.isEnabled(), "there is nothing to start"
    dialog.close()


def test_dropped_scans_wait_in_their_order(dialog: QueueDialog, scans: Path, qtbot: QtBot):
    drop(dialog, [make_scan(scans.parent / "other" / "b.tif"), scans / "b.tif"])
    qtbot.waitUntil(lambda: "would both become" in dialog.message.text())
    assert dialog._queue.folder is None, "a refused file decides nothing"
    drop(dialog, [scans, scans / "b.tif"])
    qtbot.waitUntil(lambda: len(rows(dialog)) == 3)
    assert rows(dialog) == [("a.tif", "waiting"), ("b.tif", "waiting"), ("c.tif", "waiting")]
    qtbot.waitUntil(lambda: is_said(dialog, r"3 paintings?(\(s\))? added\."))
    select(dialog, "c.tif")
    dialog.up.click()
    qtbot.waitUntil(lambda: rows(dialog)[1][0] == "c.tif")
    assert [job.name for job in dialog.selected()] == ["c.tif"]
    assert dialog.options.folder.text() == str(scans / "restored")
    assert "harmonic" in dialog.options.fill.text().lower()


def test_wrong_files_and_known_scans_say_so(dialog: QueueDialog, scans: Path, qtbot: QtBot):
    (scans / "h.py").write_text("print()")
    drop(dialog, [scans / "h.py"])
    qtbot.waitUntil(lambda: "h.py is not a picture that can be restored" in dialog.message.text())
    drop(dialog, [scans / "a-mask.png"])
    qtbot.waitUntil(lambda: "are masks" in dialog.message.text())
    add(qtbot, dialog, [scans / "a.tif"], 1)
    drop(dialog, [scans])
    qtbot.waitUntil(
        lambda: is_said(dialog, r"2 paintings?(\(s\))? added\. 1 painting(\(s\)| is) in the list already\.")
    )
    drop(dialog, [make_scan(scans.parent / "other" / "a.tif")])
    qtbot.waitUntil(lambda: "would both become" in dialog.message.text())
    qtbot.waitUntil(lambda: len(rows(dialog)) == 3)


def test_files_that_are_no_pictures_are_left_out_and_named(dialog: QueueDialog, scans: Path, qtbot: QtBot):
    others = [scans / name for name in ("h.py", "i.txt", "j.pdf", "k.doc")]
    for other in others:
        other.write_text("text")
    drop(dialog, [*others, scans / "a.tif", scans / "b.tif"])
    qtbot.waitUntil(lambda: [name for name, _ in rows(dialog)] == ["a.tif", "b.tif"])
    qtbot.waitUntil(lambda: "left out" in dialog.message.text())
    assert "2 painting" in dialog.message.text()
    assert dialog.message.text().endswith("left out: h.py, i.txt, j.pdf, ….")


def test_a_damaged_job_file_is_named_when_its_scan_is_added_again(
    dialog: QueueDialog, scans: Path, qtbot: QtBot
):
    add(qtbot, dialog, [scans], 3)
    folder = scans / "restored" / ".imagest-batch"
    file = sorted((folder / "waiting").iterdir())[1]
    file.write_text("{")
    add(qtbot, dialog, [scans], 3)
    kept = folder / "damaged" / f"{file.name}.job"
    sentence = f"The job file {kept} can't be read: b.tif is restored again."
    qtbot.waitUntil(lambda: dialog.message.text().endswith(sentence))


def test_a_damaged_job_file_is_named_when_the_queue_opens(
    dialog: QueueDialog, scans: Path, qtbot: QtBot, context: Context
):
    add(qtbot, dialog, [scans], 3)
    folder = scans / "restored" / ".imagest-batch"
    file = sorted((folder / "waiting").iterdir())[1]
    file.write_text("{")
    later = QueueDialog(context)
    later.show()
    pattern = rf"1 job file(\(s\))? can't be read \({re.escape(str(file))}\): add the scans again\."
    qtbot.waitUntil(lambda: is_said(later, pattern))
    assert len(rows(later)) == 2
    later.say("")
    context.queue.changed.emit()
    add(qtbot, later, [scans], 3)
    assert "is restored again" in later.message.text()
    later.close()
    later.deleteLater()


def test_a_list_without_its_empty_folders_can_be_continued(scans: Path, context: Context):
    context.queue.open(scans / "restored")
    context.queue.add([scans], BatchSettings(RestorationRequest.of("harmonic")))
    for state in ("running", "done", "failed", "cancelled"):
        (scans / "restored" / ".imagest-batch" / state).rmdir()
    context.queue.open(scans / "restored")
    (first, _), *_ = context.queue.read().jobs
    context.queue.cancel(first)
    assert [state for _, state in context.queue.read().jobs].count(JobState.CANCELLED) == 1


def test_a_scan_without_mask_says_so_unless_there_is_a_recipe(
    dialog: QueueDialog, scans: Path, qtbot: QtBot, tmp_path: Path
):
    (scans / "a-mask.png").unlink()
    add(qtbot, dialog, [scans / "a.tif"], 1)
    assert text(dialog, 0, NOTE) == "has no mask"
    save_recipe(recipe_of("cracks", {}), tmp_path / "recipe.json")
    dialog.options.use_recipe(tmp_path / "recipe.json")
    qtbot.waitUntil(lambda: text(dialog, 0, NOTE) == "mask from the recipe")


def test_the_list_survives_the_window(dialog: QueueDialog, scans: Path, qtbot: QtBot, context: Context):
    add(qtbot, dialog, [scans], 3)
    select(dialog, "b.tif")
    dialog.cancel.click()
    qtbot.waitUntil(lambda: ("b.tif", "cancelled") in rows(dialog))
    other = Context(context.settings)
    again = QueueDialog(other)
    qtbot.waitUntil(lambda: len(rows(again)) == 3)
    assert rows(again) == rows(dialog)
    again.deleteLater()
    other.shutdown()
    other.deleteLater()


def test_a_queue_runs_while_the_window_answers(dialog: QueueDialog, scans: Path, qtbot: QtBot):
    (scans / "b-mask.png").unlink()
    add(qtbot, dialog, [scans], 3)
    longest, last = 0.0, time.monotonic()
    ticks = QTimer(dialog)

    def tick() -> None:
        nonlocal longest, last
        now = time.monotonic()
        longest, last = max(longest, now - last), now

    ticks.timeout.connect(tick)
    ticks.start(10)
    shown: set[str] = set()
    dialog._queue.news.connect(lambda news: shown.update(stage for _, _, _, stage in news))
    dialog.run.click()
    assert dialog.run.text() == "Pause"
    qtbot.waitUntil(lambda: not dialog._queue.running, timeout=60_000)
    qtbot.waitUntil(lambda: ("c.tif", "done") in rows(dialog))
    ticks.stop()
    assert rows(dialog) == [("a.tif", "done"), ("b.tif", "failed"), ("c.tif", "done")]
    assert "has no mask" in text(dialog, 1, NOTE)
    assert dialog.counts.text() == "2 done, 1 failed"
    assert {"restoring", "writing"} & shown
    assert tree(scans / "restored") == ["a.json", "a.tif", "c.json", "c.tif"]
    assert longest < 2.0
    select(dialog, "b.tif")
    dialog.retry.click()
    qtbot.waitUntil(lambda: ("b.tif", "waiting") in rows(dialog))
    dialog.remove.click()
    qtbot.waitUntil(lambda: len(rows(dialog)) == 2)


def test_a_result_is_opened(dialog: QueueDialog, scans: Path, qtbot: QtBot, context: Context):
    add(qtbot, dialog, [scans / "a.tif"], 1)
    dialog.run.click()
    qtbot.waitUntil(lambda: rows(dialog) == [("a.tif", "done")], timeout=60_000)
    select(dialog, "a.tif")
    qtbot.waitUntil(dialog.show_result.isEnabled)
    dialog.show_result.click()
    qtbot.waitUntil(lambda: context.document is not None)
    assert context.document.painting.path == scans / "restored" / "a.tif"
    qtbot.waitUntil(lambda: not dialog._queue.running, timeout=60_000)


def test_a_paused_queue_starts_nothing(dialog: QueueDialog, scans: Path, qtbot: QtBot, context: Context):
    add(qtbot, dialog, [scans], 3)
    dialog.run.click()
    dialog.run.click()
    assert dialog.run.text() == "Start"
    assert context.queue.running
    assert context.queue.paused
    assert dialog.counts.text().startswith("pausing · ")
    assert not dialog.options.change.isEnabled()
    qtbot.waitUntil(lambda: not context.queue.running, timeout=60_000)
    qtbot.waitUntil(dialog.options.change.isEnabled)
    assert dialog.counts.text() == "paused · 3 waiting"
    assert not JobList(scans / "restored").files(JobState.RUNNING)


def test_a_start_while_a_pause_ends_the_process_goes_on(
    dialog: QueueDialog, scans: Path, qtbot: QtBot, context: Context
):
    add(qtbot, dialog, [scans / "a.tif"], 1)
    dialog.run.click()
    pause = pause_flag(JobList(scans / "restored"))
    pause.write()
    context.queue._runner.finished.connect(lambda _: pause.remove())
    qtbot.waitUntil(lambda: rows(dialog) == [("a.tif", "done")], timeout=60_000)
    context.queue.shutdown()


def test_closing_the_window_asks_before_the_queue_stops(
    dialog: QueueDialog, scans: Path, qtbot: QtBot, context: Context
):
    add(qtbot, dialog, [scans], 3)
    context.queue.pause()
    context.queue.start("Queue")
    context.queue.pause()
    for answer, agreed in ((1, False), (0, True)):
        QTimer.singleShot(50, lambda answer=answer: _press(answer))
        assert may_close(context) is agreed
    context.queue.stop()
    qtbot.waitUntil(lambda: not context.queue.running, timeout=60_000)


def _press(number: int) -> None:
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    assert box.text() == "The queue is still restoring paintings."
    box.buttons()[number].click()


def test_options_are_stored_with_the_list(
    dialog: QueueDialog, scans: Path, qtbot: QtBot, context: Context, tmp_path: Path
):
    (tmp_path / "broken.json").write_text("{}")
    dialog.options.use_recipe(tmp_path / "broken.json")
    assert "isn't a mask recipe" in dialog.message.text()
    save_recipe(recipe_of("cracks", {}), tmp_path / "recipe.json")
    dialog.options.use_recipe(tmp_path / "recipe.json")
    assert dialog.options.recipe.text() == "cracks"
    add(qtbot, dialog, [scans], 3)
    stored = context.queue.settings()
    assert stored is not None
    assert (stored.recipe.method, stored.request.engine) == ("cracks", "harmonic")
    assert not dialog.options.suffix.isEnabled()
    context.selection.request = RestorationRequest.of("telea")
    dialog.options.use_panel.click()
    assert context.queue.settings().request.engine == "telea"
    dialog.options.no_recipe.click()
    assert context.queue.settings().recipe is None
    assert os.path.isdir(scans / "restored")
