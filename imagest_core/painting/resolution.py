"""Resolution of a scan in pixels per millimetre, and where it is given."""

from __future__ import annotations

import math
from dataclasses import dataclass

MM_PER_INCH = 25.4
_PLAUSIBLE = (1e-3, 1e5)
_INCH, _CENTIMETRE = 2, 3


@dataclass(frozen=True)
class Resolution:
    """Pixels per millimetre along x and y as displayed; ``source`` names the metadata field."""

    px_per_mm_x: float
    px_per_mm_y: float
    source: str

    @property
    def swapped(self) -> Resolution:
        """The resolution of the image with width and height swapped."""
        return Resolution(self.px_per_mm_y, self.px_per_mm_x, self.source)

    @property
    def dpi(self) -> tuple[float, float]:
        """Pixels per inch along x and y."""
        return self.px_per_mm_x * MM_PER_INCH, self.px_per_mm_y * MM_PER_INCH


def per_mm(x: float, y: float, source: str) -> Resolution | None:
    """Return a resolution in pixels per millimetre, or None if the values are implausible."""
    low, high = _PLAUSIBLE
    if all(math.isfinite(value) and low <= value <= high for value in (x, y)):
        return Resolution(x, y, source)
    return None


def from_unit(x: float, y: float, unit: int, source: str) -> Resolution | None:
    """Return a resolution in a TIFF or EXIF ResolutionUnit (2: inch, 3: centimetre), or None."""
    millimetres = {_INCH: MM_PER_INCH, _CENTIMETRE: 10.0}.get(unit)
    return None if millimetres is None else per_mm(x / millimetres, y / millimetres, source)


def from_metre(x: float, y: float, source: str) -> Resolution | None:
    """Return a resolution in pixels per metre, as in PNG (pHYs) and JPEG 2000 (res), or None."""
    return per_mm(x / 1000, y / 1000, source)
