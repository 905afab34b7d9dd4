"""The export dialog: consequences of a choice are shown before, the verification after."""

from __future__ import annotations

import errno
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from failing_engines import change_byte
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.commands import decide as deciding
from app.commands import restore as restoring
from app.dialogs.export import ExportDialog
from app.document import OpenDocument
from app.jobs.runner import Job
from app.settings import Settings
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.project.operations.mask import change_mask
from imagest_core.project.operations.settings import set_operator

Settle = Callable[[], None]


@pytest.fixture
def dialog(window: MainWindow, opened: OpenDocument, settle: Settle, qtbot: QtBot) -> ExportDialog:
    """The dialog over a scan with one accepted fill; it goes with the document."""
    after = opened.state.damage.copy()
    after.write(Box(50, 40, 30, 20), np.ones((20, 30), np.uint8))
    opened.do(change_mask(opened.state.damage, after, "Brush"))
    restoring.restore_all(window.context)
    settle()
    deciding.accept_run(window.context)
    window.handlers.export()
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, ExportDialog) and w.isVisible())


def export(dialog: ExportDialog, qtbot: QtBot, settle: Settle) -> None:
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    settle()


def test_the_scan_itself_is_never_overwritten(dialog: ExportDialog, scan: Path):
    dialog.path.setText(str(scan))
    dialog.replace.setChecked(True)
    assert not dialog.go.isEnabled()
    assert "never written" in dialog.answer.text()


def test_no_file_in_use_is_overwritten(dialog: ExportDialog, opened: OpenDocument, tmp_path: Path):
    project = opened.document.path
    assert project is not None
    dialog.replace.setChecked(True)
    for wanted in (project, project.with_name(project.name + "-wal")):
        link = tmp_path / f"link-{wanted.suffix[1:]}.tif"
        link.symlink_to(wanted)
        dialog.path.setText(str(link))
        assert not dialog.go.isEnabled()
        assert "never written" in dialog.answer.text()
    dialog.with_record.setChecked(True)
    (tmp_path / "new-record.json").write_bytes(opened.painting.path.read_bytes())
    dialog.path.setText(str(tmp_path / "new.tif"))
    assert not dialog.go.isEnabled()
    assert "is a picture" in dialog.answer.text()


def test_the_default_format_is_that_of_the_scan(
    dialog: ExportDialog, scan: Path, qtbot: QtBot, settle: Settle
):
    assert dialog.format.form.kept
    assert dialog.format.bits.currentText() == "16 bit (unchanged)"
    assert "identical" in dialog.format.notes.text()
    assert not dialog.format.colour.isEnabled(), "a scan without a profile is sRGB already"
    export(dialog, qtbot, settle)
    assert "identical to the scan" in dialog.answer.text()


def test_another_compression_keeps_the_samples(
    dialog: ExportDialog, scan: Path, qtbot: QtBot, settle: Settle
):
    choice = dialog.format.compression
    choice.setCurrentIndex(choice.findText("LZW"))
    assert dialog.format.notes.objectName() == "small"
    export(dialog, qtbot, settle)
    out = dialog.spec().out
    with tifffile.TiffFile(out) as file:
        assert file.pages[0].compression.name == "LZW"
    changed = (tifffile.imread(scan) != tifffile.imread(out)).any(axis=2)
    changed[39:61, 49:81] = False
    assert not changed.any()
    assert "identical to the scan" in dialog.answer.text()
    assert "Software (tag 305), as xmp:CreatorTool" in dialog.answer.text()


def test_a_conversion_is_announced_before_and_reported_after(
    dialog: ExportDialog, scan: Path, qtbot: QtBot, settle: Settle
):
    dialog.format.bits.setCurrentIndex(1)
    assert dialog.format.notes.objectName() == "warn"
    assert "nothing in the file is identical" in dialog.format.notes.text()
    export(dialog, qtbot, settle)
    wanted = dialog.spec()
    assert tifffile.imread(wanted.out).dtype == np.uint8
    assert "identical" not in dialog.answer.text()
    assert "Verified: all" in dialog.answer.text()
    facts = json.loads(wanted.record.read_text(encoding="utf-8"))["verification"]
    assert facts["identical_samples"] == 0
    assert facts["converted_samples"] == tifffile.imread(scan).size


def test_the_folder_is_remembered(
    dialog: ExportDialog, window: MainWindow, tmp_path: Path, qtbot: QtBot, settle: Settle
):
    (tmp_path / "out").mkdir()
    dialog.path.setText(str(tmp_path / "out" / "restored.tif"))
    export(dialog, qtbot, settle)
    assert window.context.settings.folder("export") == tmp_path / "out"


def test_a_failed_companion_file_leaves_no_files(
    dialog: ExportDialog,
    opened: OpenDocument,
    tmp_path: Path,
    qtbot: QtBot,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    said: list,
):
    folder = tmp_path / "out"
    folder.mkdir()
    dialog.path.setText(str(folder / "restored.tif"))
    dialog.with_fill.setChecked(True)
    dialog.replace.setChecked(True)
    (folder / "restored-mask.png").write_bytes(b"of last week")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        export(dialog, qtbot, settle)
    assert [path.name for path in folder.iterdir()] == ["restored-mask.png"]
    assert (folder / "restored-mask.png").read_bytes() == b"of last week"
    assert "The disk became full" in said[-1].sentence
    assert opened.document.store.query("SELECT count(*) FROM exports") == [(0,)]
    export(dialog, qtbot, settle)
    assert sorted(path.name for path in folder.iterdir()) == sorted(p.name for p in dialog.spec().files)
    assert opened.document.store.query("SELECT count(*) FROM exports") == [(1,)]


def checked(dialog: ExportDialog) -> tuple[bool, ...]:
    return tuple(box.isChecked() for box in (dialog.with_mask, dialog.with_fill, dialog.with_record))


def test_the_choice_of_companion_files_is_remembered(
    dialog: ExportDialog, window: MainWindow, qtbot: QtBot, settle: Settle
):
    assert (dialog.with_mask.isChecked(), dialog.with_fill.isChecked(), dialog.with_record.isChecked()) == (
        True,
        False,
        True,
    )
    dialog.with_mask.setChecked(False)
    dialog.with_fill.setChecked(True)
    export(dialog, qtbot, settle)
    dialog.close()
    again = ExportDialog(window.context, window)
    assert checked(again) == (False, True, True)
    again.reject()
    kept = Settings(window.context.settings._store).preferences
    assert (kept.export_mask, kept.export_fill, kept.export_record) == (False, True, True)


def test_the_record_names_operator_verdicts_and_classes(
    dialog: ExportDialog, opened: OpenDocument, qtbot: QtBot, settle: Settle
):
    opened.do(set_operator(opened.state, "A. Nobody"))
    export(dialog, qtbot, settle)
    record = json.loads(dialog.spec().record.read_text(encoding="utf-8"))
    assert record["operator"] == "A. Nobody"
    assert [(each["name"], each["pixels"]) for each in record["classes"]] == [("loss", 600)]
    assert record["decisions"]["counts"] == {"accepted": 1}
    assert record["painting"]["notes"] == list(opened.painting.notes)
    assert record["runs"]["1"]["used"] == ["context", "dilation", "engine", "scale"]


def test_a_changed_scan_is_neither_restored_nor_exported(
    dialog: ExportDialog,
    window: MainWindow,
    opened: OpenDocument,
    scan: Path,
    qtbot: QtBot,
    settle: Settle,
    said,
):
    change_byte(scan)
    export(dialog, qtbot, settle)
    assert "scan.tif has changed since it was opened" in dialog.answer.text()
    assert not any(path.exists() for path in dialog.spec().files)
    restoring.restore_all(window.context)
    settle()
    assert "scan.tif has changed since it was opened" in said[-1].sentence
    assert len(opened.state.runs) == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter a file name"),
        ("   ", "Enter a file name"),
        ("/", "Enter a file name"),
        (".", "Enter a file name"),
        ("~nobody-of-this-name/x.tif", "The home folder ~nobody-of-this-name"),
        ("x" * 300 + ".tif", "could not be used"),
        ("x" * 300 + "/x.tif", "could not be used"),
        ("..", "ends in .tif"),
        ("no-such-folder/x.tif", "doesn't exist"),
    ],
)
def test_invalid_file_names_are_refused_while_typing(
    dialog: ExportDialog, typed: str, sentence: str, qtbot: QtBot
):
    dialog.path.setFocus()
    dialog.path.selectAll()
    qtbot.keyClick(dialog.path, Qt.Key.Key_Delete)
    qtbot.keyClicks(dialog.path, typed)
    assert not dialog.go.isEnabled()
    assert sentence in dialog.answer.text()


def test_a_relative_name_is_resolved_next_to_the_scan(
    dialog: ExportDialog, scan: Path, tmp_path: Path, qtbot: QtBot, settle: Settle
):
    dialog.path.setText("new.tif")
    export(dialog, qtbot, settle)
    assert (scan.parent / "new.tif").is_file()
    assert str(scan.parent / "new-record.json") in dialog.answer.text()


def test_a_second_export_can_use_another_name(
    dialog: ExportDialog, tmp_path: Path, qtbot: QtBot, settle: Settle
):
    export(dialog, qtbot, settle)
    assert not dialog.go.isVisible()
    dialog.path.setText(str(tmp_path / "second.tif"))
    export(dialog, qtbot, settle)
    assert (tmp_path / "second.tif").is_file()


def test_an_export_continues_when_another_job_is_cancelled(
    dialog: ExportDialog, window: MainWindow, qtbot: QtBot, settle: Settle
):
    """Cancelling what runs must neither end the export that waits nor let it be asked for twice."""

    def work(progress: Progress) -> None:
        while True:
            progress.set(0.0)
            time.sleep(0.002)

    window.context.jobs.submit(Job("Endless", work, lambda _: None, matters=False))
    qtbot.waitUntil(window.status.job.cancel.isVisible)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.status.job.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.context.jobs.current is not None and not window.context.jobs.queued)
    assert not dialog.go.isEnabled()
    settle()
    assert "Verified" in dialog.answer.text()


def test_a_dropped_export_can_be_started_again(
    dialog: ExportDialog, window: MainWindow, tmp_path: Path, qtbot: QtBot, settle: Settle
):
    jobs = window.context.jobs
    jobs.submit(Job("Slow", lambda progress: time.sleep(0.05), lambda _: None))
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    jobs.clear()
    settle()
    assert dialog.go.isEnabled()
    assert not dialog.answer.text()


def test_an_export_can_be_cancelled_while_its_dialog_is_open(dialog: ExportDialog, window: MainWindow):
    """The button is in the window below: a modal dialog would keep the mouse from it."""
    assert dialog.windowModality() == Qt.WindowModality.NonModal
    assert QApplication.activeModalWidget() is None
    window.handlers.export()
    assert window.findChildren(ExportDialog) == [dialog]
