"""What can be said of a prompt without loading a model."""

from __future__ import annotations

import unicodedata

MAX_PROMPT = 2000
"""Maximum number of characters of a prompt."""


def unread_letters(prompt: str) -> str:
    """Return the letters of ``prompt`` that CLIP's text encoders hardly know: all but Latin ones.

    The encoders were trained on English captions. Words in other scripts are read as noise.
    """
    letters = [letter for letter in prompt if letter.isalpha()]
    return "".join(letter for letter in letters if not unicodedata.name(letter, "").startswith("LATIN"))
