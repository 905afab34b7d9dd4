"""Small pictures of panels for the manual: PNG with few colours, without empty space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtGui import QImage, QPixmap

COLOURS = 128
EMPTY = 20
"""Longest run of empty rows or columns that is kept, in px."""
NAMES = (
    "window",
    "damage",
    "derive",
    "strokes",
    "rim",
    "layers",
    "style",
    "restore",
    "results",
    "compare",
    "review",
    "export",
)
"""The pictures of the manual, in each language."""
PAINTED = {"window": 640, "strokes": 640, "rim": 280, "compare": 560}
"""Width in px of those that are reduced."""


def write_manual_picture(taken: QPixmap, name: str, folder: Path) -> None:
    """Write ``taken`` as ``folder``/``name``.png."""
    image = Image.fromarray(_pixels(taken.toImage()))
    if name in PAINTED:
        width = PAINTED[name]
        image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    else:
        pixels = without_empty_rows(np.asarray(image))
        image = Image.fromarray(without_empty_rows(pixels.swapaxes(0, 1)).swapaxes(0, 1))
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    folder.mkdir(parents=True, exist_ok=True)
    few.save(folder / f"{name}.png", optimize=True)


def without_empty_rows(pixels: np.ndarray) -> np.ndarray:
    """Shorten runs of rows of one colour to ``EMPTY`` rows."""
    inner = pixels[:, 2:-2]
    empty = (inner == inner[:, :1]).all(axis=(1, 2))
    kept, run = [], 0
    for row, blank in enumerate(empty):
        run = run + 1 if blank else 0
        if run <= EMPTY:
            kept.append(row)
    return pixels[kept]


def _pixels(image: QImage) -> np.ndarray:
    """RGB samples of ``image`` in physical pixels."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()
