"""Training pictures: folders or tars, decoded once to uint8, split by work, cropped and varied."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import InputError
from imagest_core.progress import Progress

Picture = NDArray[np.uint8]

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
HELD_OUT_SHARE = 0.15
"""The paper splits 85/15; we split by work, so that no work stands on both sides."""


@dataclass(frozen=True)
class Works:
    """Decoded pictures (h, w, 3) uint8 sRGB and the work each shows."""

    pictures: tuple[Picture, ...]
    works: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pictures)


def work_of(name: str) -> str:
    """The work a file shows: its stem up to a ``-`` (tiles of one work share the stem)."""
    return Path(name).stem.split("-")[0]


def held_out(work: str) -> bool:
    """Whether a work is kept from training; depends on its name alone, so it never changes."""
    digest = hashlib.sha256(work.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT_SHARE


def load_works(sources: Sequence[Path], progress: Progress | None = None) -> tuple[Works, Works]:
    """Read every picture of ``sources`` (folders, tars) → (training, held out).

    Raises :class:`InputError` when a source is missing or nothing can be decoded.
    """
    kept: tuple[list[Picture], list[str]] = ([], [])
    aside: tuple[list[Picture], list[str]] = ([], [])
    for name, data in (pair for source in sources for pair in _files(source)):
        if progress is not None:
            progress.check()
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        if picture is None:
            continue
        pictures, works = aside if held_out(work_of(name)) else kept
        pictures.append(np.asarray(picture, np.uint8))
        works.append(work_of(name))
    if not kept[0] or not aside[0]:
        raise InputError("The training folders hold too few pictures to train on and to hold some out.")
    return Works(tuple(kept[0]), tuple(kept[1])), Works(tuple(aside[0]), tuple(aside[1]))


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    if source.is_dir():
        for path in sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES):
            yield path.relative_to(source).as_posix(), path.read_bytes()
    elif source.is_file() and tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            for member in archive:
                stored = archive.extractfile(member)
                if stored is not None and Path(member.name).suffix.lower() in SUFFIXES:
                    yield member.name, stored.read()
    else:
        raise InputError(f"{source} is neither a folder nor a tar of pictures.")


def load_maps(source: Path) -> tuple[Picture, ...]:
    """Craquelure maps (h, w) uint8, white where cracked, from a folder or tar."""
    maps = (cv2.imdecode(np.frombuffer(io.BytesIO(d).getvalue(), np.uint8), 0) for _, d in _files(source))
    found = tuple(np.asarray(m, np.uint8) for m in maps if m is not None)
    if not found:
        raise InputError(f"{source} holds no craquelure map.")
    return found


def random_crop(picture: Picture, side: int, rng: np.random.Generator) -> Picture:
    """A ``side`` square at a random place and scale (0.7–1.4 if the picture allows), mirrored at random."""
    shorter = min(picture.shape[:2])
    wanted = round(side * float(np.exp(rng.uniform(np.log(0.7), np.log(1.4)))))
    cut = min(wanted, shorter)
    y = int(rng.integers(picture.shape[0] - cut + 1))
    x = int(rng.integers(picture.shape[1] - cut + 1))
    crop = picture[y : y + cut, x : x + cut]
    if cut != side:
        how = cv2.INTER_AREA if cut > side else cv2.INTER_CUBIC
        crop = np.asarray(cv2.resize(crop, (side, side), interpolation=how), np.uint8)
    return np.ascontiguousarray(crop[:, ::-1] if rng.random() < 0.5 else crop)


def vary_colour(crop: Picture, rng: np.random.Generator) -> NDArray[np.float32]:
    """Mild gain and gamma per channel, as varnish and scanners do → float32 in 0…1."""
    gamma = np.exp(rng.normal(0.0, 0.12)) * np.exp(rng.normal(0.0, 0.04, 3))
    gain = np.exp(rng.normal(0.0, 0.04, 3))
    levels = np.arange(256, dtype=np.float32)[:, None] / 255.0
    table = np.clip(gain * levels**gamma, 0.0, 1.0).astype(np.float32)
    return table[crop, np.arange(3)]
