"""Style references: rectangles of intact regions, and/or a donor picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imagest_core.painting.geometry import Box


@dataclass(frozen=True)
class StyleReference:
    """Where the style comes from: ``regions`` of this painting, ``donor`` another picture.

    ``suggested`` says that the program, not the user, picked the regions.
    """

    regions: tuple[Box, ...] = ()
    donor: Path | None = None
    suggested: bool = False
