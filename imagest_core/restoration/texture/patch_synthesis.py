"""Texture grown from intact paint, coherently: neighbouring patches agree with each other and with the fill.

From coarse to fine, and a few rounds on each level: every patch that reaches into the damage takes the
patch of intact paint nearest to what stands there now and to the smooth fill beneath, and of what the
overlapping patches say each sample becomes the weighted mean; in the last round the nearest patch decides
nearly alone, which keeps it sharp (Wexler, Shechtman & Irani, "Space-time completion of video", PAMI 2007;
the search is exact, among principal components). Paint is copied in pieces: a patch that continues its
neighbour's, where that was taken from, is preferred. A mean is flatter than what it is made of, and would be
drawn to ever flatter patches: so what is asked for is livelier than what stands there, and a blurred edge
finds a sharp one. Every sample comes of intact paint of the sources.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch

from imagest_core.progress import Progress
from imagest_core.restoration.texture.detail_transfer import Image, Mask, Source
from imagest_core.restoration.texture.patch_level import Level
from imagest_core.restoration.texture.synthesis_parameters import SynthesisParameters

CPU = torch.device("cpu")


def synthesised(
    fill: Image,
    mask: Mask,
    sources: Sequence[Source],
    parameters: SynthesisParameters | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    device: torch.device = CPU,
) -> Image:
    """``fill`` (h, w, 3), whole picture with its hole ``mask``, with the hole made of patches of ``sources``.

    It comes back as it was where the sources hold too few whole patches. Raises ``Cancelled``.
    """
    p, step = parameters or SynthesisParameters(), progress or Progress()
    pyramid = [(fill, mask, tuple(sources))]
    for _ in p.strides[1:]:
        pyramid.append(_halved(*pyramid[-1]))
    rng = np.random.default_rng(seed)
    grown, change = fill, np.zeros_like(pyramid[-1][0])
    for level, (smooth, hole, paint) in enumerate(reversed(pyramid)):
        height, width = hole.shape
        larger = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
        noise = rng.normal(0, p.noise, smooth.shape).astype(np.float32)
        start = np.where(hole[..., None], smooth + larger + noise, smooth)
        grown = Level.of(smooth, hole, paint, p, level, device).grown(start, p.rounds[level], step)
        change = grown - smooth
    return grown


def _halved(fill: Image, mask: Mask, sources: tuple[Source, ...]) -> tuple[Image, Mask, tuple[Source, ...]]:
    """All at half its size; a sample is intact where all it stands for is, and in the hole where any is."""
    paint = tuple(Source(_half(each.image), _half_share(each.intact) > 0.999) for each in sources)
    return _half(fill), _half_share(mask) > 0, paint


def _half_share(mask: Mask) -> Image:
    """The share of each sample at half the size that is under the mask."""
    return _half(mask.astype(np.float32))


def _half(image: Image) -> Image:
    height, width = image.shape[:2]
    size = (max(1, width // 2), max(1, height // 2))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
