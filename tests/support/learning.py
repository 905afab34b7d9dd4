"""Strokes on a scan with two losses, and the panel that learns from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from pytestqt.qtbot import QtBot

from app.context import Context
from app.document import OpenDocument
from app.selection import Proposal
from app.window.main_window import MainWindow
from imagest_core.damage.examples import ExampleStroke
from imagest_core.project.operations.examples import add_example

LOSSES = (np.s_[40:60, 50:80], np.s_[80:100, 110:140])
TRAIL = (52.0, 50.0, 76.0, 50.0)
PAINT = (10.0, 20.0, 100.0, 20.0, 100.0, 70.0)


def with_second_loss(scan: Path) -> Path:
    """Paint a second loss into the scan, far from the first one."""
    picture = tifffile.imread(scan)
    picture[LOSSES[1]] = 60_000
    tifffile.imwrite(scan, picture, photometric="rgb", resolution=(40, 40), resolutionunit="CENTIMETER")
    return scan


def teach(document: OpenDocument, *strokes: tuple[int, tuple[float, ...]]) -> None:
    for label, points in strokes:
        document.do(add_example(document.state, ExampleStroke(label, 5.0, points)))


def start(window: MainWindow, document: OpenDocument) -> None:
    window.context.selection.visible = document.painting.box
    window.damage.show_derive("examples")


def wait_for(qtbot: QtBot, context: Context) -> Proposal:
    qtbot.waitUntil(lambda: context.selection.proposal is not None, timeout=30_000)
    assert context.selection.proposal is not None
    return context.selection.proposal
