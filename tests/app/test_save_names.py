"""File names chosen by the user: suffixes are added, and no file is replaced without confirmation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.document import OpenDocument
from app.window.main_window import MainWindow
from imagest_core.damage.mask_io import read_mask
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.mask import change_mask

Settle = Callable[[], None]
Answer = Callable[..., list[str]]
PNG, TIFF, PROJECTS = "PNG (*.png)", "TIFF (*.tif)", "Projects (*.imagest)"


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Let the file dialog answer with a path; questions get the given answer. Returns the questions."""

    def answering(path: Path, kind: str, *, replace: bool = False) -> list[str]:
        asked: list[str] = []
        button = QMessageBox.StandardButton.Yes if replace else QMessageBox.StandardButton.Cancel

        def question(*words: object) -> QMessageBox.StandardButton:
            asked.append(str(words[2]))
            return button

        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))
        monkeypatch.setattr(QMessageBox, "question", question)
        return asked

    return answering


@pytest.fixture
def marked(window: MainWindow, opened: OpenDocument) -> OpenDocument:
    after = opened.state.damage.copy()
    after.write(Box(10, 10, 10, 10), np.ones((10, 10), np.uint8))
    opened.do(change_mask(opened.state.damage, after, "Brush"))
    return opened


@pytest.mark.parametrize("replace", [False, True])
def test_a_project_is_replaced_only_after_confirmation(
    window: MainWindow, marked: OpenDocument, tmp_path: Path, answer: Answer, replace: bool
) -> None:
    there, before = tmp_path / "other.imagest", marked.document.path
    there.write_bytes(b"")
    asked = answer(tmp_path / "other", PROJECTS, replace=replace)
    window.handlers.save_as()
    assert asked == ["other.imagest already exists. Replace it?"]
    assert marked.document.path == (there if replace else before)
    assert bool(there.stat().st_size) == replace


@pytest.mark.parametrize("name", ["new", "new.imagest", "NEW.IMAGEST"])
def test_a_new_project_needs_no_confirmation(
    window: MainWindow, marked: OpenDocument, tmp_path: Path, answer: Answer, name: str
) -> None:
    asked = answer(tmp_path / name, PROJECTS)
    window.handlers.save_as()
    assert not asked
    assert marked.document.path == tmp_path / (name if "." in name else f"{name}.imagest")


@pytest.mark.parametrize(
    ("name", "kind", "written"),
    [
        ("mask", PNG, "mask.png"),
        ("mask", TIFF, "mask.tif"),
        ("v1.2", PNG, "v1.2.png"),
        ("mask.tiff", TIFF, "mask.tiff"),
        ("mask.PNG", PNG, "mask.PNG"),
    ],
)
def test_a_mask_gets_its_suffix(
    window: MainWindow,
    marked: OpenDocument,
    tmp_path: Path,
    answer: Answer,
    settle: Settle,
    name,
    kind,
    written,
) -> None:
    answer(tmp_path / name, kind)
    window.handlers.export_mask()
    settle()
    assert read_mask(tmp_path / written, marked.state.box[2:]).count() == 100


def test_a_mask_replaces_the_file_confirmed_in_the_dialog(
    window: MainWindow, marked: OpenDocument, tmp_path: Path, answer: Answer, settle: Settle, said: list
) -> None:
    (tmp_path / "mask.png").write_bytes(b"of last week")
    asked = answer(tmp_path / "mask.png", PNG)
    window.handlers.export_mask()
    settle()
    assert not asked, "the file dialog has asked"
    assert read_mask(tmp_path / "mask.png", marked.state.box[2:]).count() == 100
    assert said[-1].level == "info"


def test_a_mask_never_replaces_the_scan_or_a_project(
    window: MainWindow,
    marked: OpenDocument,
    scan: Path,
    tmp_path: Path,
    answer: Answer,
    settle: Settle,
    said: list,
) -> None:
    link = tmp_path / "link.tif"
    link.symlink_to(scan)
    other = tmp_path / "project.png"
    other.write_bytes(b"SQLite format 3\0" + bytes(84))
    for path in (scan, scan.with_name("SCAN.TIF"), link, other):
        before = path.read_bytes() if path.exists() else None
        answer(path, TIFF)
        window.handlers.export_mask()
        settle()
        assert said[-1].level == "error"
        assert "choose another name" in said[-1].sentence
        assert (path.read_bytes() if path.exists() else None) == before
