"""How a restored scan is to be stored where it isn't to be stored as the scan is."""

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
    """The lossless compressions a new file can be given; all programs read the first three."""

    NONE = "none"
    LZW = "lzw"
    DEFLATE = "deflate"
    ZSTD = "zstd"


@dataclass(frozen=True)
class Form:
    """What is to be other than in the scan; everything by default is kept.

    ``compression``: another one, which changes no sample; ``depth``: 8 or 16 bits a sample; ``srgb``:
    colour turned into sRGB, where what lies beyond it is brought to its edge.
    """

    compression: Compression | None = None
    depth: int | None = None
    srgb: bool = False

    @property
    def kept(self) -> bool:
        """Whether nothing is to be other than in the scan."""
        return self == KEPT

    def converts(self, painting: Painting) -> bool:
        """Whether samples of ``painting`` become others, so that the file isn't identical anywhere."""
        return self.depth_of(painting) != painting.depth or self.converts_colour(painting)

    def depth_of(self, painting: Painting) -> int:
        """Bits of a sample in the file."""
        return self.depth or painting.depth

    def dtype_of(self, painting: Painting) -> np.dtype[Any]:
        """The type of a sample in the file."""
        return np.dtype(f"u{self.depth_of(painting) // 8}")

    def converts_colour(self, painting: Painting) -> bool:
        """Whether colour is turned into sRGB: that of grey scans and of sRGB ones stays."""
        return self.srgb and not painting.grey and not isinstance(painting.colour_space, Srgb)

    def room_for(self, painting: Painting) -> int:
        """Bytes that the file may take, about."""
        raw = painting.width * painting.height * painting.channels * self.depth_of(painting) // 8
        plain = self.compression is Compression.NONE
        return raw if plain else painting.path.stat().st_size

    def profile_of(self, painting: Painting) -> bytes | None:
        """The ICC profile in the file."""
        return srgb_profile() if self.converts_colour(painting) else painting.profile

    def stored(self, painting: Painting, samples: Samples) -> Samples:
        """Samples (h, w, channels) of ``painting`` as the file has them."""
        if not self.converts(painting):
            return samples
        most = np.iinfo(self.dtype_of(painting)).max
        shares = samples.astype(np.float64) / np.iinfo(painting.dtype).max
        if self.converts_colour(painting):
            shares[..., :3] = painting.to_working(samples)
        return np.asarray(_rounded(shares, most).astype(self.dtype_of(painting)))


KEPT = Form()
"""Everything as in the scan."""


def _rounded(shares: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    return np.asarray(np.rint(np.clip(shares, 0, 1) * most))
