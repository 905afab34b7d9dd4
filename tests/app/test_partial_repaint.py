"""What is repainted in part looks as if all of it had been repainted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot
from shown import TOLERANCE, painted

from app.canvas.items import PictureItem
from app.canvas.navigation import ViewPosition
from app.document import OpenDocument
from app.window.main_window import MainWindow


def test_a_partial_repaint_leaves_no_lines(window: MainWindow, opened: OpenDocument, qtbot: QtBot) -> None:
    view = window.area.view
    qtbot.waitUntil(lambda: window.area.layers is not None and window.area.layers.complete)
    items = [item for item in view.scene().items() if isinstance(item, PictureItem)]
    assert items
    for zoom in np.linspace(0.5, 1.9, 15):
        view.set_view(ViewPosition(80.3, 60.7, zoom))
        qtbot.wait(20)
        view.viewport().repaint()
        whole = painted(view).astype(int)
        for part in (QRectF(0, 0, 160, 120), QRectF(31, 23, 47, 52)):
            for item in items:
                item.update(part)
            qtbot.wait(20)
            wrong = np.abs(painted(view) - whole).max(axis=2) > TOLERANCE
            assert not wrong.any(), f"{wrong.sum()} pixels at {zoom}, {part}"


def test_a_partial_repaint_leaves_no_lines_at_a_scale_factor_of_1_5(tmp_path: Path) -> None:
    test = f"{__file__}::test_a_partial_repaint_leaves_no_lines"
    words = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", test]
    result = subprocess.run(
        [*words, f"--basetemp={tmp_path / 'inner'}"],
        env=os.environ | {"QT_SCALE_FACTOR": "1.5"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 passed" in result.stdout, result.stdout[-3000:]
