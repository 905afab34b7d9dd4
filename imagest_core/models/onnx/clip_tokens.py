"""CLIP's tokenizer in Python: byte pairs of lower-case words. Needs neither transformers nor its parts."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from imagest_core.errors import ModelError
from imagest_core.messages import Message
from imagest_core.models.clip_tokenizer import byte_letters
from imagest_core.models.validation import read_json

VOCABULARY, MERGES = "vocab.json", "merges.txt"
WORD_END = "</w>"
CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


class ClipTokenizer:
    """A vocabulary and its merges.

    ``special``: words with a meaning of their own, such as ``<|endoftext|>``, and their tokens; ``unknown``:
    the token for what the vocabulary lacks.
    """

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        merges: Sequence[tuple[str, str]],
        special: Mapping[str, int],
        unknown: int,
    ) -> None:
        self._vocabulary, self._special, self._unknown = vocabulary, special, unknown
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self._letters = byte_letters()
        words = sorted(special, key=len, reverse=True)
        self._split = re.compile("(" + "|".join(map(re.escape, words)) + ")") if words else None

    def ids(self, text: str) -> list[int]:
        """Return the tokens of ``text`` without start, end and padding."""
        found: list[int] = []
        for part in self._split.split(text) if self._split else [text]:
            if part in self._special:
                found.append(self._special[part])
                continue
            for word in words_of(part):
                symbols = [self._letters[byte] for byte in word.encode("utf-8")]
                found += [self._vocabulary.get(each, self._unknown) for each in self._merged(symbols)]
        return found

    def _merged(self, symbols: list[str]) -> list[str]:
        """Merge the pair of the lowest rank until none is left."""
        symbols = [*symbols[:-1], symbols[-1] + WORD_END]
        while len(symbols) > 1:
            pairs = list(itertools.pairwise(symbols))
            best = min(pairs, key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if best not in self._ranks:
                break
            merged, index = [], 0
            while index < len(symbols):
                if tuple(symbols[index : index + 2]) == best:
                    merged.append("".join(best))
                    index += 2
                else:
                    merged.append(symbols[index])
                    index += 1
            symbols = merged
        return symbols


def words_of(text: str) -> Iterator[str]:
    """Split lower-case text into contractions, runs of letters, single digits, and runs of other signs."""
    text = "".join(letter.lower() for letter in unicodedata.normalize("NFC", text))
    start = 0
    while start < len(text):
        end = _word_end(text, start)
        if not text[start].isspace():
            yield text[start:end]
        start = end


def _word_end(text: str, start: int) -> int:
    contraction = next((each for each in CONTRACTIONS if text.startswith(each, start)), None)
    if contraction:
        return start + len(contraction)
    kind, end = _kind(text[start]), start + 1
    if kind in "NZ":
        return end
    while end < len(text) and _kind(text[end]) == kind:
        end += 1
    return end


def _kind(letter: str) -> str:
    """Return L for letters, N for numbers, Z for space, and S for other signs."""
    kind = unicodedata.category(letter)[0]
    return "Z" if letter.isspace() else kind if kind in "LN" else "S"


def read_tokenizer(folder: Path, special: Mapping[str, int], unknown: int) -> ClipTokenizer:
    """Read the tokenizer in ``folder``; raises :class:`ModelError` if it can't be understood."""
    try:
        vocabulary = read_json(folder / VOCABULARY)
        if not isinstance(vocabulary, dict) or not all(type(token) is int for token in vocabulary.values()):
            raise ValueError(f"{VOCABULARY} must be an object of whole numbers")
        lines = (folder / MERGES).read_text(encoding="utf-8").split("\n")
        pairs = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
        if not all(len(pair) == 2 for pair in pairs):
            raise ValueError(f"{MERGES} must have two parts a line")
    except (ValueError, OSError) as error:
        raise ModelError(
            Message(
                "{path} can't be understood as a tokenizer of CLIP ({reason}).", path=folder, reason=error
            )
        ) from error
    return ClipTokenizer(vocabulary, [(pair[0], pair[1]) for pair in pairs], special, unknown)


def write_tokenizer_files(folder: Path, vocabulary: Mapping[str, int], merges: Sequence[str]) -> None:
    """Write what :func:`read_tokenizer` reads to a new folder."""
    folder.mkdir()
    text = json.dumps(dict(vocabulary), ensure_ascii=False, indent=0)
    (folder / VOCABULARY).write_text(text, encoding="utf-8", newline="\n")
    (folder / MERGES).write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8", newline="\n")
