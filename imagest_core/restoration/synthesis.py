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
    ``coherence``: what continues a neighbour's patch may be farther off by the inverse of this, sought in so
    many ``passes``; ``noise``: RMS by which a seed departs from what each level begins with.
    """

    side: int = 7
    strides: tuple[int, ...] = (1, 2, 3)
    rounds: tuple[int, ...] = (4, 3, 2)
    most: tuple[int, ...] = (2500, 5000, 6000)
    components: int = 24
    guide: float = 1.0
    sigma: float = 3.0
    liveliness: float = 1.85
    noise: float = 0.04
    coherence: float = 0.7
    passes: int = 2

    def begun_coarser(self) -> SynthesisParameters:
        """With larger patches and one more level, of half the coarsest one's size, treated like it."""
        strides, rounds, most = ((each[0], *each) for each in (self.strides, self.rounds, self.most))
        return replace(self, side=LARGER, strides=strides, rounds=rounds, most=most)

    def finest_alone(self) -> SynthesisParameters:
        """Without the coarser levels."""
        return replace(self, strides=self.strides[-1:], rounds=self.rounds[-1:], most=self.most[-1:])


EFFORTS: Mapping[Quality, SynthesisParameters] = {
    Quality.DRAFT: SynthesisParameters(rounds=(3, 2, 1), most=(1200, 2500, 3000), liveliness=2.4),
    Quality.STANDARD: SynthesisParameters(),
    Quality.FINE: SynthesisParameters(strides=(1, 2, 2), rounds=(6, 4, 3), most=(3000, 9000, 16_000)),
}
LARGER = 9
"""Side of the patches, px, deep in large losses."""
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
class _Paint:
    """Intact paint of all sources at one size, side by side on one sheet (h, w).

    ``centres`` (n, 2) of its whole patches and ``at`` (h, w) the number of the patch
    centred there, −1 for none; ``patches`` (n, side²·3) and their low pass, ``guides`` (n, m).
    """

    centres: NDArray[np.integer]
    at: NDArray[np.integer]
    patches: Image
    guides: Image

    @classmethod
    def of(cls, sources: Sequence[Source], side: int, sigma: float) -> _Paint:
        """All whole patches of ``sources``; their low pass has ``sigma`` px."""
        height = max(source.intact.shape[0] for source in sources)
        image, low, intact = [], [], []
        for source in sources:
            missing = ((0, height - source.intact.shape[0]), (0, 0))
            image.append(np.pad(source.image, (*missing, (0, 0))))
            intact.append(np.pad(source.intact, missing))
            low.append(np.pad(split(source.image, source.intact, sigma)[0], (*missing, (0, 0))))
        whole = np.concatenate([_whole(each, side) for each in intact], axis=1)
        centres = np.argwhere(whole)
        at = np.full(whole.shape, -1, np.int64)
        at[whole] = np.arange(len(centres))
        patches = patches_at(np.concatenate(image, axis=1), centres, side)
        guides = patches_at(np.concatenate(low, axis=1), centres, side)[:, ::SPARSE]
        return cls(centres, at, patches, np.ascontiguousarray(guides))


@dataclass(frozen=True)
class _Level:
    """One size: the smooth fill and its hole, patches of intact paint, and where patches are laid.

    ``wanted`` (k, m): the smooth fill's low pass at the centres ``grid`` (k, 2); ``beside`` (4, k): the
    numbers of each patch's neighbours on the grid, −1 for none; ``most`` patches of paint are looked at.
    """

    smooth: Image
    mask: Mask
    paint: _Paint
    wanted: Image
    grid: NDArray[np.integer]
    beside: NDArray[np.integer]
    most: int
    p: SynthesisParameters

    @classmethod
    def of(
        cls, smooth: Image, mask: Mask, sources: Sequence[Source], p: SynthesisParameters, level: int
    ) -> _Level:
        stride, side = p.strides[level], p.side
        reach = cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8))
        lattice = reach[::stride, ::stride] > 0
        grid = np.argwhere(lattice) * stride
        beneath = bordered(np.asarray(cv2.GaussianBlur(smooth, (0, 0), p.sigma), np.float32), side)
        wanted = patches_at(beneath, grid + side // 2, side)[:, ::SPARSE]
        paint = _Paint.of(sources, side, p.sigma)
        return cls(smooth, mask, paint, wanted, grid, _beside(lattice), p.most[level], p)

    def grown(self, start: Image, rounds: int, step: Progress) -> Image:
        """``start`` with its hole made of intact patches, in so many rounds."""
        if len(self.paint.patches) < FEWEST or not len(self.grid):
            return self.smooth
        mean, basis = _principal(self.paint.patches, self.p.components)
        weight = self.p.guide * np.sqrt(SPARSE)
        known = np.concatenate([(self.paint.patches - mean) @ basis, weight * self.paint.guides], axis=1)
        tried = np.linspace(0, len(known) - 1, min(len(known), self.most)).astype(int)
        now = start
        for number in range(rounds):
            step.check()
            there = patches_at(bordered(now, self.p.side), self.grid + self.p.side // 2, self.p.side)
            lively = _livelier(there, self.p.liveliness)
            asked = np.concatenate([(lively - mean) @ basis, weight * self.wanted], axis=1)
            nearest, distance = _nearest(asked, known[tried])
            nearest, distance = self._coherent(asked, known, tried[nearest], distance)
            now = self._voted(nearest, distance, number == rounds - 1)
        return now

    def _coherent(
        self, asked: Image, known: Image, nearest: NDArray[np.integer], distance: Image
    ) -> tuple[NDArray[np.integer], Image]:
        """The same where that is better: what continues a neighbour's patch, in the paint it was taken from.

        Neighbours that go on together are copied as a piece, and their mean stays as crisp as the paint
        (Ashikhmin, "Synthesizing natural textures", I3D 2001).
        """
        nearest, distance, price = nearest.copy(), distance.copy(), distance.copy()
        at, centres, grid = self.paint.at, self.paint.centres, self.grid
        for _ in range(self.p.passes):
            for other in self.beside:
                has = np.flatnonzero(other >= 0)
                moved = centres[nearest[other[has]]] + grid[has] - grid[other[has]]
                inside = ((moved >= 0) & (moved < at.shape)).all(1)
                has, moved = has[inside], moved[inside]
                found = at[moved[:, 0], moved[:, 1]]
                has, found = has[found >= 0], found[found >= 0]
                away = np.square(asked[has] - known[found]).sum(1)
                better = away * self.p.coherence < price[has]
                has, found, away = has[better], found[better], away[better]
                nearest[has], distance[has], price[has] = found, away, away * self.p.coherence
        return nearest, distance

    def _voted(self, nearest: NDArray[np.integer], distance: Image, last: bool) -> Image:
        """What the overlapping patches say of each sample of the hole; the nearest nearly alone at last."""
        side, sharp = self.p.side, 4 if last else 1
        trust = np.exp(-distance / (2 * float(np.median(distance)) + 1e-9)) ** sharp + np.float32(1e-6)
        bell = (cv2.getGaussianKernel(side, side / 3.2) @ cv2.getGaussianKernel(side, side / 3.2).T) ** sharp
        bell = bell / bell.max()
        height, width = self.mask.shape
        total = np.zeros((height + side - 1, width + side - 1, 3), np.float32)
        weights = np.zeros((height + side - 1, width + side - 1, 1), np.float32)
        patches = trust[:, None, None] * self.paint.patches[nearest].reshape(-1, 3, side * side)
        rows, columns = self.grid.T
        for number, share in enumerate(bell.ravel().tolist()):
            y, x = divmod(number, side)
            total[rows + y, columns + x] += share * patches[:, :, number]
            weights[rows + y, columns + x] += share * trust[:, None]
        half = side // 2
        mean = (total / np.maximum(weights, 1e-12))[half : half + height, half : half + width]
        return np.where(self.mask[..., None], mean, self.smooth)


def _whole(intact: Mask, side: int) -> Mask:
    """Where patches are wholly intact (h, w)."""
    outside = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    return cv2.erode(intact.astype(np.uint8), np.ones((side, side), np.uint8), **outside) > 0


def _beside(lattice: Mask) -> NDArray[np.integer]:
    """(4, k): the number of the cell above, below, left and right of each that is set, −1 for none."""
    number = np.full((lattice.shape[0] + 2, lattice.shape[1] + 2), -1, np.int64)
    number[1:-1, 1:-1][lattice] = np.arange(np.count_nonzero(lattice))
    y, x = np.nonzero(lattice)
    return np.stack([number[y, x + 1], number[y + 2, x + 1], number[y + 1, x], number[y + 1, x + 2]])


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
