"""What an exported picture of the painting shows; imports nothing, so that a command line can be built."""

from __future__ import annotations

from dataclasses import dataclass

SMALLEST_SIDE, LARGEST_SIDE = 64, 12_000
"""Range of the longer side of a picture, in pixels."""
DEFAULT_SIDE = 4_000


@dataclass(frozen=True)
class MarkedPicture:
    """What a picture shows.

    Parameters
    ----------
    side
        Length of the longer side in pixels; a smaller painting keeps its size.
    hatched
        Hatch the filled pixels.
    outlined
        Outline the marked damage in the colours of its classes.
    run
        Number of a result whose fills are also shown, for instance one under review.
    """

    side: int = DEFAULT_SIDE
    hatched: bool = True
    outlined: bool = True
    run: int | None = None
