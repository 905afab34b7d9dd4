"""A whole session in the real window, by its own actions and buttons."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog
from pytestqt.qtbot import QtBot

import resources
from app.commands import open as opening
from app.dialogs.export import ExportDialog
from app.document import OpenDocument
from app.selection import Compare, ToolName
from app.window.main_window import MainWindow
from app.window.status_bar import SAMPLE_WAIT
from imagest_core.painting.picture_files import read_picture, write_picture
from imagest_core.project.operations.mask import change_mask

Settle = Callable[[], None]


def mark(document: OpenDocument, *boxes: tuple[slice, slice]) -> None:
    """Mark losses as a gesture would."""
    labels = document.state.damage.read(document.state.damage.box)
    for box in boxes:
        labels[box] = 1
    after = document.state.damage.copy()
    after.write(after.box, labels)
    document.do(change_mask(document.state.damage, after, "Brush"))


LOSS = slice(38, 62), slice(48, 82)
SMALL = slice(90, 96), slice(120, 130)


@pytest.fixture
def session(window: MainWindow, scan: Path, qtbot: QtBot, settle: Settle) -> MainWindow:
    """The window with the scan open, through the program's own way of opening."""
    opening.open_path(window.context, scan)
    qtbot.waitUntil(lambda: window.context.document is not None)
    settle()
    return window


def test_every_button_of_the_welcome_view_opens_something(
    window: MainWindow,
    scan: Path,
    qtbot: QtBot,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
):
    context = window.context

    def press(name: str) -> None:
        buttons = window.welcome.findChildren(QAbstractButton)
        found = next(made for made in buttons if name in made.text() and made.isVisible())
        qtbot.mouseClick(found, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: context.document is not None)
        settle()

    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(scan), ""))
    press("Open a scan")
    window.action("close").trigger()
    press(scan.name)
    assert context.document.painting.path == scan
    window.action("close").trigger()
    press("sample")
    assert context.document.painting.path == resources.sample_painting()


def test_message_is_hidden_when_another_file_is_opened(window: MainWindow, tmp_path: Path, qtbot: QtBot):
    opening.open_path(window.context, tmp_path / "nowhere.tif")
    qtbot.waitUntil(window.banner.isVisible)
    opening.open_sample(window.context)
    qtbot.waitUntil(lambda: window.context.document is not None)
    assert not window.banner.isVisible(), window.banner.message


def test_from_opening_to_a_verified_file(
    session: MainWindow, scan: Path, qtbot: QtBot, settle: Settle, said: list
):
    context = session.context
    document = context.document
    assert document is not None
    assert scan.name in session.windowTitle()
    assert not session.action("restore_all").isEnabled()

    mark(document, LOSS, SMALL)
    qtbot.waitUntil(session.action("restore_all").isEnabled)
    session.action("restore_all").trigger()
    assert context.jobs.busy
    assert session.status.job.isVisible()
    settle()
    assert context.selection.run == 1
    assert context.selection.compare == Compare.SINGLE
    qtbot.mouseClick(session.banner.act, Qt.MouseButton.LeftButton)
    assert context.selection.compare == Compare.SIDE
    assert not context.selection.mask_visible
    assert session.results.accept.isVisible()

    qtbot.mouseClick(session.results.accept, Qt.MouseButton.LeftButton)
    assert len(document.accepted.keys()) == 1
    names = [made.text() for made in session.results.findChildren(QAbstractButton, "thumb")]
    assert "✓ 1 · harmonic" in names

    session.action("export").trigger()
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, ExportDialog))
    assert dialog.spec().out.parent == scan.parent
    dialog.with_fill.setChecked(True)
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    settle()
    assert "identical" in dialog.answer.text()
    written = dialog.spec()
    before, after = tifffile.imread(scan), tifffile.imread(written.out)
    changed = (before != after).any(axis=2)
    dilated = np.zeros_like(changed)
    dilated[37:63, 47:83] = dilated[89:97, 119:131] = True
    assert changed.any()
    assert not (changed & ~dilated).any()
    facts = json.loads(written.record.read_text(encoding="utf-8"))
    assert facts["verification"]["identical_samples"] == before.size - 3 * facts["verification"]["filled"]
    fill = tifffile.imread(written.fill)
    assert fill.shape == (*before.shape[:2], 4)
    assert (fill[..., 3] > 0).sum() == facts["verification"]["filled"]
    assert (fill[..., :3][fill[..., 3] > 0] == after[fill[..., 3] > 0]).all()
    assert read_picture(written.mask, cv2.IMREAD_UNCHANGED).shape[:2] == before.shape[:2]
    dialog.close()


def test_the_samples_of_one_picture_are_never_read_from_the_next(
    session: MainWindow, tmp_path: Path, qtbot: QtBot, said: list
):
    """The mouse rests on a point that the next picture does not have."""
    small = tmp_path / "small.tif"
    tifffile.imwrite(small, np.zeros((20, 20, 3), np.uint8), photometric="rgb")
    status = session.status
    session.area.view.hovered.emit(150.0, 100.0)
    assert "150" in status.position.text()
    opening.open_path(session.context, small)
    qtbot.waitUntil(lambda: session.context.document.painting.path == small)
    assert not status.position.text()
    assert not status.samples.text()
    qtbot.wait(3 * SAMPLE_WAIT)
    qtbot.waitUntil(lambda: session.context.background.resting)
    assert not status.samples.text()
    assert not [each for each in said if each.level == "error"]


def test_a_cancelled_restoration_changes_nothing(
    session: MainWindow, qtbot: QtBot, settle: Settle, said: list
):
    context = session.context
    mark(context.document, LOSS)
    qtbot.waitUntil(session.action("restore_all").isEnabled)
    session.action("restore_all").trigger()
    qtbot.mouseClick(session.status.job.cancel, Qt.MouseButton.LeftButton)
    assert "cancelling" in session.status.job.text.text()
    settle()
    assert not context.document.state.runs
    assert any("cancelled" in item.sentence for item in said)
    assert not session.status.job.isVisible()


def test_damage_that_is_only_recorded_is_refused_with_the_remedy(
    session: MainWindow, settle: Settle, qtbot: QtBot, said: list
):
    from imagest_core.damage.classes import Policy
    from imagest_core.project.operations.settings import set_policy

    context = session.context
    mark(context.document, LOSS)
    context.do(set_policy(context.document.state, 1, Policy.RECORD))
    qtbot.waitUntil(session.action("restore_all").isEnabled)
    session.action("restore_all").trigger()
    settle()
    assert said[-1].level == "error"
    assert "only recorded" in said[-1].sentence
    assert session.banner.isVisible()
    qtbot.mouseClick(session.banner.copy, Qt.MouseButton.LeftButton)
    assert "MaskError" in QApplication.clipboard().text()
    assert session.context.document.state.runs == {}


def test_undo_and_redo_by_keys_and_by_the_history(session: MainWindow, qtbot: QtBot):
    document = session.context.document
    mark(document, LOSS)
    mark(document, SMALL)
    counts = document.state.damage.count()
    qtbot.waitUntil(session.action("undo").isEnabled)
    session.action("undo").trigger()
    assert document.state.damage.count() < counts
    qtbot.waitUntil(session.action("redo").isEnabled)
    session.action("redo").trigger()
    assert document.state.damage.count() == counts
    session.history._go_to(2)
    assert document.state.damage.empty
    session.history._go_to(0)
    assert document.state.damage.count() == counts


def test_mask_commands_are_one_step_each(session: MainWindow, qtbot: QtBot):
    document = session.context.document
    mark(document, LOSS)
    qtbot.waitUntil(session.action("grow").isEnabled)
    before = document.state.damage.count()
    for name, check in (("grow", int.__gt__), ("shrink", int.__eq__)):
        session.action(name).trigger()
        assert check(document.state.damage.count(), before)
    session.action("invert").trigger()
    assert document.state.damage.count() == document.painting.box.area - before
    session.action("clear_class").trigger()
    assert document.state.damage.empty
    assert [entry.name for entry in document.document.history.done][1:] == [
        "Grow class",
        "Shrink class",
        "Invert mask",
        "Clear class",
    ]


def test_import_and_export_of_a_mask(session: MainWindow, tmp_path: Path, settle: Settle, said: list):
    from app.commands import mask as masking

    mask = np.zeros((120, 160), np.uint8)
    mask[10:20, 10:20] = 255
    write_picture(tmp_path / "mask.png", mask)
    masking.import_mask(session.context, tmp_path / "mask.png")
    settle()
    assert session.context.document.state.damage.counts() == {1: 100}
    masking.export_mask(session.context, tmp_path / "again.png")
    settle()
    assert (read_picture(tmp_path / "again.png", cv2.IMREAD_UNCHANGED) == mask).all()
    masking.export_mask(session.context, tmp_path / "again.png")
    settle()
    assert said[-1].level != "error", "the user has agreed to replace it"
    scan = session.context.document.painting.path
    for name in (scan.name, scan.name.upper()):
        before = scan.read_bytes()
        masking.export_mask(session.context, scan.with_name(name))
        settle()
        assert "is one of the inputs" in said[-1].sentence
        assert scan.read_bytes() == before
    write_picture(tmp_path / "small.png", mask[:50])
    masking.import_mask(session.context, tmp_path / "small.png")
    settle()
    assert said[-1].level == "error"


def test_review_region_by_region(session: MainWindow, qtbot: QtBot, settle: Settle, said: list):
    context = session.context
    mark(context.document, LOSS, SMALL)
    qtbot.waitUntil(session.action("restore_all").isEnabled)
    session.action("restore_all").trigger()
    settle()
    qtbot.waitUntil(session.action("next_unreviewed").isEnabled)
    session.action("next_unreviewed").trigger()
    assert context.selection.region == 1
    session.review.note.setPlainText("too smooth")
    qtbot.waitUntil(session.action("reject_region").isEnabled)
    session.action("reject_region").trigger()
    assert context.selection.region == 2
    session.action("accept_region").trigger()
    assert context.selection.region == 0
    assert "reviewed" in said[-1].sentence
    assert session.review.counts.text() == "1 accepted, 1 rejected, 0 to review"


def test_results_are_staged_and_other_files_are_kept(session: MainWindow, qtbot: QtBot, settle: Settle):
    context = session.context
    mark(context.document, LOSS)
    qtbot.waitUntil(session.action("restore_all").isEnabled)
    for _ in range(2):
        session.action("restore_all").trigger()
    settle()
    assert sorted(context.document.state.runs) == [1, 2]
    assert context.selection.run == 2
    session.action("previous_run").trigger()
    assert context.selection.run == 1
    session.action("accept_run").trigger()
    assert sorted(context.document.state.runs) == [1, 2]
    context.settings.prefer(confirm_discard=False)
    session.action("discard_run").trigger()
    assert sorted(context.document.state.runs) == [2]
    session.action("undo").trigger()
    assert sorted(context.document.state.runs) == [1, 2]


def test_edit_is_kept_after_closing_and_opening(
    session: MainWindow, scan: Path, qtbot: QtBot, settle: Settle
):
    mark(session.context.document, LOSS)
    session.action("close").trigger()
    assert session.context.document is None
    assert session.stack.currentWidget() is session.welcome
    opening.open_path(session.context, scan)
    qtbot.waitUntil(lambda: session.context.document is not None)
    assert session.context.document.state.damage.count() == 24 * 34


def test_unreadable_file_is_reported_and_removed_from_recent_files(
    window: MainWindow, tmp_path: Path, settle: Settle, said: list
):
    missing = tmp_path / "gone.tif"
    window.context.settings.remember(missing)
    opening.open_path(window.context, missing)
    settle()
    assert said[-1].level == "error"
    assert window.context.document is None
    assert window.context.settings.recent == ()


def test_measured_length_is_shown_in_px_and_mm(session: MainWindow):
    session.context.selection.tool = ToolName.MEASURE
    session.area.view.measured.emit((0.0, 0.0), (30.0, 40.0))
    assert session.options.distance.isVisible()
    assert session.options.distance.text() == "50.0 px  ·  12.50 mm"


def test_every_dock_can_be_restored(session: MainWindow):
    for dock in session.docks.values():
        dock.hide()
    session.docks["damage"].open(False)
    session.reset_layout()
    assert all(dock.isVisible() for dock in session.docks.values())
    assert session.docks["damage"].opened


def test_window_does_not_import_torch():
    import subprocess
    import sys

    heavy = "('torch', 'diffusers', 'timm', 'skimage')"
    code = f"import app.window.main_window, sys; print([name for name in {heavy} if name in sys.modules])"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "[]"


def test_repeated_keys_undo_and_redo_as_many_operations(session: MainWindow, qtbot: QtBot):
    """All keys come within one turn of the event loop, as from a fast hand on a slow machine."""
    document = session.context.document
    session.activateWindow()
    qtbot.waitUntil(session.isActiveWindow)

    def press(key: Qt.Key, times: int) -> None:
        for _ in range(times):
            QTest.sendKeyEvent(
                QTest.KeyAction.Click, session.area.view, key, "", Qt.KeyboardModifier.ControlModifier
            )

    for at in range(5):
        mark(document, (slice(10 * at, 10 * at + 5), slice(0, 5)))
    press(Qt.Key.Key_Z, 4)
    assert document.state.damage.count() == 25
    press(Qt.Key.Key_Y, 3)
    assert document.state.damage.count() == 100
    press(Qt.Key.Key_Z, 9)
    assert document.state.damage.empty
    assert not session.action("undo").isEnabled()
    assert session.action("redo").isEnabled()
