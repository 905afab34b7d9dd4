"""Colours of a style reference for a fill: its colour distribution moved towards the reference's.

A palette is the mean and covariance of the low-pass colours. The optimal linear map between two of them
(Pitié and Kokaram, "The linear Monge–Kantorovitch linear colour mapping", CVMP 2007) moves the colours of a
fill part of the way, in thick damage only and less near the boundary. Only a reference that the user chose
changes colours. Measurements: docs/evaluation/style.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.restoration.texture.depth_masks import boundary_ramp
from imagest_core.restoration.texture.detail_transfer import split
from imagest_core.restoration.texture.patch_search import Source

Matrix = NDArray[np.float64]

SHARE = 0.25
"""Part of the way to the reference's palette at a style strength of 1."""
SIGMA = 4.5
"""Low pass in px: what is finer is texture, which is synthesised from the reference anyway."""
RAMP = 6.0
"""Px from the boundary over which the share rises."""
MAX_CONTRAST = 2.0
"""Bound on the change of contrast: a small loss of one colour has hardly any."""
FAINT = (2 / 255) ** 2
"""Variance that counts as no contrast."""


@dataclass(frozen=True)
class Palette:
    """Colour statistics: ``mean`` (3,) and ``covariance`` (3, 3), sRGB in 0–1."""

    mean: Matrix
    covariance: Matrix

    @classmethod
    def weighted(cls, colors: NDArray[np.floating], weights: NDArray[np.floating]) -> Palette:
        """Of ``colors`` (n, 3) with ``weights`` (n,) that are not all zero."""
        share = weights / weights.sum(dtype=np.float64)
        mean = share @ colors.astype(np.float64)
        centred = colors - mean
        return cls(mean, (centred * share[:, None]).T @ centred + FAINT * np.eye(3))

    @classmethod
    def of(cls, sources: Sequence[Source]) -> Palette | None:
        """Of the intact paint of all sources; None without any."""
        colors = [split(source.image, source.intact, SIGMA)[0][source.intact] for source in sources]
        every = np.concatenate([np.zeros((0, 3), np.float32), *colors])
        return cls.weighted(every, np.ones(len(every))) if len(every) else None

    def mapped(self, colors: NDArray[np.floating], target: Palette) -> NDArray[np.float32]:
        """``colors`` (…, 3) of this palette as colours of ``target``, with bounded contrast."""
        root, inverse = _power(self.covariance, 0.5), _power(self.covariance, -0.5)
        whole = inverse @ _power(root @ target.covariance @ root, 0.5) @ inverse
        gains, axes = np.linalg.eigh(whole)
        bounded = (axes * np.clip(gains, 1 / MAX_CONTRAST, MAX_CONTRAST)) @ axes.T
        return np.asarray((colors - self.mean) @ bounded + target.mean, np.float32)


def transfer_share(strength: float) -> float:
    """How much of the way to the reference's palette a style strength goes, 0–1."""
    return min(SHARE * strength, 1.0)


def transfer_color(fill: Image, mask: Mask, thick: Image, target: Palette, strength: float) -> Image:
    """Move the colours of ``fill`` (h, w, 3), a whole picture with its hole ``mask``, towards ``target``.

    ``thick`` (h, w) in 0–1 weights the change; a ``strength`` of 0 changes nothing, 1 goes :data:`SHARE` of
    the way.
    """
    where = thick * boundary_ramp(mask, RAMP)
    share = np.float32(transfer_share(strength))
    if not share or not where.any():
        return fill
    coarse = np.asarray(cv2.GaussianBlur(fill, (0, 0), SIGMA), np.float32)
    inside = where > 0
    moved = Palette.weighted(coarse[inside], where[inside]).mapped(coarse, target)
    return np.asarray(fill + (share * where)[..., None] * (moved - coarse), np.float32)


def _power(matrix: Matrix, exponent: float) -> Matrix:
    """Power of a symmetric positive matrix."""
    values, axes = np.linalg.eigh(matrix)
    return np.asarray((axes * values**exponent) @ axes.T)
