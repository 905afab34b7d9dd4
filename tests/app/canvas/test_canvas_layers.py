"""A layer asks for every cell a view shows, and passes changes on to the layers computed from it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from app.canvas import layer as layers
from app.canvas.layer import PictureLayer
from app.canvas.picture import CELL
from app.context import Context
from imagest_core.painting.color.display import Pixels
from imagest_core.painting.geometry import Box

WHOLE = Box(0, 0, 3 * CELL, 3 * CELL)


class Plain:
    """A picture of one colour, which is never held in memory."""

    width = height = 3 * CELL
    levels = 1

    def held(self, level: int) -> Pixels | None:
        return None

    def make(self, level: int, part: Box) -> Pixels:
        return np.full((part.height, part.width, 4), 255, np.uint8)


def test_dropped_requests_are_repeated(
    context: Context, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view that repaints where the layer reports an update ends with every cell."""
    monkeypatch.setattr(layers, "_PENDING", 4)
    layer = PictureLayer(Plain(), context.background)
    image = QImage(*WHOLE[2:], QImage.Format.Format_ARGB32_Premultiplied)

    def paint(box: Box) -> None:
        painter = QPainter(image)
        layer.draw(painter, box, 1.0)
        painter.end()

    layer.updated.connect(paint)
    paint(WHOLE)
    qtbot.waitUntil(lambda: len(layer._cells) == 9)
    qtbot.waitUntil(lambda: not layer.waiting)
    layer.close()
    layer.deleteLater()


def test_a_layer_follows_the_layers_it_is_computed_from(context: Context) -> None:
    source, middle, last = (PictureLayer(Plain(), context.background) for _ in range(3))
    middle.follow(source, cells=False)
    last.follow(middle)
    updates: list[Box] = []
    last.updated.connect(updates.append)
    source.refresh_held(Box(1, 2, 3, 4))
    source.invalidate(Box(5, 6, 7, 8), Box(20, 6, 7, 8))
    assert updates == [Box(1, 2, 3, 4), Box(5, 6, 22, 8)]
    for layer in (source, middle, last):
        layer.deleteLater()
