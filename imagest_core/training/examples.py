"""Training examples: example *k* depends on (seed, k) only, so a run resumes exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from imagest_core.arrays import Mask8
from imagest_core.training.damage_simulation import DamageMix, simulate_mask
from imagest_core.training.images import Works, random_crop, vary_colour


@dataclass(frozen=True)
class Batch:
    """``clean`` (n, 3, s, s) in −1…1; ``mask`` (n, 1, s, s), 1 where damaged; ``style`` (n, 3, t, t)."""

    clean: Tensor
    mask: Tensor
    style: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on another device, in channels-last layout."""
        clean = self.clean.to(device, memory_format=torch.channels_last)
        return Batch(clean, self.mask.to(device), self.style.to(device, memory_format=torch.channels_last))


class DamagedCrops(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Infinitely many crops with simulated damage and a style picture of the same work."""

    def __init__(
        self,
        works: Works,
        maps: Sequence[Mask8],
        side: int,
        *,
        style_side: int = 128,
        seed: int = 0,
        vary: bool = True,
        mix: DamageMix | None = None,
    ) -> None:
        self.works, self.maps, self.side, self.style_side = works, tuple(maps), side, style_side
        self.seed, self.vary, self.mix = seed, vary, mix or DamageMix()
        self._siblings: dict[str, list[int]] = {}
        for index, work in enumerate(works.works):
            self._siblings.setdefault(work, []).append(index)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        rng = np.random.default_rng([self.seed, index])
        chosen = int(rng.integers(len(self.works)))
        picture = self.works.pictures[chosen]
        clean = random_crop(picture, self.side, rng)
        mask = simulate_mask(self.side, rng, self.maps, self.mix)
        siblings = self._siblings[self.works.works[chosen]]
        donor = self.works.pictures[siblings[int(rng.integers(len(siblings)))]]
        style = self._intact_crop(clean, mask, donor, rng)
        if self.vary:
            both = vary_colour(np.concatenate([clean.reshape(-1, 1, 3), style.reshape(-1, 1, 3)]), rng)
            cut = self.side * self.side
            tone = both[:cut].reshape(clean.shape), both[cut:].reshape(style.shape)
        else:
            tone = clean.astype(np.float32) / 255.0, style.astype(np.float32) / 255.0
        return _tensor(tone[0]), torch.from_numpy(mask[None].astype(np.float32)), _tensor(tone[1])

    def collate(self, items: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Batch:
        """Stack examples into a batch."""
        return collate(items)

    def _intact_crop(
        self,
        clean: NDArray[np.uint8],
        mask: NDArray[np.bool_],
        donor: NDArray[np.uint8],
        rng: np.random.Generator,
    ) -> NDArray[np.uint8]:
        """Return an intact part of the crop if one is found, else a crop of the same work."""
        half = self.side // 2
        for _ in range(8):
            y, x = (int(v) for v in rng.integers(0, half + 1, 2))
            if not mask[y : y + half, x : x + half].any():
                piece = clean[y : y + half, x : x + half]
                size = (self.style_side, self.style_side)
                return np.asarray(cv2.resize(piece, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        return random_crop(donor, self.style_side, rng)


def _tensor(picture: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))) * 2.0 - 1.0


class IndexRange(Sampler[int]):
    """Yields ``count`` consecutive indices from ``start``."""

    def __init__(self, start: int, count: int) -> None:
        self.start, self.count = start, count

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.start + self.count))

    def __len__(self) -> int:
        return self.count


def collate(items: Sequence[tuple[Tensor, Tensor, Tensor]]) -> Batch:
    """Stack examples into a :class:`Batch`."""
    clean, mask, style = (torch.stack(part) for part in zip(*items))
    return Batch(clean, mask, style)


def fixed_batch(dataset: DamagedCrops, count: int) -> Batch:
    """Return examples 0…count − 1, the same at every evaluation."""
    return collate([dataset[index] for index in range(count)])
