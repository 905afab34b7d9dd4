"""Read the view of a window: known samples only, reduced if the window is coarse."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.restoration.planning.window import Window, WindowView

STRIP = 4_000_000
"""Approximate number of native pixels read at a time."""


def view_of(
    painting: Painting, dilated: DamageMap, window: Window, protected: DamageMap | None = None
) -> WindowView:
    """Read ``window``; samples under ``dilated`` are 0, and the view is mirrored beyond the picture.

    Fills take no paint from ``protected`` pixels.
    """
    inside = window.box.within(painting.box)
    image, mask = _reduced(painting, dilated, inside, window.scale)
    rows, columns = window.shape
    missing = ((0, rows - image.shape[0]), (0, columns - image.shape[1]))
    return WindowView(
        window,
        np.pad(image, (*missing, (0, 0)), mode="symmetric"),
        np.pad(mask, missing, mode="symmetric"),
        protected=_protected(protected, inside, window.scale, missing),
    )


def _protected(
    protected: DamageMap | None, box: Box, scale: int, missing: tuple[tuple[int, int], ...]
) -> Mask | None:
    """Return (h, w) bool: the working pixels with a protected native one; None if there is none."""
    if protected is None or protected.empty:
        return None
    reduced = np.concatenate([_any(protected.read(strip) > 0, scale) for strip in strips(box, scale)])
    return np.pad(reduced, missing, mode="symmetric") if reduced.any() else None


def _any(mask: Mask, scale: int) -> Mask:
    """Return whether any pixel of each scale × scale square is set."""
    return mask if scale == 1 else _block_sums(mask[..., None].astype(np.float32), scale)[..., 0] > 0


def strips(box: Box, scale: int) -> Iterator[Box]:
    """Yield parts of ``box`` from top to bottom, each of whole rows of working pixels, to limit memory."""
    rows = max(STRIP // max(box.width, 1) // scale, 1) * scale
    for y in range(box.y, box.bottom, rows):
        yield Box(box.x, y, box.width, rows).within(box)


def known_samples(painting: Painting, dilated: DamageMap, box: Box) -> tuple[Image, Mask]:
    """Return the working colour (h, w, 3) of ``box``, 0 under ``dilated``, and that mask (h, w)."""
    mask = dilated.read(box) > 0
    image = painting.read_working(box)
    return np.where(mask[..., None], np.float32(0), image), mask


def _reduced(painting: Painting, dilated: DamageMap, box: Box, scale: int) -> tuple[Image, Mask]:
    """Average the known samples of scale × scale squares; masked where there is none."""
    if scale == 1:
        return known_samples(painting, dilated, box)
    parts = [_means(*known_samples(painting, dilated, strip), scale) for strip in strips(box, scale)]
    return np.concatenate([image for image, _ in parts]), np.concatenate([mask for _, mask in parts])


def _means(image: Image, mask: Mask, scale: int) -> tuple[Image, Mask]:
    known = _block_sums((~mask).astype(np.float32)[..., None], scale)
    means = _block_sums(image, scale) / np.maximum(known, 1)
    return means.astype(np.float32), known[..., 0] == 0


def _block_sums(values: Image, scale: int) -> NDArray[np.float64]:
    height, width, channels = values.shape
    full = np.pad(values, ((0, -height % scale), (0, -width % scale), (0, 0)))
    blocks = full.reshape(full.shape[0] // scale, scale, full.shape[1] // scale, scale, channels)
    return np.asarray(blocks.sum((1, 3), dtype=np.float64))
