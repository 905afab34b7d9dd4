"""Fills of a running restoration as images; computed by the worker, drawn by the canvas."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from imagest_core.damage.map import DamageMap
from imagest_core.restoration.planning.window import Preview, Window


@dataclass(frozen=True, eq=False)
class LiveFill:
    """The current fill of a window as an image in working pixels, transparent outside the filled area."""

    window: Window
    image: QImage


def live_fill(preview: Preview, damage: DamageMap, dilation: int) -> LiveFill:
    """Cut ``preview`` to the dilated ``damage``; for worker threads."""
    mask = dilated_mask(damage, preview.window, dilation)
    return LiveFill(preview.window, masked_image(preview.image, mask))


def dilated_mask(damage: DamageMap, window: Window, dilation: int) -> NDArray[np.bool_]:
    """The area of ``window`` that a restoration fills, (h, w) bool in working pixels."""
    mask = damage.fill_mask(window.box.expanded(dilation)).astype(np.uint8)
    around = cv2.dilate(mask, np.ones((2 * dilation + 1,) * 2, np.uint8))
    dilated = around[dilation : dilation + window.box.height, dilation : dilation + window.box.width]
    rows, columns = window.shape
    return np.asarray(cv2.resize(dilated, (columns, rows), interpolation=cv2.INTER_NEAREST) > 0)


def masked_image(rgb: NDArray[np.float32], mask: NDArray[np.bool_]) -> QImage:
    """Convert (h, w, 3) working colour to an image that is transparent outside the (h, w) mask."""
    rows, columns = min(rgb.shape[0], mask.shape[0]), min(rgb.shape[1], mask.shape[1])
    pixels = np.zeros((rows, columns, 4), np.uint8)
    pixels[..., :3] = np.rint(np.clip(rgb[:rows, :columns], 0, 1) * 255)
    pixels[..., 3] = 255 * mask[:rows, :columns]
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
