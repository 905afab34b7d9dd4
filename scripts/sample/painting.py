"""The procedural painting: scene, brush strokes, light on the relief, canvas and aged varnish."""

from __future__ import annotations

import cv2
import numpy as np

from scripts.sample.noise import Field, fractal, smooth_noise
from scripts.sample.scene import SHAPE, compose
from scripts.sample.strokes import Canvas, Painter, StrokeBrush

BRUSHES = (
    StrokeBrush(64, 190, 0.45, 0.000, 0.030, 0.35),
    StrokeBrush(32, 110, 0.42, 0.022, 0.034, 0.55),
    StrokeBrush(17, 64, 0.42, 0.022, 0.036, 0.75),
    StrokeBrush(9, 34, 0.50, 0.022, 0.036, 0.90),
    StrokeBrush(5, 19, 0.60, 0.024, 0.036, 0.80, detail=True),
    StrokeBrush(3, 11, 0.80, 0.036, 0.030, 0.70, detail=True),
)


def painting(seed: int) -> tuple[Field, Field, Field]:
    """Return the finished image (h, w, 3) in sRGB 0–1, the bare canvas of the same shape, and the relief."""
    rng = np.random.default_rng(seed)
    scene = compose(rng)
    weave = canvas_weave(rng)
    ground = np.float32([0.58, 0.44, 0.29]) * np.ones((*SHAPE, 1), np.float32)
    canvas = Canvas(ground.copy(), np.zeros(SHAPE, np.float32))
    painter = Painter(scene.colour, scene.angle, scene.detail, rng)
    for brush in BRUSHES:
        painter.paint(canvas, brush)
    relief = canvas.relief + 0.16 * weave * np.exp(-0.8 * canvas.relief)
    finished = varnish(rng, lit(np.clip(canvas.colour, 0.02, 1), relief, 0.42))
    bare = varnish(rng, lit(ground * 1.15, 0.5 * weave, 0.5))
    return finished, bare, relief


def canvas_weave(rng: np.random.Generator) -> Field:
    """Return a plain weave of about 14 threads per centimetre (300 dpi), irregular like hand-spun threads."""
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]].astype(np.float32)
    x = x + 1.6 * smooth_noise(rng, SHAPE, 60)
    y = y + 1.6 * smooth_noise(rng, SHAPE, 60)
    pitch = 2 * np.pi / 8.4
    warp, weft = np.sin(x * pitch / 2), np.sin(y * pitch / 2)
    over = np.where(np.sin(x * pitch / 2) * np.sin(y * pitch / 2) > 0, np.abs(warp), np.abs(weft))
    return (over - 0.6 + 0.12 * rng.standard_normal(SHAPE)).astype(np.float32)


def lit(colour: Field, relief: Field, strength: float) -> Field:
    """Light the relief from the upper left at a low angle, with a faint gloss on the ridges."""
    fine = cv2.GaussianBlur(relief, (0, 0), 0.7)
    dx, dy = cv2.Sobel(fine, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(fine, cv2.CV_32F, 0, 1) / 8
    slope = (dx + dy) * strength
    gloss = np.clip(slope - 0.05, 0, 0.25) * 0.35
    return np.clip(colour * (1 + np.clip(slope, -0.35, 0.35))[..., None] + gloss[..., None], 0, 1)


def varnish(rng: np.random.Generator, colour: Field) -> Field:
    """Apply a yellowed, slightly uneven varnish, darker towards the frame."""
    y, x = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j].astype(np.float32)
    thick = 1 + 0.10 * fractal(rng, SHAPE, 300, 3) + 0.55 * (x**4 + y**4)
    pass_through = np.float32([0.985, 0.955, 0.85]) ** thick[..., None]
    return np.clip(colour * pass_through + np.float32([0.014, 0.010, 0.004]), 0, 1)
