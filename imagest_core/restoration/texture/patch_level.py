"""One size of texture being grown, on the device the network runs on.

Every patch that reaches into the damage asks for the patch of intact paint nearest to what stands there now;
of what the overlapping ones say each sample becomes the weighted mean. How the sizes follow each other:
:mod:`.patch_synthesis`. Sums are made in a fixed order, so that a seed decides alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from imagest_core.progress import Progress
from imagest_core.restoration.texture.detail_transfer import Image, Mask, Source, split
from imagest_core.restoration.texture.padding import mirrored
from imagest_core.restoration.texture.synthesis_parameters import SynthesisParameters

SPARSE = 7
"""Of the smooth fill every such sample is compared."""
FEWEST = 30
"""Intact patches a level needs."""
AT_ONCE = 256
"""Patches compared with all paint at a time."""


@dataclass(frozen=True, eq=False)
class Paint:
    """Intact paint of all sources at one size, side by side on one sheet (h, w).

    ``centres`` (n, 2) of its whole patches and ``at`` (h, w) the number of the patch
    centred there, −1 for none; ``patches`` (n, 3·side²) and their low pass, ``guides`` (n, m).
    """

    centres: Tensor
    at: Tensor
    patches: Tensor
    guides: Tensor

    @classmethod
    def of(cls, sources: Sequence[Source], side: int, sigma: float, device: torch.device) -> Paint:
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
        chosen = torch.from_numpy(centres).to(device)
        corners = chosen - side // 2
        sheets = (_planes(np.concatenate(each, axis=1), device) for each in (image, low))
        patches, guides = (_patches_at(sheet, corners, side) for sheet in sheets)
        return cls(chosen, torch.from_numpy(at).to(device), patches, guides[:, ::SPARSE])


@dataclass(frozen=True, eq=False)
class Level:
    """One size: the ``smooth`` fill (3, h, w) and its hole, ``mask`` (h, w), and intact paint.

    Patches are laid where the ``lattice`` (rows, columns), one cell every stride, is set, at ``grid`` (k, 2);
    ``wanted`` (k, m) is the smooth fill's low pass there; ``beside`` (4, k) the numbers of each patch's
    neighbours, −1 for none. ``most`` patches of paint are looked at.
    """

    smooth: Tensor
    mask: Tensor
    paint: Paint
    lattice: Tensor
    grid: Tensor
    wanted: Tensor
    beside: Tensor
    stride: int
    most: int
    p: SynthesisParameters

    @classmethod
    def of(
        cls,
        smooth: Image,
        mask: Mask,
        sources: Sequence[Source],
        p: SynthesisParameters,
        level: int,
        device: torch.device,
    ) -> Level:
        """On the ``device``, of a picture (h, w, 3), whole with its hole ``mask``; level 0 is coarsest."""
        side, stride = p.side, p.strides[level]
        reach = cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8))
        lattice = reach[::stride, ::stride] > 0
        grid = torch.from_numpy(np.argwhere(lattice) * stride).to(device)
        beneath = _planes(np.asarray(cv2.GaussianBlur(smooth, (0, 0), p.sigma), np.float32), device)
        wanted = _patches_at(mirrored(beneath, side // 2), grid, side)[:, ::SPARSE]
        paint = Paint.of(sources, side, p.sigma, device)
        cells, beside = (torch.from_numpy(each).to(device) for each in (lattice, _beside(lattice)))
        hole = torch.from_numpy(mask).to(device)
        return cls(
            _planes(smooth, device), hole, paint, cells, grid, wanted, beside, stride, p.most[level], p
        )

    def grown(self, start: Image, rounds: int, step: Progress) -> Image:
        """``start`` (h, w, 3) with its hole made of intact patches, in so many rounds."""
        paint, p = self.paint, self.p
        now = self.smooth
        if len(paint.patches) >= FEWEST and len(self.grid):
            mean, basis = principal(paint.patches, p.components)
            weight = p.guide * SPARSE**0.5
            known = torch.cat([(paint.patches - mean) @ basis, weight * paint.guides], 1)
            count = len(known)
            tried = torch.linspace(0, count - 1, min(count, self.most), dtype=torch.float64).long()
            tried = tried.to(known.device)
            now = _planes(start, known.device)
            for number in range(rounds):
                step.check()
                there = _patches_at(mirrored(now, p.side // 2), self.grid, p.side)
                lively = livelier(there, p.liveliness)
                asked = torch.cat([(lively - mean) @ basis, weight * self.wanted], 1)
                found, distance = nearest(asked, known[tried])
                found, distance = self.coherent(asked, known, tried[found], distance)
                now = self._voted(found, distance, number == rounds - 1)
        return now.permute(1, 2, 0).cpu().numpy()

    def coherent(
        self, asked: Tensor, known: Tensor, found: Tensor, distance: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The same where that is better: what continues a neighbour's patch, in the paint it was taken from.

        Neighbours that go on together are copied as a piece, and their mean stays as crisp as the paint
        (Ashikhmin, "Synthesizing natural textures", I3D 2001).
        """
        at, centres, price = self.paint.at, self.paint.centres, distance
        most = at.new_tensor(at.shape) - 1
        for _ in range(self.p.passes):
            for other in self.beside:
                moved = centres[found[other]] + self.grid - self.grid[other]
                inside = moved.clamp(min=0).minimum(most)
                there = at[inside[:, 0], inside[:, 1]]
                away = (asked - known[there]).square().sum(1)
                better = (other >= 0) & (moved == inside).all(1) & (there >= 0)
                better &= away * self.p.coherence < price
                found, distance = there.where(better, found), away.where(better, distance)
                price = (away * self.p.coherence).where(better, price)
        return found, distance

    def _voted(self, found: Tensor, distance: Tensor, last: bool) -> Tensor:
        """What the overlapping patches say of each sample of the hole; the nearest nearly alone at last."""
        side, sharp = self.p.side, 4 if last else 1
        trust = torch.exp(-distance / (2 * distance.median() + 1e-9)) ** sharp + 1e-6
        line = torch.from_numpy(cv2.getGaussianKernel(side, side / 3.2)).to(trust)
        bell = (line @ line.T) ** sharp
        weights = trust[:, None] * (bell / bell.max()).reshape(1, -1)
        patches = self.paint.patches[found].reshape(-1, 3, side * side) * weights[:, None]
        total, weight = self._laid(patches.flatten(1)), self._laid(weights)
        return torch.where(self.mask, total / weight.clamp(min=1e-12), self.smooth)

    def _laid(self, patches: Tensor) -> Tensor:
        """The sum of overlapping ``patches`` (k, c·side²) at their places: (c, h, w)."""
        side, (height, width) = self.p.side, self.mask.shape
        cells = patches.new_zeros(self.lattice.numel(), patches.shape[1])
        cells[self.lattice.flatten()] = patches
        size = (height + side - 1, width + side - 1)
        half = side // 2
        whole = functional.fold(cells.T[None], size, side, stride=self.stride)[0]
        return whole[:, half : half + height, half : half + width]


def nearest(asked: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """For each row of ``asked`` (k, m) the nearest of ``known`` (n, m), and the squared distance to it."""
    others, squares = -2 * known.T, known.square().sum(1)
    found, distances = [], []
    for part in torch.split(asked, AT_ONCE):
        distance, index = torch.addmm(squares, part, others).min(1)
        found.append(index)
        distances.append(distance + part.square().sum(1))
    return torch.cat(found), torch.cat(distances).clamp(min=0)


def livelier(patches: Tensor, factor: float) -> Tensor:
    """Patches (n, 3·side²) that depart ``factor`` times as much from their own mean colour."""
    channels = patches.reshape(len(patches), 3, -1)
    mean = channels.mean(2, keepdim=True)
    return (mean + factor * (channels - mean)).reshape(patches.shape)


def principal(patches: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Their mean (m,) and their ``count`` strongest principal components (m, count)."""
    mean = patches.mean(0)
    sample = patches[:: max(1, len(patches) // 3000)] - mean
    vectors = torch.linalg.eigh((sample.T @ sample).cpu())[1]
    return mean, vectors[:, -count:].to(patches.device)


def _patches_at(planes: Tensor, corners: Tensor, side: int) -> Tensor:
    """Patches (n, 3·side²) of ``planes`` (3, h, w) at their upper left ``corners`` (n, 2)."""
    if not len(corners):
        return planes.new_empty(0, 3 * side**2)
    views: Tensor = planes.unfold(1, side, 1).unfold(2, side, 1)
    return views.permute(1, 2, 0, 3, 4)[corners[:, 0], corners[:, 1]].flatten(1)


def _planes(image: Image, device: torch.device) -> Tensor:
    """(h, w, 3) → (3, h, w) on the device."""
    return torch.from_numpy(image).to(device).permute(2, 0, 1).contiguous()


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
