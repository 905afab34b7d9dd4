"""Read what an evaluation of synthesis needs: prompts, style pictures and reference pictures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from unicodedata import category

import cv2
import numpy as np

from imagest_core.arrays import Image
from imagest_core.errors import InputError
from imagest_core.evaluation.cases import displayed
from imagest_core.painting.outputs import check_regular_file
from imagest_core.painting.reader import open_painting

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
LONGEST_PROMPT = 1000
MOST_PROMPTS = 100_000
LARGEST_FILE = 256 << 20
"""Bytes of a file of prompts that is read."""
NO_TEXT = ("Cc", "Cn", "Co", "Cs")
"""Unicode's categories of control characters and of code points without a character."""


def read_prompts(path: Path, limit: int | None = None) -> list[str]:
    """Return the prompts of a text file, one a line; raises ``InputError``."""
    check_regular_file(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path} is too large: name a file with at most {MOST_PROMPTS:,} prompts.")
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{path} can't be read ({error.strerror or error}): name another file.") from error
    except UnicodeDecodeError:
        raise InputError(
            f"{path} can't be read as text in UTF-8: name a file with one prompt a line."
        ) from None
    prompts = [" ".join(line.split()) for line in lines if line.strip()][:limit]
    if not prompts:
        raise InputError(f"{path} has no prompt: write one a line.")
    if len(prompts) > MOST_PROMPTS:
        raise InputError(
            f"{path} has {len(prompts):,} prompts: write at most {MOST_PROMPTS:,}, or use --limit."
        )
    if not all(map(_is_prompt, prompts)):
        raise InputError(
            f"{path} has a line that is no prompt: write at most {LONGEST_PROMPT} letters a line."
        )
    return prompts


def picture_files(folder: Path, what: str) -> list[Path]:
    """Return the pictures in a folder by name, without hidden files; raises ``InputError``.

    ``what`` names the pictures in the sentence, such as "style pictures".
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name one that contains {what}.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    files = [path for path in files if not path.name.startswith(".")]
    if not files:
        raise InputError(f"{folder} contains no picture ({', '.join(SUFFIXES)}): name a folder of {what}.")
    return files


def read_square(path: Path, side: int) -> Image:
    """Return the centred square of a picture (side, side, 3) in 0–1; raises ``PaintingError``."""
    with open_painting(path) as painting:
        picture = displayed(painting)
    length = min(picture.shape[:2])
    top, left = ((size - length) // 2 for size in picture.shape[:2])
    square = picture[top : top + length, left : left + length]
    shrink = cv2.INTER_AREA if length > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (side, side), interpolation=shrink), np.float32) / np.float32(255)


style_square = lru_cache(maxsize=64)(read_square)
"""The same for style pictures, which are read for every method."""


def _is_prompt(line: str) -> bool:
    return len(line) <= LONGEST_PROMPT and not any(category(letter) in NO_TEXT for letter in line)
