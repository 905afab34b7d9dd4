"""Cases: folders with an undamaged picture, a damaged one, and the mask of the damage.

A really damaged work has no undamaged picture: there is no truth to compare with.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image8, Mask
from imagest_core.damage.mask_io import read_mask
from imagest_core.errors import InputError, MaskError
from imagest_core.painting.outputs import normalized_name
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.printable import printable
from imagest_core.restoration.fill_mask import fill_mask

FILES = ("clean.png", "damaged.png", "mask.png")
INDEX = "cases.json"
LARGEST_INDEX = 64 << 20
"""Bytes of an index that is read."""
LONGEST_KIND = 100
"""Bytes of a kind in UTF-8."""
OTHER = "other"
"""The kind of a case without one."""
ALL = "all"
"""The kind that includes every case."""
SMALLEST = 32
"""Shortest side in px of pictures that metrics compare: SSIM, HaarPSI and LPIPS need as much."""


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
    cases = tuple(_case(each, index.get(each.name, {}), truth) for each in folders[:limit])
    _check_kinds(cases)
    return cases


def load_case(case: Case) -> CasePictures:
    """Read the three pictures; raises ``PaintingError``, ``MaskError`` or ``InputError``."""
    with _named(case), open_painting(case.clean) as clean, open_painting(case.damaged) as damaged:
        if (clean.width, clean.height) != (damaged.width, damaged.height):
            raise InputError("clean.png and damaged.png differ in size.")
        if min(damaged.width, damaged.height) < SMALLEST:
            raise InputError(f"its pictures must be at least {SMALLEST} px wide and high to be compared.")
        damage = read_mask(case.mask, (damaged.width, damaged.height))
        mask = damage.read(damage.box) > 0
        if not mask.any() or mask.all():
            raise MaskError("its mask must cover a part of the picture only.")
        return CasePictures(eight_bit(clean.read_working()), displayed(damaged), mask)


def check_case(case: Case, dilation: int) -> None:
    """Read all pictures of a case, so that a faulty one is found before anything is filled.

    Raises ``PaintingError``, ``MaskError`` or ``InputError``, which name the case.
    """
    if case.has_truth:
        load_case(case)
    with _named(case), open_painting(case.damaged) as damaged:
        if not case.has_truth:
            damaged.read()
        fill_mask(damaged.box, read_mask(case.mask, (damaged.width, damaged.height)), dilation)


def displayed(painting: Painting) -> Image8:
    """Return the whole picture as 8-bit sRGB, (h, w, 3)."""
    return eight_bit(painting.read_working())


def eight_bit(colour: NDArray[Any]) -> Image8:
    """Convert unbounded sRGB of nominal range 0–1 to the nearest 8-bit samples."""
    return np.asarray(np.rint(np.clip(colour, 0, 1) * 255), np.uint8)


@contextmanager
def _named(case: Case) -> Iterator[None]:
    """Name the case in the sentence of an error."""
    try:
        yield
    except InputError as error:
        raise type(error)(f"The case {case.name} can't be used: {error}") from error


def _is_case(folder: Path) -> bool:
    return folder.is_dir() and any(_is_there(folder / name) for name in FILES)


def _is_there(path: Path) -> bool:
    """Whether there is a file, folder or link of this name; raises ``InputError`` where that isn't told."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        reason = (error.strerror or "the disk reports an error").lower()
        raise InputError(f"{path} can't be read: {reason}.") from None
    return True


def _case(folder: Path, facts: dict[str, Any], truth: bool) -> Case:
    needed = FILES if truth else FILES[1:]
    odd = [name for name in FILES if _is_there(folder / name) and not (folder / name).is_file()]
    if odd:
        raise InputError(f"In the case {folder.name}, {odd[0]} is no file: put a picture there.")
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise InputError(f"The case {folder.name} lacks {' and '.join(missing)}.")
    kind = facts.get("kind") or _kind_in(folder.name)
    if not _is_word(kind):
        raise InputError(
            f"The kind of the case {folder.name} must be a word, since it is used in file names."
        )
    if kind.casefold() == ALL:
        raise InputError(f"The kind of the case {folder.name} can't be '{kind}', which means every case.")
    return Case(printable(folder.name), kind, folder, str(facts.get("caption") or ""))


def _is_word(kind: object) -> TypeGuard[str]:
    return (
        isinstance(kind, str)
        and kind == kind.strip()
        and all(letter.isalnum() or letter in " _-" for letter in kind)
        and len(kind.encode()) <= LONGEST_KIND
    )


def _check_kinds(cases: Iterable[Case]) -> None:
    """Raise ``InputError`` for kinds whose files would have one name on some systems."""
    seen: dict[str, str] = {}
    for case in cases:
        other = seen.setdefault(normalized_name(case.kind), case.kind)
        if other != case.kind:
            raise InputError(f"The kinds '{other}' and '{case.kind}' differ in their case only: use one.")


def _kind_in(name: str) -> str:
    last = name.rpartition("-")[2]
    return last if last.isalpha() and last != name else OTHER


def _read_index(path: Path) -> dict[str, dict[str, Any]]:
    if not _is_there(path):
        return {}
    if not path.is_file() or path.stat().st_size > LARGEST_INDEX:
        raise InputError(f"{path} is no list of cases: move it away.")
    try:
        entries = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise InputError(
            f"{path} must be a JSON list of objects with a name and a kind, and perhaps a caption, as texts."
        )
    names = Counter(entry["name"] for entry in entries)
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise InputError(f"{path} has the case {twice} twice: keep one.")
    return {entry["name"]: entry for entry in entries}


def _is_entry(entry: object) -> bool:
    """Whether an entry of the index has a name, and texts or nothing as kind and caption."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return False
    return all(isinstance(entry.get(name) or "", str) for name in ("kind", "caption"))
