"""Style references: regions of the painting itself, a donor image, or both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imagest_core.painting.geometry import Box


@dataclass(frozen=True)
class StyleReference:
    """Where the style comes from: ``regions`` of this painting, a ``donor`` image, or both.

    ``suggested``: the program, not the user, selected the regions.
    """

    regions: tuple[Box, ...] = ()
    donor: Path | None = None
    suggested: bool = False
