"""Texture synthesised from intact paint: coherent patches that agree with each other and with the fill.

Coarse to fine, with a few rounds at each level: every patch that reaches into the damage takes the patch of
intact paint nearest to the current estimate and to the smooth fill beneath; each sample becomes the weighted
mean of the overlapping patches, and in the last round nearly the nearest one alone, which keeps it sharp
(Wexler, Shechtman and Irani, "Space-time completion of video", PAMI 2007). A patch that continues its
neighbour's is preferred (Ashikhmin, "Synthesizing natural textures", I3D 2001). A mean is flatter than what
it is made of, so the contrast of each query is raised before the search: a factor on its features. Sums are
made in a fixed order: the same seed gives the same result. The code runs on NumPy arrays and torch tensors
alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.models.array_devices import Array, device_of, on_device, on_like, to_numpy
from imagest_core.progress import Progress
from imagest_core.restoration.texture.detail_transfer import split
from imagest_core.restoration.texture.patch_search import (
    GUIDE_TERMS,
    Source,
    features,
    features_at,
    nearest,
    patches_at,
    varying,
    whole_patches,
)

FEWEST = 30
"""Intact patches that a level needs."""
DEEP_SIDE = 9
"""Side of the patches in px deep in large losses…"""
DEEP_CONTRAST = 1.1
"""…and the factor on their contrast: means of larger patches are flatter."""


@dataclass(frozen=True)
class SynthesisParameters:
    """Parameters of the synthesis.

    ``side`` of the patches (odd) and ``strides`` between them in px; ``rounds`` and ``candidates`` (source
    patches at most) from the coarsest level to the finest, each twice the size of the one before.
    ``guide``: weight of the smooth fill (low pass of ``sigma`` px) in the comparison; ``contrast``: factor on
    the contrast of queries; ``coherence``: a patch that continues its neighbour's may be farther by the
    inverse of this, sought in so many ``passes``; ``noise``: RMS by which each level's start is randomised.
    """

    side: int = 7
    strides: tuple[int, ...] = (1, 2, 3)
    rounds: tuple[int, ...] = (4, 3, 2)
    candidates: tuple[int, ...] = (2500, 5000, 6000)
    guide: float = 1.0
    sigma: float = 3.0
    contrast: float = 1.55
    noise: float = 0.04
    coherence: float = 0.7
    passes: int = 2

    def deeper(self) -> SynthesisParameters:
        """With larger patches and one more, coarser level: for deep damage."""
        strides, rounds, candidates = ((x[0], *x) for x in (self.strides, self.rounds, self.candidates))
        return replace(
            self,
            side=DEEP_SIDE,
            strides=strides,
            rounds=rounds,
            candidates=candidates,
            contrast=self.contrast * DEEP_CONTRAST,
        )

    def finest_level(self) -> SynthesisParameters:
        """Without the coarser levels."""
        return replace(
            self, strides=self.strides[-1:], rounds=self.rounds[-1:], candidates=self.candidates[-1:]
        )


def synthesize(
    fill: Image,
    mask: Mask,
    sources: Sequence[Source],
    parameters: SynthesisParameters | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    device: Any = None,
) -> Image:
    """Fill the hole ``mask`` of ``fill`` (h, w, 3), a whole picture, with patches of ``sources``.

    Without a ``device`` NumPy computes, else torch on that device. The fill is returned unchanged where the
    sources hold too few whole patches. Raises ``Cancelled``.
    """
    p, step = parameters or SynthesisParameters(), progress or Progress()
    pyramid = [(fill, mask, tuple(sources))]
    for _ in p.strides[1:]:
        pyramid.append(_halved(*pyramid[-1]))
    random = np.random.default_rng(seed)
    estimate, change = fill, np.zeros_like(pyramid[-1][0])
    for level, (smooth, hole, paint) in enumerate(reversed(pyramid)):
        height, width = hole.shape
        enlarged = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
        noise = random.standard_normal(smooth.shape, np.float32) * np.float32(p.noise)
        start = np.where(hole[..., None], smooth + enlarged + noise, smooth)
        estimate = Level.of(smooth, hole, paint, p, level, device).synthesize(start, p.rounds[level], step)
        change = estimate - smooth
    return estimate


@dataclass(frozen=True, eq=False)
class Paint:
    """Intact paint of all sources at one level, side by side on one sheet (3, h, w).

    ``centres`` (n, 2) are those of its whole patches, ``whole`` (h, w) is true there; ``features`` (h, w, m)
    of the patch around each sample and of its low pass.
    """

    sheet: Array
    centres: Array
    whole: Array
    features: Array

    @classmethod
    def of(cls, sources: Sequence[Source], p: SynthesisParameters, device: Any) -> Paint:
        """Collect the paint of ``sources``."""
        height = max(source.intact.shape[0] for source in sources)
        image, low, whole = [], [], []
        for source in sources:
            missing = ((0, height - source.intact.shape[0]), (0, 0))
            image.append(np.pad(source.image, (*missing, (0, 0))))
            low.append(np.pad(split(source.image, source.intact, p.sigma)[0], (*missing, (0, 0))))
            centres = np.zeros(image[-1].shape[:2], np.bool_)
            centres[tuple(whole_patches(np.pad(source.intact, missing), p.side).T)] = True
            whole.append(centres)
        inside = np.concatenate(whole, axis=1)
        sheet, guide = (_planes(np.concatenate(each, axis=1), device) for each in (image, low))
        found = _features(features(sheet, p.side), features(guide, p.side, GUIDE_TERMS), p)
        return cls(sheet, on_device(device, np.argwhere(inside)), on_device(device, inside), found)


@dataclass(frozen=True, eq=False)
class Level:
    """One size: the ``smooth`` fill (3, h, w) with its hole ``mask`` (h, w), and intact paint.

    Patches lie at ``grid`` (k, 2), the set cells of the ``lattice`` (rows, columns), one every ``stride``;
    ``guides`` (k, m) are the features of the smooth fill there; ``neighbors`` (4, k) are the numbers of each
    patch's neighbours, −1 for none.
    """

    smooth: Array
    mask: Array
    paint: Paint
    lattice: Mask
    grid: Array
    guides: Array
    neighbors: Array
    stride: int
    candidates: int
    p: SynthesisParameters

    @classmethod
    def of(
        cls,
        smooth: Image,
        mask: Mask,
        sources: Sequence[Source],
        p: SynthesisParameters,
        level: int,
        device: Any = None,
    ) -> Level:
        """Of a picture (h, w, 3) and its hole ``mask``; level 0 is the coarsest."""
        side, stride = p.side, p.strides[level]
        reach = cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8))
        lattice = reach[::stride, ::stride] > 0
        grid = on_device(device, np.argwhere(lattice) * stride)
        low = _planes(np.asarray(cv2.GaussianBlur(smooth, (0, 0), p.sigma), np.float32), device)
        guides = features_at(low, side, grid, GUIDE_TERMS)
        return cls(
            _planes(smooth, device),
            on_device(device, mask),
            Paint.of(sources, p, device),
            lattice,
            grid,
            guides,
            on_device(device, _neighbors(lattice)),
            stride,
            p.candidates[level],
            p,
        )

    def synthesize(self, start: Image, rounds: int, step: Progress) -> Image:
        """Replace the hole of ``start`` (h, w, 3) with intact patches in so many rounds."""
        paint, p = self.paint, self.p
        count = len(paint.centres)
        if count < FEWEST or not len(self.grid):
            return _picture(self.smooth)
        chosen = np.linspace(0, count - 1, min(count, self.candidates)).astype(np.int64)
        candidates = paint.centres[on_like(self.smooth, chosen)]
        known = paint.features[candidates[:, 0], candidates[:, 1]]
        gain = np.where(varying(), np.float32(p.contrast), np.float32(1))
        estimate = _planes(start, device_of(self.smooth))
        for number in range(rounds):
            step.check()
            current = features_at(estimate, p.side, self.grid)
            queries = _features(current * on_like(current, gain), self.guides, p)
            index, distance = nearest(queries, known)
            found, distance = self.coherent(queries, candidates[index], distance)
            estimate = self._vote(found, distance, number == rounds - 1)
        return _picture(estimate)

    def coherent(self, queries: Array, found: Array, distance: Array) -> tuple[Array, Array]:
        """Centres (k, 2) and distances after each patch may continue a neighbour's instead of its own."""
        xp = array_namespace(queries)
        whole, known = self.paint.whole, self.paint.features
        height, width = whole.shape
        price = distance
        for _ in range(self.p.passes):
            for other in self.neighbors:
                moved = found[other] + self.grid - self.grid[other]
                y, x = xp.clip(moved[:, 0], 0, height - 1), xp.clip(moved[:, 1], 0, width - 1)
                valid = (other >= 0) & (moved[:, 0] == y) & (moved[:, 1] == x) & whole[y, x]
                difference = queries - known[y, x]
                away = xp.sum(difference * difference, axis=1)
                better = valid & (away * self.p.coherence < price)
                found = xp.where(better[:, None], moved, found)
                distance = xp.where(better, away, distance)
                price = xp.where(better, away * self.p.coherence, price)
        return found, distance

    def _vote(self, found: Array, distance: Array, last: bool) -> Array:
        """Weighted mean of the overlapping patches; in the ``last`` round nearly the nearest alone."""
        xp = array_namespace(distance)
        side, sharpness = self.p.side, 4 if last else 1
        middle = xp.sort(distance)[len(distance) // 2]
        trust = xp.exp(-distance / (2 * middle + 1e-9)) ** sharpness + 1e-6
        line = cv2.getGaussianKernel(side, side / 3.2)
        bell = (line @ line.T) ** sharpness
        window = on_like(distance, (bell / bell.max()).ravel().astype(np.float32))
        weights = trust[:, None] * window
        patches = patches_at(self.paint.sheet, found - side // 2, side)
        patches = xp.reshape(patches, (len(found), 3, side * side)) * weights[:, None, :]
        total = self._overlap_add(xp.concat([patches, weights[:, None, :]], axis=1))
        mean = total[:3] / xp.clip(total[3:], min=1e-12)
        return xp.where(self.mask, mean, self.smooth)

    def _overlap_add(self, patches: Array) -> Array:
        """Sum (c, h, w) of overlapping ``patches`` (k, c, side²) at their places."""
        xp = array_namespace(patches)
        side, stride, (height, width) = self.p.side, self.stride, self.mask.shape
        rows, columns = self.lattice.shape
        channels = patches.shape[1]
        kind = {"dtype": patches.dtype, "device": device_of(patches)}
        cells = xp.zeros((rows * columns, channels, side * side), **kind)
        cells[on_like(patches, np.flatnonzero(self.lattice))] = patches
        cells = xp.permute_dims(xp.reshape(cells, (rows, columns, channels, side, side)), (3, 4, 2, 0, 1))
        shape = (channels, rows * stride + side, columns * stride + side)
        total = xp.zeros(shape, **kind)
        for y in range(side):
            for x in range(side):
                ends = y + rows * stride, x + columns * stride
                total[:, y : ends[0] : stride, x : ends[1] : stride] += cells[y, x]
        half = side // 2
        return total[:, half : half + height, half : half + width]


def _features(patches: Array, guides: Array, p: SynthesisParameters) -> Array:
    """Return what patches are compared by: their own low frequencies, and weighted those of the guide."""
    return array_namespace(patches).concat([patches, p.guide * guides], axis=-1)


def _halved(fill: Image, mask: Mask, sources: tuple[Source, ...]) -> tuple[Image, Mask, tuple[Source, ...]]:
    """All at half the size. A sample is intact where all of it is, and in the hole where any of it is."""
    paint = tuple(Source(_half(each.image), _half_share(each.intact) > 0.999) for each in sources)
    return _half(fill), _half_share(mask) > 0, paint


def _half_share(mask: Mask) -> Image:
    return _half(mask.astype(np.float32))


def _half(image: Image) -> Image:
    height, width = image.shape[:2]
    size = (max(1, width // 2), max(1, height // 2))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def _neighbors(lattice: Mask) -> NDArray[np.int64]:
    """(4, k): number of the set cell above, below, left and right of each, −1 for none."""
    number = np.full((lattice.shape[0] + 2, lattice.shape[1] + 2), -1, np.int64)
    number[1:-1, 1:-1][lattice] = np.arange(np.count_nonzero(lattice))
    y, x = np.nonzero(lattice)
    return np.stack([number[y, x + 1], number[y + 2, x + 1], number[y + 1, x], number[y + 1, x + 2]])


def _planes(image: Image, device: Any) -> Array:
    """(h, w, 3) → (3, h, w)."""
    return on_device(device, np.ascontiguousarray(image.transpose(2, 0, 1)))


def _picture(planes: Array) -> Image:
    """(3, h, w) → (h, w, 3) in NumPy."""
    return np.ascontiguousarray(to_numpy(planes).transpose(1, 2, 0))
