"""The pixel grid: lines of one device pixel along the borders of the pixels."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem
from pytestqt.qtbot import QtBot

from app.canvas.decoration import GridItem
from app.canvas.transforms import view_transform

WIDTH, HEIGHT = 12, 9
SIDE, START = 420, 201.3


def drawn(ratio: float, zoom: float, rotation: int, exposed: QRectF) -> NDArray[np.uint8]:
    """Green values after the grid was drawn on white, with the corner of the picture at ``START``."""
    image = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(0xFFFFFFFF)
    item, option = GridItem(), QStyleOptionGraphicsItem()
    item.set_box(QRectF(0, 0, WIDTH, HEIGHT))
    option.exposedRect = exposed
    painter = QPainter(image)
    corner = QTransform.fromTranslate(START / ratio, START / ratio)
    painter.setTransform(view_transform(zoom / ratio, rotation) * corner)
    item.paint(painter, option)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(SIDE, SIDE, 4)[..., 1].copy()


def borders(count: int, step: float) -> list[int]:
    """Device pixels with which pixels begin."""
    return sorted(int(np.floor(START + step * index + 0.5)) for index in range(count + 1))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("zoom", [8.0, 8.7, 12.5, 16.3])
@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_lines_are_one_device_pixel_wide_at_the_borders(
    qtbot: QtBot, ratio: float, zoom: float, rotation: int
) -> None:
    shown = drawn(ratio, zoom, rotation, QRectF(-10, -10, 99, 99))
    width, height = (HEIGHT, WIDTH) if rotation % 180 else (WIDTH, HEIGHT)
    across = borders(width, -zoom if rotation in (90, 180) else zoom)
    down = borders(height, -zoom if rotation in (180, 270) else zoom)
    expected = np.full((SIDE, SIDE), 255)
    once, twice = 200, 169  # a translucent grey over white, and over itself
    expected[down[0] : down[-1] + 1, across] = once
    expected[down, across[0] : across[-1] + 1] = once
    expected[np.ix_(down, across)] = twice
    assert np.abs(shown - expected).max() <= 1


def test_no_lines_below_800_percent_or_beside_what_is_exposed(qtbot: QtBot) -> None:
    assert (drawn(1.5, 7.99, 0, QRectF(0, 0, 99, 99)) == 255).all()
    assert (drawn(1.5, 9.0, 0, QRectF(20, 20, 9, 9)) == 255).all()
    across = (drawn(1.0, 10.0, 0, QRectF(2, 3, 4, 2)) < 255).nonzero()[1]
    assert (across.min(), across.max()) == (borders(2, 10.0)[2], borders(6, 10.0)[6])
