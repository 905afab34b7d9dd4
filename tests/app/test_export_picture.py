"""File > Export marked picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from canvas_runs import filled_run
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QInputDialog

from app.document import OpenDocument
from app.window.main_window import MainWindow
from imagest_core.painting.geometry import Box
from imagest_core.project.operations.results import add_run


def test_the_marked_picture_includes_the_result_under_review(
    window: MainWindow,
    opened: OpenDocument,
    settle: Callable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: list,
) -> None:
    out = tmp_path / "marked.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), "PNG (*.png)"))
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (80, True))
    opened.do(add_run(filled_run(1, [Box(80, 60, 40, 40)], 30000, (160, 120))))
    window.context.selection.run = 1
    window.action("export_picture").trigger()
    settle()
    assert said[-1].sentence == "Exported marked.png (80 × 60 px)."
    with Image.open(out) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert pixels.shape == (60, 80, 3)
    assert (pixels[30:50, 40:60] == (255, 210, 74)).all(axis=2).mean() > 0.2
