"""Intact crops of one painting, for training and, spatially separate, for measuring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imagest_core.arrays import Mask
from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.inpainting.pde import anisotropic_spline

RIM = 8
"""Native px around damage that count as damaged, too: rims are often soiled or raised."""
LEAST_CROPS = 16
LEAST_HELD_OUT = 8
HELD_OUT_PART = 8
"""There is at most one held-out crop for so many others, if enough of them remain."""
HELD_OUT_SHARE = 0.2
"""At most this share of the painting is held out."""
LARGEST_DAMAGE = 0.25
"""Share of a training crop that may be damaged."""
GAP = 8
"""Held-out crops are this part of their side away from every training crop."""
ATTEMPTS = 40
"""Random positions that are tried for a training crop."""


@dataclass(frozen=True)
class CropSize:
    """A crop has ``side`` px in the network, each the mean of ``scale``² native ones."""

    side: int
    scale: int = 1

    @property
    def native(self) -> int:
        """The side in native px."""
        return self.side * self.scale


@dataclass(frozen=True)
class CropPlaces:
    """Where the crops lie; ``held_out`` ones are fully intact and apart from all for ``training``."""

    size: CropSize
    training: tuple[Box, ...]
    held_out: tuple[Box, ...]


def place_crops(
    box: Box,
    damage: DamageMap,
    sizes: Sequence[CropSize],
    seed: int,
    most: int = 256,
    progress: Progress | None = None,
) -> CropPlaces:
    """Choose at most ``most`` crops of the first of ``sizes`` of which there are enough.

    Raises ``InputError`` and ``Cancelled``.
    """
    progress = progress or Progress()
    for size in sizes:
        rng = np.random.default_rng([seed, size.native])
        held_out = _held_out(box, damage, size, most, rng, progress)
        if len(held_out) >= LEAST_HELD_OUT:
            training = _training(box, damage, size, held_out, most, rng, progress)
            if len(training) >= LEAST_CROPS:
                return CropPlaces(size, training, held_out)
    raise InputError(
        Message(
            "Too little of the painting is intact to be studied: it takes some {count} squares of "
            "{side} px without damage.",
            count=round(LEAST_HELD_OUT / HELD_OUT_SHARE),
            side=sizes[-1].native,
        )
    )


def _held_out(
    box: Box, damage: DamageMap, size: CropSize, most: int, rng: np.random.Generator, progress: Progress
) -> tuple[Box, ...]:
    """Choose cells of a grid without damage, a fifth of them."""
    native = size.native
    cells = [
        Box(x, y, native, native)
        for y in range(0, box.height - native + 1, native)
        for x in range(0, box.width - native + 1, native)
    ]
    limit = max(LEAST_HELD_OUT, most // HELD_OUT_PART)
    wanted, found = min(limit, int(len(cells) * HELD_OUT_SHARE)), list[Box]()
    for index in rng.permutation(len(cells)):
        progress.check()
        if len(found) == wanted:
            break
        if not damaged_near(damage, cells[index]).any():
            found.append(cells[index])
    return tuple(sorted(found))


def _training(
    box: Box,
    damage: DamageMap,
    size: CropSize,
    held_out: Sequence[Box],
    most: int,
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[Box, ...]:
    """Choose random squares, mostly intact, away from the held-out ones."""
    native, found = size.native, set[Box]()
    kept = [cell.expanded(native // GAP) for cell in held_out]
    room = (box.width - native) // size.scale, (box.height - native) // size.scale
    for _ in range(most * ATTEMPTS):
        if len(found) == most:
            break
        progress.check()
        x, y = (int(rng.integers(0, last + 1)) * size.scale for last in room)
        square = Box(x, y, native, native)
        if any(cell.touches(square) for cell in kept) or square in found:
            continue
        if damaged_near(damage, square).mean() <= LARGEST_DAMAGE:
            found.add(square)
    return tuple(sorted(found))


def damaged_near(damage: DamageMap, square: Box) -> Mask:
    """Return which pixels of ``square`` are damaged, of any class, or within ``RIM`` px of damage."""
    labels = damage.read(square.expanded(RIM))
    marked = cv2.dilate((labels > 0).astype(np.uint8), np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8))
    return marked[RIM:-RIM, RIM:-RIM] > 0


@dataclass(frozen=True)
class Crops:
    """Crops in memory: ``clean`` (n, 3, s, s) in −1…1, damage filled smoothly; ``damaged`` (n, 1, s, s)."""

    clean: Tensor
    damaged: Tensor

    def __len__(self) -> int:
        return len(self.clean)

    def select(self, indices: Sequence[int]) -> Crops:
        """Return some of the crops."""
        chosen = list(indices)
        return Crops(self.clean[chosen], self.damaged[chosen])


def read_crops(
    painting: Painting, damage: DamageMap, size: CropSize, squares: Sequence[Box], progress: Progress
) -> Crops:
    """Read ``squares``; raises ``PaintingError`` and ``Cancelled``."""
    images, masks = list[NDArray[np.float32]](), list[NDArray[np.float32]]()
    for square in progress.steps(squares):
        image = painting.read_working(square).reshape(size.side, size.scale, size.side, size.scale, 3)
        blocks = damaged_near(damage, square).reshape(size.side, size.scale, size.side, size.scale)
        mask: Mask = blocks.max((1, 3))
        images.append(_filled(np.clip(image.mean((1, 3)), 0, 1).transpose(2, 0, 1) * 2 - 1, mask))
        masks.append(mask[None].astype(np.float32))
    return Crops(torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(masks)))


def _filled(image: NDArray[np.float32], mask: Mask) -> NDArray[np.float32]:
    """Return an image (3, s, s) whose damage is continued from around it."""
    if not mask.any():
        return np.ascontiguousarray(image, np.float32)
    return np.asarray(anisotropic_spline(image[None], mask[None, None])[0], np.float32)
