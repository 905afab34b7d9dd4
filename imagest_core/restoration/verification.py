"""What a check of a written file has found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verification:
    """Every sample of the written file was compared with what it must be.

    ``samples``: how many outside the filled pixels were found equal to the source's; ``sha256``: the
    hash of exactly those, row by row, in the file's depth (little-endian); ``filled``: pixels inside.
    """

    samples: int
    sha256: str
    filled: int
