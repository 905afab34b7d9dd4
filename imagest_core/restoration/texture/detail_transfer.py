"""Detail of intact paint for thin damage: fine texture from single patches, overlaid on a smooth fill.

Intact paint is split into a low pass and detail. Each small patch of the fill takes the detail of an intact
patch whose low pass is near to its own (the low pass is the guide of image analogies, Hertzmann et al.,
SIGGRAPH 2001). Which of the candidates it may take depends on its place and the seed: always taking the
nearest would repeat one patch. Patches are added with weights whose squares sum to one, so that detail keeps
its energy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.restoration.texture.patch_search import (
    Source,
    features_at,
    nearest,
    patches_at,
    whole_patches,
)

USABLE = 0.97
"""Quantile of the energy of source patches up to which they are used: glints would be scattered."""


@dataclass(frozen=True)
class DetailParameters:
    """Parameters of the transfer.

    ``sigma``: low pass in px; ``patch`` (odd) and ``stride`` in px; ``candidates``: source patches at most;
    ``groups``: so many groups of candidates, of which each place may take one.
    """

    sigma: float = 1.6
    patch: int = 7
    stride: int = 4
    candidates: int = 8000
    groups: int = 12


def transfer_detail(
    fill: Image,
    mask: Mask,
    sources: Sequence[Source],
    parameters: DetailParameters | None = None,
    seed: int = 0,
) -> Image | None:
    """Detail of ``sources`` for the smooth ``fill`` (h, w, 3), a whole picture with its hole ``mask``.

    Returns (h, w, 3), meaningful under the mask; None where no source holds a whole patch.
    """
    p = parameters or DetailParameters()
    libraries = [_Library.of(source, p) for source in sources]
    guides = np.concatenate([library.guides for library in libraries])
    if not mask.any() or not len(guides):
        return None
    centres = _centres(mask, p, seed)
    smooth = cv2.GaussianBlur(fill, (0, 0), p.sigma)
    wanted = features_at(_planes(smooth), p.patch, centres)
    chosen = _choose(wanted, guides, centres, p.groups, seed)
    details = np.concatenate([library.details for library in libraries])[chosen]
    return _overlap_add(details, centres, mask.shape, p)


def split(image: Image, intact: Mask, sigma: float) -> tuple[Image, Image]:
    """Low pass of the intact samples alone, normalised at the holes, and the remaining detail."""
    known = np.where(intact[..., None], image, np.float32(0))
    sums, weights = (cv2.GaussianBlur(x, (0, 0), sigma) for x in (known, intact.astype(np.float32)))
    low = sums / np.maximum(weights, 1e-6)[..., None]
    return low, np.where(intact[..., None], image - low, np.float32(0))


@dataclass(frozen=True)
class _Library:
    """Patches of one source: features of their low pass, ``guides`` (n, m), and ``details`` (n, 3·patch²)."""

    guides: Image
    details: Image

    @classmethod
    def of(cls, source: Source, p: DetailParameters) -> _Library:
        low, detail = split(source.image, source.intact, p.sigma)
        centres = whole_patches(source.intact, p.patch)
        if len(centres) > p.candidates:
            centres = centres[np.linspace(0, len(centres) - 1, p.candidates).astype(int)]
        energy = cv2.blur(np.square(detail).mean(2), (p.patch, p.patch))[centres[:, 0], centres[:, 1]]
        if len(centres):
            centres = centres[energy <= np.quantile(energy, USABLE)]
        guides = features_at(_planes(low), p.patch, centres)
        return cls(guides, patches_at(_planes(detail), centres - p.patch // 2, p.patch))


def _planes(image: Image) -> Image:
    """(h, w, 3) → (3, h, w)."""
    return np.ascontiguousarray(image.transpose(2, 0, 1))


def _centres(mask: Mask, p: DetailParameters, seed: int) -> NDArray[np.int64]:
    """Points of a jittered grid whose patches reach into the hole."""
    reach = cv2.dilate(mask.astype(np.uint8), np.ones((p.patch, p.patch), np.uint8))
    grid = np.argwhere(reach[:: p.stride, :: p.stride] > 0) * p.stride
    hashed = _hash(grid, seed)
    span = p.stride | 1
    jitter = np.stack([hashed % span, hashed // span % span], axis=1).astype(np.int64) - span // 2
    return np.clip(grid + jitter, 0, np.array(mask.shape) - 1)


def _hash(points: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Pseudo-random numbers of places and a seed (splitmix64)."""
    x = (points[:, 0].astype(np.uint64) << np.uint64(32)) ^ points[:, 1].astype(np.uint64)
    x += np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((x ^ (x >> np.uint64(31))) >> np.uint64(8))


def _choose(
    wanted: Image, guides: Image, centres: NDArray[np.int64], groups: int, seed: int
) -> NDArray[np.int64]:
    """For each wanted patch the nearest guide of the group that its place may take."""
    groups = min(groups, len(guides))
    turn = _hash(centres, seed ^ 0x5851F42D) % np.uint64(groups)
    chosen = np.zeros(len(wanted), np.int64)
    for group in range(groups):
        own = turn == group
        if own.any():
            index, _ = nearest(wanted[own], guides[group::groups])
            chosen[own] = group + groups * index
    return chosen


def _overlap_add(
    details: Image, centres: NDArray[np.int64], shape: tuple[int, ...], p: DetailParameters
) -> Image:
    """Detail patches added at their places, with weights whose squares sum to one."""
    height, width = shape
    half, side = p.patch // 2, p.patch
    ramp = np.hanning(side + 2)[1:-1].astype(np.float32)
    weight = np.outer(ramp, ramp)
    total = np.zeros((3, (height + 2 * half) * (width + 2 * half)), np.float32)
    squares = np.zeros(total.shape[1], np.float32)
    start = centres[:, 0] * (width + 2 * half) + centres[:, 1]
    patches = details.reshape(-1, 3, side, side)
    for y in range(side):
        for x in range(side):
            place = start + y * (width + 2 * half) + x
            np.add.at(squares, place, weight[y, x] ** 2)
            for channel in range(3):
                np.add.at(total[channel], place, weight[y, x] * patches[:, channel, y, x])
    blended = (total / np.sqrt(np.maximum(squares, 1e-6))).reshape(3, height + 2 * half, width + 2 * half)
    return np.ascontiguousarray(blended[:, half : half + height, half : half + width].transpose(1, 2, 0))
