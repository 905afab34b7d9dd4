"""Files dropped on the window, with the events of the window system."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.import_mask import ImportMaskDialog
from app.document import OpenDocument
from app.window.main_window import MainWindow


class Drag:
    """A file dragged over the window; events go to its native window, which finds the widget below."""

    def __init__(self, window: MainWindow, path: Path) -> None:
        self._window, self._data = window, QMimeData()
        self._data.setUrls([QUrl.fromLocalFile(str(path))])
        self._at = QPointF()
        self._entered = False

    def over(self, widget: QWidget, x: float, y: float) -> bool:
        """Drag to a share of the width and height of ``widget``; returns whether dropping is possible."""
        size = widget.size()
        at = widget.mapTo(self._window, QPoint(round(size.width() * x), round(size.height() * y)))
        self._at = QPointF(at)
        if not self._entered:
            self._entered = True
            self._send(
                QDragEnterEvent(at, Qt.DropAction.CopyAction, self._data, Qt.MouseButton.LeftButton, _NONE)
            )
        move = QDragMoveEvent(at, Qt.DropAction.CopyAction, self._data, Qt.MouseButton.LeftButton, _NONE)
        self._send(move)
        return move.isAccepted()

    def drop(self) -> None:
        self._send(
            QDropEvent(self._at, Qt.DropAction.CopyAction, self._data, Qt.MouseButton.LeftButton, _NONE)
        )

    def leave(self) -> None:
        self._send(QDragLeaveEvent())

    def _send(self, event: object) -> None:
        QApplication.sendEvent(self._window.windowHandle(), event)


_NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def mask_file(tmp_path: Path) -> Path:
    mask = np.zeros((120, 160), np.uint8)
    mask[10:20, 30:50] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


@pytest.mark.parametrize("place", ["canvas", "tools", "dock", "results"])
def test_a_scan_dropped_anywhere_is_opened(
    window: MainWindow, opened: OpenDocument, scan: Path, settle: Callable, place: str, tmp_path: Path
) -> None:
    other = tmp_path / "other.tif"
    other.write_bytes(scan.read_bytes())
    widgets = {
        "canvas": window.area.view.viewport(),
        "tools": window.options,
        "dock": window.docks["damage"],
        "results": window.results,
    }
    drag = Drag(window, other)
    assert drag.over(widgets[place], 0.2, 0.5)
    assert window.drop_target.hint.texts[0] == "Open other.tif"
    drag.drop()
    settle()
    assert window.context.document is not None
    assert window.context.document.painting.path == other
    assert not window.drop_target.hint.isVisible()


def test_a_picture_dropped_on_the_right_half_is_imported_as_a_mask(
    window: MainWindow, opened: OpenDocument, mask_file: Path, settle: Callable, qtbot: QtBot
) -> None:
    drag = Drag(window, mask_file)
    assert drag.over(window.area.view.viewport(), 0.25, 0.5)
    assert not window.drop_target.hint.on_mask
    assert drag.over(window.area.view.viewport(), 0.75, 0.5)
    assert window.drop_target.hint.isVisible()
    assert window.drop_target.hint.on_mask
    assert window.drop_target.hint.texts == ("Open mask.png", "Import mask.png as a mask")
    drag.drop()
    settle()
    dialog = window.findChild(ImportMaskDialog)
    assert opened.state.damage.count() == 0
    dialog.go.click()
    qtbot.waitUntil(lambda: opened.state.damage.count() == 200)
    assert window.context.document is opened


def test_projects_are_only_opened(window: MainWindow, opened: OpenDocument, tmp_path: Path) -> None:
    drag = Drag(window, tmp_path / "work.imagest")
    assert drag.over(window.area.view.viewport(), 0.75, 0.5)
    assert window.drop_target.hint.texts == ("Open the project work.imagest",)
    drag.leave()
    assert not window.drop_target.hint.isVisible()


def test_dropping_on_the_start_view(window: MainWindow, scan: Path, settle: Callable) -> None:
    drag = Drag(window, scan)
    assert drag.over(window.welcome.viewport(), 0.75, 0.5)
    drag.drop()
    settle()
    assert window.context.document is not None
