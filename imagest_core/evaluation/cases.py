"""Cases: folders with an undamaged picture, a damaged one, and the mask of the damage.

A really damaged work has no undamaged picture: there is no truth to compare with.
"""

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
"""The kind of a case without one."""


@dataclass(frozen=True)
class Case:
    """A case: its folder, its kind of damage and, if the index gives one, a caption of the work."""

    name: str
    kind: str
    folder: Path
    caption: str = ""

    @property
    def clean(self) -> Path:
        """The undamaged picture."""
        return self.folder / FILES[0]

    @property
    def has_truth(self) -> bool:
        """Whether there is an undamaged picture."""
        return self.clean.is_file()

    @property
    def damaged(self) -> Path:
        """The damaged picture."""
        return self.folder / FILES[1]

    @property
    def mask(self) -> Path:
        """The mask of the damage."""
        return self.folder / FILES[2]


@dataclass(frozen=True)
class CasePictures:
    """The pictures of a case, (h, w, 3) uint8 sRGB, and the damage, (h, w) bool, not dilated."""

    truth: Image8
    damaged: Image8
    mask: Mask


def find_cases(folder: Path, limit: int | None = None, *, truth: bool = True) -> tuple[Case, ...]:
    """Return the cases in ``folder`` (or ``folder`` itself) by name, at most the first ``limit``.

    Each must have a truth unless ``truth`` is False. The kind comes from ``cases.json``, else from the word
    after the last hyphen of the name. Raises ``InputError``.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name one that contains cases.")
    if limit is not None and limit < 1:
        raise InputError(f"The limit must be at least one case, not {limit}.")
    index = _read_index(folder / INDEX)
    folders = [folder] if _is_case(folder) else sorted(filter(_is_case, folder.iterdir()))
    if not folders:
        raise InputError(f"{folder} contains no case: each is a folder with {', '.join(FILES)}.")
    return tuple(_case(each, index.get(each.name, {}), truth) for each in folders[:limit])


def load_case(case: Case) -> CasePictures:
    """Read the three pictures; raises ``PaintingError``, ``MaskError`` or ``InputError``."""
    with open_painting(case.clean) as clean, open_painting(case.damaged) as damaged:
        if (clean.width, clean.height) != (damaged.width, damaged.height):
            raise InputError(f"In the case {case.name}, clean.png and damaged.png differ in size.")
        damage = read_mask(case.mask, (damaged.width, damaged.height))
        mask = damage.read(damage.box) > 0
        if not mask.any() or mask.all():
            raise MaskError(f"The mask of the case {case.name} must cover a part of the picture only.")
        return CasePictures(eight_bit(clean.read_working()), displayed(damaged), mask)


def displayed(painting: Painting) -> Image8:
    """Return the whole picture as 8-bit sRGB, (h, w, 3)."""
    return eight_bit(painting.read_working())


def eight_bit(colour: NDArray[Any]) -> Image8:
    """Convert unbounded sRGB of nominal range 0–1 to the nearest 8-bit samples."""
    return np.asarray(np.rint(np.clip(colour, 0, 1) * 255), np.uint8)


def _is_case(folder: Path) -> bool:
    return folder.is_dir() and any((folder / name).exists() for name in FILES)


def _case(folder: Path, facts: dict[str, Any], truth: bool) -> Case:
    needed = FILES if truth else FILES[1:]
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise InputError(f"The case {folder.name} lacks {' and '.join(missing)}.")
    kind = str(facts.get("kind") or _kind_in(folder.name))
    if not all(letter.isalnum() or letter in " _-" for letter in kind) or len(kind) > LONGEST_KIND:
        raise InputError(
            f"The kind of the case {folder.name} must be a word, since it is used in file names."
        )
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
