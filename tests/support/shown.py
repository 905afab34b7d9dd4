"""What is really on the screen: the painted window surface, not a repaint for the test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.canvas.view import CanvasView
from app.window.banner import Banner

BLOCK = 40
"""Side in px of the blocks of one colour that test pictures are made of."""
TOLERANCE = 10
Colours = NDArray[np.int64]


def block_colours(seed: int, columns: int, rows: int) -> Colours:
    """(rows, columns, 3) 8-bit colours that differ from each other and from the grey surround."""
    return np.random.default_rng(seed).integers(10, 246, (rows, columns, 3))


def write_blocks(path: Path, colours: Colours) -> Path:
    """A 16-bit TIFF of blocks of these colours."""
    samples = np.kron(colours * 257, np.ones((BLOCK, BLOCK, 1), np.int64)).astype(np.uint16)
    tifffile.imwrite(path, samples, photometric="rgb")
    return path


def painted(widget: QWidget) -> NDArray[np.uint8]:
    """(h, w, 3) of ``widget`` in device pixels, as it stands on the window's surface.

    Unlike ``QWidget.grab`` it repaints nothing: a missing update is seen.
    """
    window = widget.window()
    whole = window.screen().grabWindow(window.winId(), 0, 0, window.width(), window.height()).toImage()
    image = whole.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    ratio, corner = window.devicePixelRatioF(), widget.mapTo(window, QPoint(0, 0))
    left, top = round(corner.x() * ratio), round(corner.y() * ratio)
    right, bottom = left + round(widget.width() * ratio), top + round(widget.height() * ratio)
    return pixels[top:bottom, left:right, 2::-1].copy()


def wrong_blocks(view: CanvasView, colours: Colours, part: tuple[float, float] = (0.0, 1.0)) -> list[str]:
    """The visible blocks whose centre has the wrong colour on the screen; "nothing" if none is visible.

    ``part``: only blocks whose middle lies in this part of the view's width.
    """
    pixels, ratio = painted(view.viewport()), view.devicePixelRatioF()
    covers = covers_of(view)
    found, seen = [], 0
    for row, column in np.ndindex(colours.shape[:2]):
        middle = QPointF((column + 0.5) * BLOCK, (row + 0.5) * BLOCK)
        at = view.viewportTransform().map(middle)
        share = at.x() / view.viewport().width()
        if not view.viewport().rect().contains(at.toPoint()) or not part[0] + 0.03 < share < part[1] - 0.03:
            continue
        if any(cover.contains(at.toPoint()) for cover in covers):
            continue
        seen += 1
        there = pixels[min(int(at.y() * ratio), len(pixels) - 1), int(at.x() * ratio)].astype(int)
        if np.abs(there - colours[row, column]).max() > TOLERANCE:
            found.append(f"({column}, {row}) is {there} instead of {colours[row, column]}")
    return found if seen else ["nothing is in sight"]


def covers_of(view: CanvasView) -> list[QRect]:
    """Areas of the view that other widgets cover: names, map, curtain, scale, and the banner."""
    over = [child for child in view.children() if isinstance(child, QWidget) and child is not view.viewport()]
    areas = [child.geometry() for child in over if child.isVisible()]
    for banner in view.window().findChildren(Banner):
        if banner.isVisible():
            areas.append(QRect(view.mapFromGlobal(banner.mapToGlobal(QPoint(0, 0))), banner.size()))
    return [area.adjusted(-2, -2, 2, 2) for area in areas]
