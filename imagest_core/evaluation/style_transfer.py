"""The second stage of two-stage methods: colours and texture of a style for a finished fill or picture.

The paper uses StyTr², a network, there. Here it is the core's own transfer, which needs no weights: the
linear Monge–Kantorovich map between the palettes, all of the way, then synthesised texture.
"""

from __future__ import annotations

import cv2
import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.progress import Progress
from imagest_core.restoration.texture.color_transfer import SIGMA, Palette
from imagest_core.restoration.texture.patch_search import Source
from imagest_core.restoration.texture.texture_transfer import TextureTransfer

DESCRIPTION = (
    "The second stage of two-stage methods is this program's transfer of colours (linear Monge–Kantorovich "
    "map) and texture (patch synthesis), not the paper's StyTr²."
)


def style_picture(picture: Image, style: Image, seed: int, progress: Progress) -> Image:
    """Return a whole ``picture`` (h, w, 3) in 0–1 with colours and texture of ``style`` (h, w, 3)."""
    everywhere = np.ones(picture.shape[:2], np.bool_)
    source = Source(style, np.ones(style.shape[:2], np.bool_))
    return _transferred(picture, everywhere, source, seed, progress)


def style_fill(filled: Image, hole: Mask, seed: int, progress: Progress) -> Image:
    """Return a picture with its ``hole`` (h, w) filled, the fill in colours and texture of what is intact."""
    styled = _transferred(filled, hole, Source(filled, ~hole), seed, progress)
    return np.where(hole[..., None], styled, filled)


def _transferred(picture: Image, hole: Mask, source: Source, seed: int, progress: Progress) -> Image:
    progress.check()
    thick = hole.astype(np.float32)
    target = Palette.of([source])
    if target is not None:
        coarse = np.asarray(cv2.GaussianBlur(picture, (0, 0), SIGMA), np.float32)
        moved = Palette.weighted(coarse[hole], thick[hole]).mapped(coarse, target)
        picture = np.asarray(picture + thick[..., None] * (moved - coarse), np.float32)
    styled = TextureTransfer((source,), chosen=True).apply(picture, hole, thick, seed, progress)
    return np.asarray(np.clip(styled, 0, 1), np.float32)
