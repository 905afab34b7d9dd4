"""Examples for the style branch: a damaged crop, and a style picture of the same work without the hole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from imagest_core.arrays import Image8, Mask, Mask8
from imagest_core.errors import InputError
from imagest_core.progress import Progress
from imagest_core.training.damage_simulation import simulate_mask
from imagest_core.training.images import (
    StoredPicture,
    StoredPictures,
    held_out,
    list_pictures,
    too_few,
    work_of,
)

DROP = 0.1
"""Share of examples without style, and of captions that are left empty."""
STYLE_SHARES = (0.2, 0.6)
"""Side of the style picture as a share of the work's shorter side."""
TRIES = 24


class Objective(StrEnum):
    """What the style branch is trained for."""

    RESTORATION = "restoration"
    SYNTHESIS = "synthesis"
    BOTH = "both"


@dataclass(frozen=True)
class StyleBatch:
    """Examples as tensors.

    ``clean`` (n, 3, s, s) in −1…1; ``mask`` (n, 1, s, s), 1 in the hole, everywhere for synthesis; ``style``
    (n, 3, t, t) in −1…1; ``strength`` (n, 1, 1), 0 without style; ``caption`` (n,), indices of captions.
    """

    clean: Tensor
    mask: Tensor
    style: Tensor
    strength: Tensor
    caption: Tensor

    def to(self, device: torch.device) -> StyleBatch:
        """Return the batch on another device."""
        return StyleBatch(*(tensor.to(device) for tensor in self.parts))

    @property
    def parts(self) -> tuple[Tensor, ...]:
        """The tensors in the order of the fields."""
        return self.clean, self.mask, self.style, self.strength, self.caption

    def __getitem__(self, index: int) -> StyleBatch:
        return StyleBatch(*(tensor[index : index + 1] for tensor in self.parts))

    def __len__(self) -> int:
        return len(self.clean)


@dataclass(frozen=True)
class StyledWorks:
    """Pictures of works, with the index of the caption of each."""

    pictures: Sequence[Image8]
    captions: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.captions)


@dataclass(frozen=True)
class PictureSets:
    """Training and held-out works, and all captions; the first caption is the empty one."""

    training: StyledWorks
    held_out: StyledWorks
    captions: tuple[str, ...]


def load_picture_sets(sources: Sequence[Path], progress: Progress | None = None) -> PictureSets:
    """List the pictures of folders and tars, split 85/15 by work; they are decoded when they are needed.

    Raises :class:`InputError` if a source is missing, a picture can't be read, or there are too few.
    """
    captions: dict[str, int] = {"": 0}
    sides: tuple[list[StoredPicture], list[StoredPicture]] = ([], [])
    indices: tuple[list[int], list[int]] = ([], [])
    for picture in list_pictures(sources, progress):
        side = int(held_out(styled_work_of(picture.name)))
        sides[side].append(picture)
        indices[side].append(captions.setdefault(caption_of(picture.name), len(captions)))
    if not sides[0] or not sides[1]:
        works = {styled_work_of(picture.name) for side in sides for picture in side}
        raise InputError(too_few(len(works), held_out=bool(sides[1])))
    training, unseen = (StyledWorks(StoredPictures(p), tuple(i)) for p, i in zip(sides, indices))
    return PictureSets(training, unseen, tuple(captions))


def styled_work_of(name: str) -> str:
    """Return the work of a file; in WikiArt's layout, ``Style/Artist_title.jpg``, each stem is a work."""
    path = Path(name)
    return path.stem if path.parent.name and "_" in path.stem else work_of(name)


def caption_of(name: str) -> str:
    """Return the caption of a picture; its folder names the style, as in WikiArt's layout."""
    style = Path(name).parent.name.replace("_", " ").strip()
    return f"a painting, {style}" if style else "a painting"


class StyleExamples(Dataset[tuple[Tensor, ...]]):
    """Infinitely many examples; example *k* depends on (seed, k) only."""

    def __init__(
        self,
        works: StyledWorks,
        maps: Sequence[Mask8],
        side: int,
        style_side: int,
        objective: Objective,
        *,
        seed: int = 0,
        drop: float = DROP,
    ) -> None:
        self.works, self.maps, self.side, self.style_side = works, tuple(maps), side, style_side
        self.objective, self.seed, self.drop = objective, seed, drop

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        rng = np.random.default_rng([self.seed, index])
        chosen = int(rng.integers(len(self.works)))
        synthesis = self.objective is Objective.SYNTHESIS
        if self.objective is Objective.BOTH:
            synthesis = bool(rng.random() < 0.5)
        picture = self.works.pictures[chosen]
        square = random_square(picture, self.side, rng, whole=synthesis)
        clean = resized_square(picture, square, self.side)
        mask = np.ones((self.side, self.side), np.bool_)
        if not synthesis:
            mask = simulate_mask(self.side, rng, self.maps)
        style = style_square(picture.shape, square, None if synthesis else mask, rng)
        kept = style is not None and rng.random() >= self.drop
        caption = self.works.captions[chosen] if synthesis and rng.random() >= self.drop else 0
        shown = np.zeros((self.style_side, self.style_side, 3), np.uint8)
        if style is not None and kept:
            shown = resized_square(picture, style, self.style_side)
        if rng.random() < 0.5:
            clean, mask, shown = clean[:, ::-1], mask[:, ::-1], shown[:, ::-1]
        hole = torch.from_numpy(np.ascontiguousarray(mask[None], np.float32))
        return (
            picture_tensor(clean),
            hole,
            picture_tensor(shown),
            torch.full((1, 1), float(kept)),
            torch.tensor(caption),
        )

    def collate(self, items: Sequence[tuple[Tensor, ...]]) -> StyleBatch:
        """Stack examples into a batch."""
        return StyleBatch(*(torch.stack(part) for part in zip(*items)))

    def first(self, count: int) -> StyleBatch:
        """Return examples 0…count − 1, the same at every evaluation."""
        return self.collate([self[index] for index in range(count)])


Square = tuple[int, int, int]
"""Top, left and side in px of the picture."""


def random_square(picture: Image8, side: int, rng: np.random.Generator, *, whole: bool) -> Square:
    """Choose a square: the work's shorter side, or ``side`` px at a scale of 0.7–1.4 if possible."""
    height, width = picture.shape[:2]
    cut = min(height, width)
    if not whole:
        cut = min(cut, round(side * float(np.exp(rng.uniform(np.log(0.7), np.log(1.4))))))
    return int(rng.integers(height - cut + 1)), int(rng.integers(width - cut + 1)), cut


def style_square(
    shape: tuple[int, ...], crop: Square, mask: Mask | None, rng: np.random.Generator
) -> Square | None:
    """Choose a square of the work that doesn't touch the hole of ``crop``; None if none is found.

    ``mask`` (s, s) is the hole in the resized crop; without one any square will do.
    """
    height, width = shape[:2]
    shorter = min(height, width)
    largest = STYLE_SHARES[1]
    for _ in range(TRIES):
        side = max(1, round(shorter * float(rng.uniform(STYLE_SHARES[0], largest))))
        square = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1)), side
        if mask is None or not _touches(square, crop, mask):
            return square
        largest = max(STYLE_SHARES[0], largest * 0.9)
    return None


def _touches(square: Square, crop: Square, mask: Mask) -> bool:
    """Whether a square of the picture contains a pixel of the hole, with a margin of a pixel."""
    scale = len(mask) / crop[2]
    spans = []
    for start, origin in zip(square[:2], crop[:2]):
        first = int(np.floor((start - origin - 1) * scale))
        last = int(np.ceil((start + square[2] - origin + 1) * scale))
        spans.append(slice(max(0, first), max(0, last)))
    return bool(mask[spans[0], spans[1]].any())


def resized_square(picture: Image8, square: Square, side: int) -> Image8:
    """Cut a square and resize it to ``side`` px."""
    top, left, cut = square
    part = picture[top : top + cut, left : left + cut]
    if cut == side:
        return part
    interpolation = cv2.INTER_AREA if cut > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (side, side), interpolation=interpolation), np.uint8)


def picture_tensor(picture: NDArray[np.uint8]) -> Tensor:
    """Convert (h, w, 3) uint8 to (3, h, w) in −1…1."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).float() / 127.5 - 1.0
