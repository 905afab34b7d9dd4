"""What can be said of a prompt without loading a model."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

MAX_PROMPT = 2000
"""Maximum number of characters of a prompt."""
CHUNK = 75
"""Tokens that CLIP reads at a time, beside the first and the last; longer prompts are encoded in chunks."""


def chunk_count(tables: Sequence[Sequence[Sequence[int]]]) -> int:
    """Return the number of chunks of the longest of all lists of tokens."""
    longest = max(len(ids) for table in tables for ids in table)
    return max(1, -(-longest // CHUNK))


def chunks(ids: Sequence[int], count: int, start: int, end: int, padding: int) -> list[list[int]]:
    """Return ``count`` lists of 77 tokens: ``start``, up to 75 of ``ids``, ``end``, ``padding``."""
    parts = [ids[CHUNK * i : CHUNK * (i + 1)] for i in range(count)]
    return [[start, *part, end, *[padding] * (CHUNK - len(part))] for part in parts]


def unread_letters(prompt: str) -> str:
    """Return the letters of ``prompt`` that CLIP's text encoders hardly know: all but Latin ones.

    The encoders were trained on English captions. Words in other scripts are read as noise.
    """
    letters = [letter for letter in prompt if letter.isalpha()]
    return "".join(letter for letter in letters if not unicodedata.name(letter, "").startswith("LATIN"))
