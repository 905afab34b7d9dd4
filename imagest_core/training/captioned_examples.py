"""Examples for the adaptation of Stable Diffusion: squares of pictures, with prompts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from imagest_core.arrays import Image8
from imagest_core.errors import InputError
from imagest_core.progress import Progress
from imagest_core.training.captions import CaptionRow, read_rows, unique_pictures
from imagest_core.training.damage_simulation import simulate_mask
from imagest_core.training.images import StoredPicture, StoredPictures, held_out
from imagest_core.training.style_examples import (
    picture_tensor,
    random_square,
    resized_square,
    styled_work_of,
)


@dataclass(frozen=True)
class CaptionedBatch:
    """``clean`` (n, 3, s, s) in −1…1, ``mask`` (n, 1, s, s), 1 where it is predicted, and n ``prompts``."""

    clean: Tensor
    mask: Tensor
    prompts: tuple[str, ...]

    def to(self, device: torch.device) -> CaptionedBatch:
        """Return the batch on another device."""
        return CaptionedBatch(self.clean.to(device), self.mask.to(device), self.prompts)

    def __getitem__(self, index: int) -> CaptionedBatch:
        part = slice(index, index + 1)
        return CaptionedBatch(self.clean[part], self.mask[part], self.prompts[part])

    def __len__(self) -> int:
        return len(self.clean)


PromptMaker = Callable[[str, str], Sequence[str]]
"""Name and caption of a picture ("" if there is no table) → its prompts."""


@dataclass(frozen=True)
class CaptionedPictures:
    """Pictures, and the prompts of each, one of which is drawn for an example.

    ``notes``: sentences about what the table of captions left out.
    """

    pictures: Sequence[Image8]
    names: tuple[str, ...]
    prompts: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, pictures: Sequence[StoredPicture], prompts: Sequence[Sequence[str]], notes: Sequence[str] = ()
    ) -> CaptionedPictures:
        """Return pictures that are decoded when they are needed."""
        names = tuple(picture.name for picture in pictures)
        return cls(StoredPictures(pictures), names, tuple(map(tuple, prompts)), tuple(notes))

    @property
    def sha256(self) -> str:
        """Hash of names and prompts: a resumed training has the same."""
        return hashlib.sha256(repr((self.names, self.prompts)).encode("utf-8", "surrogatepass")).hexdigest()

    def __len__(self) -> int:
        return len(self.prompts)


def load_captioned(
    sources: Sequence[Path],
    prompts_of: PromptMaker,
    table: Path | None = None,
    hold_out: bool = False,
    progress: Progress | None = None,
) -> tuple[CaptionedPictures, CaptionedPictures]:
    """List the pictures of folders and tars with their prompts; return the training and the held-out ones.

    With a ``table`` of captions, pictures that it doesn't keep are left out. Without ``hold_out`` all
    pictures are trained on. Raises ``InputError``.
    """
    pictures = unique_pictures(sources, progress)
    captions, notes = {picture.name: "" for picture in pictures}, list[str]()
    if table is not None:
        rows = read_rows(table)
        notes = _table_notes(captions, rows)
        captions = {row.path: row.caption for row in rows if row.kept and row.caption}
    sides: tuple[list[StoredPicture], list[StoredPicture]] = ([], [])
    for picture in pictures:
        if picture.name in captions:
            sides[int(hold_out and held_out(styled_work_of(picture.name)))].append(picture)
    if not sides[0]:
        named = f"{table} keeps none of the pictures" if table else "All pictures are held out"
        raise InputError(f"{named}: nothing is left to train on.")
    training, unseen = (
        CaptionedPictures.of(side, [prompts_of(p.name, captions[p.name]) for p in side], notes)
        for side in sides
    )
    return training, unseen


def _table_notes(names: Collection[str], rows: Sequence[CaptionRow]) -> list[str]:
    """Say which pictures a table leaves out without a ``no``, and which of its rows have no picture."""
    listed = {row.path for row in rows}
    unlisted = sorted(set(names) - listed)
    strange = [row.path for row in rows if row.path not in names]
    blank = [row.path for row in rows if row.kept and not row.caption and row.path in names]
    found = (
        (unlisted, "Pictures that the table of captions doesn't list are left out"),
        (blank, "Pictures with an empty caption are left out"),
        (strange, "Rows of the table without a picture are ignored"),
    )
    return [f"{what}: {len(those):,}, such as {those[0]}." for those, what in found if those]


def picture_notes(pictures: CaptionedPictures, side: int) -> list[str]:
    """Say how many pictures are smaller than the squares of ``side`` px that are trained on."""
    assert isinstance(pictures.pictures, StoredPictures)
    sizes = {picture.name: picture.size() for picture in pictures.pictures.stored}
    small = sorted((name for name, size in sizes.items() if min(size) < side), key=lambda n: min(sizes[n]))
    if not small:
        return []
    width, height = sizes[small[0]]
    return [
        f"Pictures smaller than {side} px are enlarged, and their blur is learned: {len(small):,}, such as "
        f"{small[0]} ({width} × {height} px). Leave them out, or choose a smaller --side."
    ]


class CaptionedExamples(Dataset[tuple[Tensor, Tensor, str]]):
    """Infinitely many examples; example *k* depends on (seed, k) only, and each epoch has every picture once.

    ``holes``: half of the examples have simulated damage, for the U-Nets of inpainting models.
    """

    def __init__(self, pictures: CaptionedPictures, side: int, *, holes: bool = False, seed: int = 0) -> None:
        self.pictures, self.side, self.holes, self.seed = pictures, side, holes, seed

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, str]:
        epoch, position = divmod(index, len(self.pictures))
        order = np.random.default_rng([self.seed, 0, epoch]).permutation(len(self.pictures))
        chosen, rng = int(order[position]), np.random.default_rng([self.seed, 1, index])
        picture, prompts = self.pictures.pictures[chosen], self.pictures.prompts[chosen]
        square = random_square(picture, self.side, rng, whole=True)
        clean, mask = resized_square(picture, square, self.side), np.ones((self.side, self.side), np.bool_)
        if self.holes and rng.random() < 0.5:
            mask = simulate_mask(self.side, rng)
        if rng.random() < 0.5:
            clean, mask = clean[:, ::-1], mask[:, ::-1]
        hole = torch.from_numpy(np.ascontiguousarray(mask[None], np.float32))
        return picture_tensor(clean), hole, prompts[int(rng.integers(len(prompts)))]

    def collate(self, items: Sequence[tuple[Tensor, Tensor, str]]) -> CaptionedBatch:
        """Stack examples into a batch."""
        clean, masks, prompts = zip(*items)
        return CaptionedBatch(torch.stack(clean), torch.stack(masks), tuple(prompts))

    def first(self, count: int) -> CaptionedBatch:
        """Return examples 0…count − 1, the same at every evaluation."""
        return self.collate([self[index] for index in range(count)])
