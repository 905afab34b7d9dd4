"""Reopened projects: the last view, and scans that moved or changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas.navigation import ViewPosition
from app.commands import decide as deciding
from app.commands import open as opening
from app.commands import restore as restoring
from app.dialogs.locate_scan import LocateScanDialog
from app.dialogs.project_found import ProjectFoundDialog
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask

Settle = Callable[[], None]


@pytest.fixture
def project(window: MainWindow, scan: Path, tmp_path: Path, settle: Settle) -> Path:
    """A named project of the scan, closed again."""
    opening.open_path(window.context, scan)
    settle()
    path = tmp_path / "work.imagest"
    opening.save_as(window.context, path)
    opening.close(window.context)
    return path


def asked() -> LocateScanDialog:
    return next(
        w for w in QApplication.topLevelWidgets() if isinstance(w, LocateScanDialog) and w.isVisible()
    )


def test_an_added_suffix_does_not_replace_another_project(
    window: MainWindow, project: Path, settle: Settle, said: list
):
    opening.open_sample(window.context)
    settle()
    before = project.read_bytes()
    opening.save_as(window.context, project.with_suffix(""))
    assert "already exists" in said[-1].sentence
    assert project.read_bytes() == before
    assert window.context.document.document.unnamed


def test_a_project_opens_at_the_last_view(window: MainWindow, project: Path, settle: Settle, qtbot: QtBot):
    context = window.context
    opening.open_path(context, project)
    settle()
    qtbot.wait(50)
    window.area.view.zoom_to(4.0)
    context.selection.tool, context.selection.label = "lasso", 3
    qtbot.wait(50)
    left = window.area.view.position
    opening.open_sample(context)
    settle()
    context.selection.tool, context.selection.label = "brush", 1
    opening.open_path(context, project)
    settle()
    qtbot.waitUntil(lambda: window.area.view.position.zoom == pytest.approx(4.0))
    assert window.area.view.position.x == pytest.approx(left.x, abs=1)
    assert (context.selection.tool, context.selection.label) == ("lasso", 3)


@pytest.mark.parametrize("named", [False, True])
def test_opening_the_open_project_again_keeps_it_writable(
    request: pytest.FixtureRequest,
    window: MainWindow,
    scan: Path,
    tmp_path: Path,
    settle: Settle,
    said: list,
    named: bool,
):
    """Chosen or dropped once more, by any name: nothing painted meanwhile goes, nothing becomes read-only."""
    context, path = window.context, request.getfixturevalue("project") if named else scan
    opening.open_path(context, path)
    opening.open_path(context, path)
    settle()
    document = context.document
    after = document.state.damage.copy()
    after.write(Box(10, 10, 5, 5), np.ones((5, 5), np.uint8))
    (tmp_path / "copy").mkdir()
    other = tmp_path / "copy" / path.name
    other.symlink_to(path) if named else shutil.copyfile(path, other)
    for again in (path, other):
        opening.open_path(context, again)
        document.do(change_mask(document.state.damage, after, "Brush"))
        settle()
        assert context.document is document
        assert not document.read_only
        assert said[-1].sentence == f"{path.name} is already open."
    assert not document.state.damage.empty
    opening.close(context)
    opening.open_path(context, path)
    settle()
    assert not context.document.state.damage.empty


def offered() -> ProjectFoundDialog:
    return next(
        w for w in QApplication.topLevelWidgets() if isinstance(w, ProjectFoundDialog) and w.isVisible()
    )


def test_the_project_of_a_scan_is_offered(window: MainWindow, project: Path, scan: Path, settle: Settle):
    context = window.context
    opening.open_path(context, scan)
    settle()
    assert context.document is None
    QTest.mouseClick(offered().project, Qt.MouseButton.LeftButton)
    settle()
    assert context.document.document.path == project
    opening.close(context)

    opening.open_path(context, scan)
    settle()
    QTest.mouseClick(offered().alone, Qt.MouseButton.LeftButton)
    settle()
    assert context.document.document.unnamed
    opening.close(context)


def test_the_offer_can_be_declined(window: MainWindow, project: Path, scan: Path, settle: Settle):
    opening.open_path(window.context, scan)
    settle()
    QTest.keyClick(offered(), Qt.Key.Key_Escape)
    settle()
    assert window.context.document is None


def test_a_copy_of_the_scan_is_recognised_and_a_deleted_project_is_not_offered(
    window: MainWindow, project: Path, scan: Path, tmp_path: Path, settle: Settle
):
    copy = tmp_path / "copy.tif"
    shutil.copyfile(scan, copy)
    opening.open_path(window.context, copy)
    settle()
    offered().reject()
    project.unlink()
    opening.open_path(window.context, copy)
    settle()
    assert window.context.document.painting.path == copy


def test_a_moved_scan_is_located_and_verified(
    window: MainWindow, project: Path, scan: Path, tmp_path: Path, settle: Settle, said: list
):
    elsewhere = tmp_path / "far" / "renamed.tif"
    elsewhere.parent.mkdir()
    scan.rename(elsewhere)
    other = tmp_path / "far" / "other.tif"
    other.write_bytes(elsewhere.read_bytes()[:-1] + b"!")

    opening.open_path(window.context, project)
    settle()
    assert "can't be found" in asked().sentence.text()
    asked().use_scan(other)
    settle()
    assert window.context.document is None
    assert "is not the scan of this project" in asked().sentence.text()
    asked().use_scan(elsewhere)
    settle()
    assert window.context.document.painting.path == elsewhere
    assert not [item for item in said if item.level == "error"]
    opening.close(window.context)
    opening.open_path(window.context, project)
    settle()
    assert window.context.document.painting.path == elsewhere, "it is remembered"


def test_a_rewritten_scan_is_used_after_confirmation(
    window: MainWindow, project: Path, scan: Path, settle: Settle, said: list
):
    samples = tifffile.imread(scan)
    tifffile.imwrite(scan, samples, photometric="rgb", description="by another program")
    opening.open_path(window.context, project)
    settle()
    assert "every sample is unchanged" in asked().sentence.text()
    assert asked().use_button.isVisible()
    asked().accept_rewritten()
    settle()
    assert window.context.document.painting.path == scan
    assert not [item for item in said if item.level == "error"]
    opening.close(window.context)

    samples[0, 0] ^= 1
    tifffile.imwrite(scan, samples, photometric="rgb")
    opening.open_path(window.context, project)
    settle()
    assert "its samples" in asked().sentence.text()
    assert not asked().use_button.isVisible()
    assert window.context.document is None


def test_a_discarded_result_is_restored_from_the_menu(
    window: MainWindow, scan: Path, settle: Settle, qtbot: QtBot
):
    context = window.context
    opening.open_path(context, scan)
    settle()
    document = context.document
    after = document.state.damage.copy()
    after.write(Box(50, 40, 30, 20), after.read(Box(50, 40, 30, 20)) + 1)
    document.do(change_mask(document.state.damage, after, "Brush"))
    restoring.restore_all(context)
    settle()
    window.archived_results.refresh()
    assert not window.archived_results.actions()[0].isEnabled()
    deciding.discard_run(context)
    assert not document.state.runs
    window.archived_results.refresh()
    (again,) = window.archived_results.actions()
    again.trigger()
    assert list(document.state.runs) == [1]
    assert context.selection.run == 1


def test_a_failed_backup_is_reported(window: MainWindow, project: Path, settle: Settle, said: list):
    opening.open_path(window.context, project)
    settle()
    window.context.document.document.backup_error_changed.emit("The backup is full.")
    assert said[-1].level == "warning"
    assert "only a backup is missing" in said[-1].remedy


def test_a_fitted_scan_is_fitted_again_in_a_window_of_another_size(
    window: MainWindow, scan: Path, settle: Settle, qtbot: QtBot
):
    view = window.area.view
    window.resize(1264, 672)
    opening.open_path(window.context, scan)
    settle()
    qtbot.waitUntil(lambda: view.fitted)
    before = view.zoom
    opening.close(window.context)
    window.resize(1800, 1000)
    opening.open_path(window.context, scan)
    settle()
    qtbot.wait(50)
    assert view.fitted
    assert view.zoom > before


def test_a_zoomed_scan_is_shown_where_it_was(window: MainWindow, scan: Path, settle: Settle, qtbot: QtBot):
    view = window.area.view
    opening.open_path(window.context, scan)
    settle()
    view.set_view(ViewPosition(40, 30, 6.0))
    opening.close(window.context)
    opening.open_path(window.context, scan)
    settle()
    qtbot.waitUntil(lambda: view.zoom == pytest.approx(6.0))
    assert view.position == pytest.approx((40, 30, 6.0), abs=0.5)
