"""What a check of a written file has found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verification:
    """Every sample of the written file was compared with what it must be.

    ``samples``: how many outside the filled pixels were found equal to the source's; ``filled``: pixels
    inside. ``method`` says how they were compared and what ``sha256`` is the hash of: "samples", of all
    those samples, row by row, in the file's depth (little-endian); "bytes", of the digests of the file's
    parts (see :class:`imagest_core.painting.compare.Comparison`). Records without a method are of "samples".
    """

    samples: int
    sha256: str
    filled: int
    method: str = "samples"
