"""How lively intact paint is near each sample, octave by octave, and fills brought to that.

A sky is calm and the tree in it isn't: what is grown in place of either shall be as lively as the paint
beside it, not as all paint in the mean. Magnitudes are averaged, not squares, which an outline would rule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.restoration.texture.detail_transfer import Image, Mask, Source

Octave = tuple[float, float]
"""A difference of Gaussians: two σ in px, the finer one first."""

FARTHER = ((1.0, 1.0), (3.0, 0.05), (9.0, 0.0025))
"""Paint as far as so many times the distance meant counts so much: alone, where none is nearer."""
AS_GAUSSIAN = math.sqrt(math.pi / 2)
"""The RMS of Gaussian noise over its mean magnitude."""
ROUND = 6.0
"""Px, σ: the fill's own liveliness is taken over so much of the damage round a sample."""
MOST_LENT = 2.0
"""By how much a reference of the user's may be livelier, or calmer, than the window's paint and count."""
COARSE = 6.0
"""Px: a blur this wide loses nothing that is seen when it is made at half the size."""
LEAST = 1e-6


@dataclass(frozen=True)
class Aim:
    """How lively an octave shall be, as shares of the intact paint's RMS within ``near`` px (σ) of a sample:
    in ``thin`` damage, in ``broad`` and in ``thick`` (:mod:`.depth_masks`)."""

    octave: Octave
    near: float
    thin: float
    broad: float
    thick: float

    def share(self, broad: Image, thick: Image) -> Image:
        """(h, w), for damage that is so broad and so thick (h, w), both in 0–1."""
        narrow = self.thin + (self.broad - self.thin) * broad
        return np.asarray(narrow + (self.thick - narrow) * thick, np.float32)


def level(sources: Sequence[Source], octave: Octave) -> float:
    """RMS of the grey octave over the intact samples of all sources; 0 where there are none."""
    magnitudes = []
    for source in sources:
        known = np.where(source.intact[..., None], source.image, _mean(source))
        inner = cv2.erode(source.intact.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        chosen = inner if inner.any() else source.intact
        magnitudes.append(np.abs(grey(band(known, octave)))[chosen])
    every = np.concatenate(magnitudes)
    return AS_GAUSSIAN * float(every.mean()) if every.size else 0.0


def near(fill: Image, mask: Mask, octave: Octave, distance: float, far: float) -> Image:
    """RMS (h, w) of the grey octave in paint within ``distance`` px (σ) of each sample.

    ``fill`` (h, w, 3) is the whole picture with its hole ``mask`` filled smoothly, so that its rim is no
    edge; where no intact paint is anywhere near it is ``far``.
    """
    intact = (~mask).astype(np.float32)
    magnitude = intact * np.abs(grey(band(fill, octave)))
    total, weight = np.full_like(intact, LEAST * far / AS_GAUSSIAN), np.full_like(intact, LEAST)
    for times, share in FARTHER:
        total += share * _widely(magnitude, times * distance)
        weight += share * _widely(intact, times * distance)
    return np.asarray(AS_GAUSSIAN * total / weight, np.float32)


def near_paint(fill: Image, mask: Mask, sources: Sequence[Source], aim: Aim, lent: bool) -> Image:
    """The RMS (h, w) of the paint near each sample of the ``fill``'s hole, in the octave of the ``aim``.

    ``lent``: the sources are a reference of the user's, which says how lively paint is in all, and the
    window only where it is livelier.
    """
    of_all = level(sources, aim.octave)
    beside = near(fill, mask, aim.octave, aim.near, of_all)
    own = level([Source(fill, ~mask)], aim.octave) if lent else 0.0
    if not own:
        return beside
    return np.asarray(beside * np.clip(of_all / own, 1 / MOST_LENT, MOST_LENT), np.float32)


def present(octave: Image, where: Image) -> Image:
    """Mean square (h, w) of the grey of an ``octave`` (h, w, 3) round each sample, weighted by ``where``."""
    weight = blurred(where, ROUND)
    return np.asarray(blurred(where * np.square(grey(octave)), ROUND) / np.maximum(weight, LEAST))


def band(image: Image, octave: Octave) -> Image:
    """The octave of a picture (h, w, 3)."""
    return blurred(image, octave[0]) - blurred(image, octave[1])


def blurred(image: Image, sigma: float) -> Image:
    """By a Gaussian of ``sigma`` px; 0 leaves it as it is."""
    return image if sigma == 0 else np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)


def _widely(field: Image, sigma: float) -> Image:
    """A field (h, w) blurred, at a size at which ``sigma`` is under 2 × :data:`COARSE` px."""
    times = 2 ** max(0, math.floor(math.log2(sigma / COARSE)))
    height, width = field.shape
    size = (max(1, width // times), max(1, height // times))
    small = blurred(np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA)), sigma / times)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def grey(image: Image) -> Image:
    """(h, w, 3) → (h, w)."""
    return np.asarray(image @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)


def _mean(source: Source) -> NDArray[np.float32]:
    known = source.image[source.intact]
    return np.asarray(known.mean(0) if len(known) else np.zeros(3), np.float32)
