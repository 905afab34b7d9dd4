"""Colours of the style reference lent to a fill: its palette drawn towards the reference's.

A palette is the mean and the covariance of the colours, of what is coarse alone. Between two of them lies
one linear map that moves colours the least (Pitié & Kokaram, "The linear Monge–Kantorovitch linear colour
mapping", CVMP 2007); a fill in thick damage goes a share of that way, and less near the rim, where it has to
meet the paint that is there. Only a reference the user chose lends its colours. What it moves:
docs/evaluation/style.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.restoration.texture.detail_transfer import Image, Mask, Source, split

Matrix = NDArray[np.float64]

SHARE = 0.25
"""Of the way to the reference's palette, at a style strength of 1."""
SIGMA = 4.5
"""Px: what is finer is texture, which is grown from the reference anyway."""
RAMP = 6.0
"""Px from the rim over which the share rises to all of it."""
CONTRAST = 2.0
"""By how much contrasts may grow or shrink at most: a small loss of one colour has none to speak of."""
FAINT = (2 / 255) ** 2
"""Variance that counts as no contrast."""


@dataclass(frozen=True)
class Palette:
    """Colours in short: their ``mean`` (3,) and ``covariance`` (3, 3), sRGB in 0–1."""

    mean: Matrix
    covariance: Matrix

    @classmethod
    def weighted(cls, colours: NDArray[np.floating], weights: NDArray[np.floating]) -> Palette:
        """Of ``colours`` (n, 3), each counting by its weight (n,), which are not all zero."""
        share = weights / weights.sum(dtype=np.float64)
        mean = share @ colours.astype(np.float64)
        apart = colours - mean
        return cls(mean, (apart * share[:, None]).T @ apart + FAINT * np.eye(3))

    @classmethod
    def of(cls, sources: Sequence[Source]) -> Palette | None:
        """Of the intact paint of all sources; None where there is none."""
        colours = [split(source.image, source.intact, SIGMA)[0][source.intact] for source in sources]
        every = np.concatenate([np.zeros((0, 3), np.float32), *colours])
        return cls.weighted(every, np.ones(len(every))) if len(every) else None

    def mapped(self, colours: NDArray[np.floating], goal: Palette) -> NDArray[np.float32]:
        """``colours`` (…, 3) of this palette as colours of the ``goal``, contrasts within bounds."""
        root, inverse = _power(self.covariance, 0.5), _power(self.covariance, -0.5)
        whole = inverse @ _power(root @ goal.covariance @ root, 0.5) @ inverse
        gains, axes = np.linalg.eigh(whole)
        bounded = (axes * np.clip(gains, 1 / CONTRAST, CONTRAST)) @ axes.T
        return np.asarray((colours - self.mean) @ bounded + goal.mean, np.float32)


def share_lent(strength: float) -> float:
    """How much of the way to the reference's palette a style strength goes, 0–1."""
    return min(SHARE * strength, 1.0)


def lent(fill: Image, mask: Mask, thick: Image, goal: Palette, strength: float) -> Image:
    """``fill`` (h, w, 3), whole picture with its hole ``mask``, drawn towards the ``goal`` in thick damage.

    ``thick`` (h, w) in 0–1; a ``strength`` of 0 changes nothing, 1 goes :data:`SHARE` of the way.
    """
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    where = thick * np.clip(depth / RAMP, 0, 1).astype(np.float32)
    share = np.float32(share_lent(strength))
    if not share or not where.any():
        return fill
    coarse = np.asarray(cv2.GaussianBlur(fill, (0, 0), SIGMA), np.float32)
    inside = where > 0
    theirs = Palette.weighted(coarse[inside], where[inside]).mapped(coarse, goal)
    return np.asarray(fill + (share * where)[..., None] * (theirs - coarse), np.float32)


def _power(matrix: Matrix, exponent: float) -> Matrix:
    """Of a symmetric positive matrix."""
    values, axes = np.linalg.eigh(matrix)
    return np.asarray((axes * values**exponent) @ axes.T)
