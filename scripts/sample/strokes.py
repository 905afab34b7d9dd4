"""Brush strokes: thousands of curved strokes with bristle marks, painted coarse to fine over a scene.

After Hertzmann, "Painterly rendering with curved brush strokes of multiple sizes" (1998): a stroke is
painted where the canvas still differs from the scene blurred to the brush width.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.sample.noise import Field

TEMPLATE = (64, 256)


@dataclass(frozen=True)
class StrokeBrush:
    """One layer of strokes: ``width`` and ``length`` in pixels, ``spacing`` relative to the width."""

    width: float
    length: float
    spacing: float
    error: float
    """Smallest mean difference to the scene (0–1) for which a stroke is painted."""
    jitter: float
    """Standard deviation of the stroke's colour."""
    body: float
    """Thickness of the paint."""
    detail: bool = False
    """Paint strokes only where the scene has detail."""


@dataclass
class Canvas:
    """The painted canvas: ``colour`` (h, w, 3) in sRGB 0–1 and ``relief`` (h, w), the height of the paint."""

    colour: Field
    relief: Field


def templates(rng: np.random.Generator, count: int = 24) -> list[NDArray[np.float32]]:
    """Return stroke templates (64, 256, 2): opacity and bristle height, from left to right."""
    return [_template(rng) for _ in range(count)]


def _template(rng: np.random.Generator) -> NDArray[np.float32]:
    rows, columns = TEMPLATE
    v = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    u = np.linspace(0, 1, columns, dtype=np.float32)[None, :]
    bristles = cv2.GaussianBlur(rng.standard_normal((rows, 1)).astype(np.float32), (1, 5), 0.9)
    wander = cv2.GaussianBlur(rng.standard_normal((rows, columns)).astype(np.float32), (0, 0), 24, sigmaY=0.8)
    marks = 0.5 + 0.28 * bristles + 0.28 * wander / wander.std()
    start, end = 0.04 + 0.05 * rng.random(), 0.62 + 0.3 * rng.random()
    ragged = 0.10 * bristles + 0.05 * rng.standard_normal((rows, 1)).astype(np.float32)
    along = np.clip((u - start + 0.3 * ragged) / 0.05, 0, 1) * np.clip((end + ragged - u) / 0.16, 0, 1)
    across = np.clip((1 - np.abs(v) * (1.02 + 0.10 * marks)) / 0.22, 0, 1)
    cover = along * across * np.clip(0.55 + 0.9 * marks - 0.45 * u, 0.15, 1)
    ridge = 0.6 * marks + 0.5 * np.exp(-(((np.abs(v) - 0.78) / 0.14) ** 2))
    return np.dstack([cover, np.clip(ridge, 0, 1.6)]).astype(np.float32)


class Painter:
    """Paints brush strokes over a scene, deterministically from ``rng``."""

    def __init__(self, scene: Field, angle: Field, detail: Field, rng: np.random.Generator) -> None:
        self.scene, self.angle, self.detail, self.rng = scene, angle, detail, rng
        self.templates = templates(rng)

    def paint(self, canvas: Canvas, brush: StrokeBrush) -> int:
        """Paint one layer; return the number of strokes."""
        blurred = cv2.GaussianBlur(self.scene, (0, 0), max(brush.width / 5, 0.6))
        error = cv2.GaussianBlur(np.abs(canvas.colour - blurred).mean(axis=2), (0, 0), brush.width / 3)
        count = 0
        for x, y in self._places(brush):
            if error[y, x] < brush.error or (brush.detail and self.rng.random() > self.detail[y, x]):
                continue
            self._stroke(canvas, brush, x, y, blurred[y, x])
            count += 1
        return count

    def _places(self, brush: StrokeBrush) -> NDArray[np.int64]:
        height, width = self.angle.shape
        step = brush.width * brush.spacing
        grid = np.mgrid[0 : height + step : step, 0 : width + step : step].reshape(2, -1).T[:, ::-1]
        places = grid + self.rng.uniform(-step, step, grid.shape)
        places = np.clip(places, 0, (width - 1, height - 1)).astype(np.int64)
        return self.rng.permutation(places)

    def _stroke(self, canvas: Canvas, brush: StrokeBrush, x: int, y: int, colour: Field) -> None:
        rng = self.rng
        angle = float(self.angle[y, x]) + 0.22 * rng.standard_normal()
        length = brush.length * rng.uniform(0.7, 1.25)
        width = brush.width * rng.uniform(0.75, 1.2)
        rows, columns, local = _place(
            canvas.relief.shape, x, y, angle, length, width, 0.35 * rng.standard_normal()
        )
        if local is None:
            return
        mark = cv2.remap(self.templates[rng.integers(len(self.templates))], *local, cv2.INTER_LINEAR)
        cover, ridge = mark[..., 0], mark[..., 1]
        hue = colour + brush.jitter * (0.7 * rng.standard_normal() + 0.5 * rng.standard_normal(3))
        paint = hue.astype(np.float32) * (0.94 + 0.11 * ridge[..., None])
        under = canvas.colour[rows, columns]
        under += (paint - under) * cover[..., None]
        relief = canvas.relief[rows, columns]
        relief += (0.35 * relief + brush.body * ridge - relief) * cover


def _place(
    shape: tuple[int, int], x: int, y: int, angle: float, length: float, width: float, bend: float
) -> tuple[slice, slice, tuple[Field, Field] | None]:
    """Return the area a stroke covers and, for each of its pixels, the template coordinates."""
    reach = int(np.hypot(length, width) / 2 + abs(bend) * length / 8) + 2
    top, bottom = max(y - reach, 0), min(y + reach + 1, shape[0])
    left, right = max(x - reach, 0), min(x + reach + 1, shape[1])
    rows, columns = slice(top, bottom), slice(left, right)
    if bottom <= top or right <= left:
        return rows, columns, None
    dy = np.arange(top - y, bottom - y, dtype=np.float32)[:, None]
    dx = np.arange(left - x, right - x, dtype=np.float32)[None, :]
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along, across = dx * cos + dy * sin, dy * cos - dx * sin
    across = across - bend * along * along / length * 0.5
    u = (along / length + 0.5) * (TEMPLATE[1] - 1)
    v = (across / width + 0.5) * (TEMPLATE[0] - 1)
    return rows, columns, (u.astype(np.float32), v.astype(np.float32))
