"""Cases: folders that hold a work undamaged, damaged, and the mask of the damage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image8, Mask
from imagest_core.damage.mask_io import read_mask
from imagest_core.errors import InputError, MaskError
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.printable import printable

FILES = ("clean.png", "damaged.png", "mask.png")
INDEX = "cases.json"
LONGEST_KIND = 60
OTHER = "other"
"""The kind of a case that names none."""


@dataclass(frozen=True)
class Case:
    """One case: its folder, its kind of damage and, where the index gives one, a caption of the work."""

    name: str
    kind: str
    folder: Path
    caption: str = ""

    @property
    def clean(self) -> Path:
        return self.folder / FILES[0]

    @property
    def damaged(self) -> Path:
        return self.folder / FILES[1]

    @property
    def mask(self) -> Path:
        return self.folder / FILES[2]


@dataclass(frozen=True)
class CasePictures:
    """What a case holds: (h, w, 3) uint8 sRGB twice, and the damage, (h, w) bool, not dilated."""

    truth: Image8
    damaged: Image8
    mask: Mask


def find_cases(folder: Path, limit: int | None = None) -> tuple[Case, ...]:
    """The cases in ``folder`` (or ``folder`` itself) by name, at most the first ``limit``.

    The kind is what ``cases.json`` says or the word after the last hyphen of the name. Raises ``InputError``.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name one that holds cases.")
    if limit is not None and limit < 1:
        raise InputError(f"The limit must be at least one case, not {limit}.")
    index = _read_index(folder / INDEX)
    places = [folder] if _holds_case(folder) else sorted(filter(_holds_case, folder.iterdir()))
    if not places:
        raise InputError(f"{folder} holds no case: each is a folder with {', '.join(FILES)}.")
    return tuple(_case(place, index.get(place.name, {})) for place in places[:limit])


def load_case(case: Case) -> CasePictures:
    """Read the three pictures; raises ``PaintingError`` or ``MaskError`` naming the case."""
    with open_painting(case.clean) as clean, open_painting(case.damaged) as damaged:
        if (clean.width, clean.height) != (damaged.width, damaged.height):
            raise InputError(f"In the case {case.name}, clean.png and damaged.png differ in size.")
        damage = read_mask(case.mask, (damaged.width, damaged.height))
        mask = damage.read(damage.box) > 0
        if not mask.any() or mask.all():
            raise MaskError(f"The mask of the case {case.name} must leave some of the picture, but not all.")
        return CasePictures(eight_bit(clean.read_working()), displayed(damaged), mask)


def displayed(painting: Painting) -> Image8:
    """The whole picture as 8-bit sRGB, (h, w, 3)."""
    return eight_bit(painting.read_working())


def eight_bit(colour: NDArray[Any]) -> Image8:
    """Unbounded sRGB of nominal range 0–1 as the nearest 8-bit samples."""
    return np.asarray(np.rint(np.clip(colour, 0, 1) * 255), np.uint8)


def _holds_case(folder: Path) -> bool:
    return folder.is_dir() and any((folder / name).exists() for name in FILES)


def _case(folder: Path, facts: dict[str, Any]) -> Case:
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise InputError(f"The case {folder.name} lacks {' and '.join(missing)}.")
    kind = str(facts.get("kind") or _kind_in(folder.name))
    if not all(letter.isalnum() or letter in " _-" for letter in kind) or len(kind) > LONGEST_KIND:
        raise InputError(f"The kind of the case {folder.name} must be a word, for files are named after it.")
    return Case(printable(folder.name), kind, folder, str(facts.get("caption", "")))


def _kind_in(name: str) -> str:
    last = name.rpartition("-")[2]
    return last if last.isalpha() and last != name else OTHER


def _read_index(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text("utf-8"))
        return {str(entry["name"]): dict(entry) for entry in entries}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise InputError(f"{path} must be a JSON list of objects with a name and a kind.") from None
