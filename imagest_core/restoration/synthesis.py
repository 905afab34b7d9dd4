"""Texture grown from intact paint, coherently: neighbouring patches agree with each other and with the fill.

From coarse to fine, and a few rounds on each level: every patch that reaches into the damage takes the
patch of intact paint nearest to what stands there now and to the smooth fill beneath, and of what the
overlapping patches say each sample becomes the weighted mean; in the last round the nearest patch decides
nearly alone, which keeps it sharp (Wexler, Shechtman & Irani, "Space-time completion of video", PAMI 2007;
the search is exact, among principal components). A mean is flatter than what it is made of, and would be
drawn to ever flatter patches: so what is asked for is livelier than what stands there, and a blurred edge
finds a sharp one. Every sample comes of intact paint of the sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.progress import Progress
from imagest_core.restoration.detail import Image, Mask, Source, bordered, patches_at, split
from imagest_core.restoration.request import Quality


@dataclass(frozen=True)
class SynthesisParameters:
    """``side`` of the patches (odd) and ``strides`` between them, px; ``rounds`` and ``most`` source patches,
    from the coarsest level to the finest, each twice the size of the one before.

    ``guide``: how much the smooth fill (low pass of ``sigma`` px) counts beside what stands there;
    ``liveliness``: by how much patches asked for depart more from their mean than what stands there;
    ``noise``: RMS by which a seed departs from what each level begins with.
    """

    side: int = 7
    strides: tuple[int, ...] = (1, 2, 3)
    rounds: tuple[int, ...] = (4, 3, 2)
    most: tuple[int, ...] = (2500, 5000, 6000)
    components: int = 24
    guide: float = 1.0
    sigma: float = 3.0
    liveliness: float = 2.0
    noise: float = 0.04

    def begun_coarser(self) -> SynthesisParameters:
        """With one more level, of half the coarsest one's size, treated like it."""
        strides, rounds, most = ((each[0], *each) for each in (self.strides, self.rounds, self.most))
        return replace(self, strides=strides, rounds=rounds, most=most)

    def finest_alone(self) -> SynthesisParameters:
        """Without the coarser levels."""
        return replace(self, strides=self.strides[-1:], rounds=self.rounds[-1:], most=self.most[-1:])


EFFORTS: Mapping[Quality, SynthesisParameters] = {
    Quality.DRAFT: SynthesisParameters(rounds=(3, 2, 1), most=(1200, 2500, 3000), liveliness=2.6),
    Quality.STANDARD: SynthesisParameters(),
    Quality.FINE: SynthesisParameters(strides=(1, 2, 2), rounds=(6, 4, 3), most=(3000, 9000, 16_000)),
}
SPARSE = 7
"""Of the smooth fill every such sample is compared."""
FEWEST = 30
"""Intact patches a level needs."""


def synthesised(
    fill: Image,
    mask: Mask,
    sources: Sequence[Source],
    parameters: SynthesisParameters | None = None,
    seed: int = 0,
    progress: Progress | None = None,
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
        grown = _Level.of(smooth, hole, paint, p, level).grown(start, p.rounds[level], step)
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


@dataclass(frozen=True)
class _Level:
    """One size: the smooth fill and its hole, patches of intact paint, and where patches are laid.

    ``paint`` (n, side²·3) and its low pass, ``guides`` (n, m); ``wanted`` (k, m): the smooth fill's low
    pass at the centres ``grid`` (k, 2).
    """

    smooth: Image
    mask: Mask
    paint: Image
    guides: Image
    wanted: Image
    grid: NDArray[np.integer]
    p: SynthesisParameters

    @classmethod
    def of(
        cls, smooth: Image, mask: Mask, sources: Sequence[Source], p: SynthesisParameters, level: int
    ) -> _Level:
        """At most ``most`` patches of paint, evenly taken."""
        stride, side = p.strides[level], p.side
        paint, guides = [], []
        for source in sources:
            centres = _whole(source.intact, side, p.most[level] // len(sources))
            low, _ = split(source.image, source.intact, p.sigma)
            paint.append(patches_at(source.image, centres, side))
            guides.append(patches_at(low, centres, side)[:, ::SPARSE])
        reach = cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8))
        grid = np.argwhere(reach[::stride, ::stride] > 0) * stride
        beneath = bordered(np.asarray(cv2.GaussianBlur(smooth, (0, 0), p.sigma), np.float32), side)
        wanted = patches_at(beneath, grid + side // 2, side)[:, ::SPARSE]
        return cls(smooth, mask, np.concatenate(paint), np.concatenate(guides), wanted, grid, p)

    def grown(self, start: Image, rounds: int, step: Progress) -> Image:
        """``start`` with its hole made of intact patches, in so many rounds."""
        if len(self.paint) < FEWEST or not len(self.grid):
            return self.smooth
        mean, basis = _principal(self.paint, self.p.components)
        weight = self.p.guide * np.sqrt(SPARSE)
        known = np.concatenate([(self.paint - mean) @ basis, weight * self.guides], axis=1)
        now = start
        for number in range(rounds):
            step.check()
            there = patches_at(bordered(now, self.p.side), self.grid + self.p.side // 2, self.p.side)
            lively = _livelier(there, self.p.liveliness)
            asked = np.concatenate([(lively - mean) @ basis, weight * self.wanted], axis=1)
            nearest, distance = _nearest(asked, known)
            now = self._voted(nearest, distance, number == rounds - 1)
        return now

    def _voted(self, nearest: NDArray[np.integer], distance: Image, last: bool) -> Image:
        """What the overlapping patches say of each sample of the hole; the nearest nearly alone at last."""
        side, sharp = self.p.side, 4 if last else 1
        trust = np.exp(-distance / (2 * float(np.median(distance)) + 1e-9)) ** sharp + np.float32(1e-6)
        bell = (cv2.getGaussianKernel(side, side / 3.2) @ cv2.getGaussianKernel(side, side / 3.2).T) ** sharp
        bell = bell / bell.max()
        height, width = self.mask.shape
        total = np.zeros((height + side - 1, width + side - 1, 3), np.float32)
        weights = np.zeros((height + side - 1, width + side - 1, 1), np.float32)
        patches = trust[:, None, None] * self.paint[nearest].reshape(-1, 3, side * side)
        rows, columns = self.grid.T
        for number, share in enumerate(bell.ravel().tolist()):
            y, x = divmod(number, side)
            total[rows + y, columns + x] += share * patches[:, :, number]
            weights[rows + y, columns + x] += share * trust[:, None]
        half = side // 2
        mean = (total / np.maximum(weights, 1e-12))[half : half + height, half : half + width]
        return np.where(self.mask[..., None], mean, self.smooth)


def _whole(intact: Mask, side: int, most: int) -> NDArray[np.integer]:
    """Centres (n, 2) of patches that are wholly intact, evenly taken if there are more than ``most``."""
    outside = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    centres = np.argwhere(cv2.erode(intact.astype(np.uint8), np.ones((side, side), np.uint8), **outside))
    if len(centres) > most:
        centres = centres[np.linspace(0, len(centres) - 1, most).astype(int)]
    return centres


def _livelier(patches: Image, factor: float) -> Image:
    """Patches (n, 3·side²) that depart ``factor`` times as much from their own mean colour."""
    channels = patches.reshape(len(patches), 3, -1)
    mean = channels.mean(2, keepdims=True)
    return (mean + factor * (channels - mean)).reshape(patches.shape)


def _principal(patches: Image, count: int) -> tuple[Image, Image]:
    """Their mean and their ``count`` strongest principal components (n, count)."""
    mean = patches.mean(0)
    sample = patches[:: max(1, len(patches) // 3000)] - mean
    return mean, np.linalg.eigh(sample.T @ sample)[1][:, -count:].astype(np.float32)


def _nearest(asked: Image, known: Image) -> tuple[NDArray[np.integer], Image]:
    """For each row of ``asked`` the nearest of ``known``, and the squared distance to it."""
    import torch

    others, squares = torch.from_numpy(-2 * known.T.copy()), torch.from_numpy((known * known).sum(1))
    found, distances = [], []
    for part in torch.split(torch.from_numpy(asked), 256):
        distance, index = torch.addmm(squares, part, others).min(1)
        found.append(index)
        distances.append(distance + part.square().sum(1))
    return torch.cat(found).numpy(), torch.cat(distances).clamp(min=0).numpy()
