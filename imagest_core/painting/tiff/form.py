"""How a restored scan is stored, where that differs from the scan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.color.working import Srgb, srgb_profile
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.reader import Painting


class Compression(StrEnum):
    """Lossless compressions for a new file; all programs can read the first three."""

    NONE = "none"
    LZW = "lzw"
    DEFLATE = "deflate"
    ZSTD = "zstd"


@dataclass(frozen=True)
class Form:
    """Differences from how the scan is stored; by default none.

    Attributes
    ----------
    compression
        Another compression; it changes no sample.
    depth
        8 or 16 bits per sample.
    srgb
        Convert colours to sRGB; colours outside its gamut are clipped.
    """

    compression: Compression | None = None
    depth: int | None = None
    srgb: bool = False

    @property
    def kept(self) -> bool:
        """Whether nothing differs from the scan."""
        return self == KEPT

    def converts(self, painting: Painting) -> bool:
        """Return whether samples of ``painting`` are converted, so that no sample is identical."""
        return self.depth_of(painting) != painting.depth or self.converts_colour(painting)

    def depth_of(self, painting: Painting) -> int:
        """Return the bits per sample in the file."""
        return self.depth or painting.depth

    def dtype_of(self, painting: Painting) -> np.dtype[Any]:
        """Return the type of a sample in the file."""
        return np.dtype(f"u{self.depth_of(painting) // 8}")

    def converts_colour(self, painting: Painting) -> bool:
        """Return whether colours are converted to sRGB; grey and sRGB scans are not converted."""
        return self.srgb and not painting.grey and not isinstance(painting.colour_space, Srgb)

    def room_for(self, painting: Painting) -> int:
        """Return the approximate size of the file in bytes."""
        raw = painting.width * painting.height * painting.channels * self.depth_of(painting) // 8
        plain = self.compression is Compression.NONE
        return raw if plain else painting.path.stat().st_size

    def profile_of(self, painting: Painting) -> bytes | None:
        """Return the ICC profile of the file."""
        return srgb_profile() if self.converts_colour(painting) else painting.profile

    def stored(self, painting: Painting, samples: Samples) -> Samples:
        """Convert samples (h, w, channels) of ``painting`` to those of the file."""
        if not self.converts(painting):
            return samples
        largest = np.iinfo(self.dtype_of(painting)).max
        shares = samples.astype(np.float64) / np.iinfo(painting.dtype).max
        if self.converts_colour(painting):
            shares[..., :3] = painting.to_working(samples)
        return np.asarray(_rounded(shares, largest).astype(self.dtype_of(painting)))


KEPT = Form()
"""Store everything as in the scan."""


def _rounded(shares: NDArray[np.float64], largest: int) -> NDArray[np.float64]:
    return np.asarray(np.rint(np.clip(shares, 0, 1) * largest))
