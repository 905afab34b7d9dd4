"""Convert YCbCr samples of a TIFF, with or without chroma subsampling, that no image codec decodes to RGB.

TIFF 6.0, section 21: a data unit contains the luma of a block of pixels, then one Cb and one Cr.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.formats.base import Samples

SUBSAMPLING, COEFFICIENTS, REFERENCE = 530, 529, 532
_DEFAULT_COEFFICIENTS = (0.299, 0.587, 0.114)
_DEFAULT_REFERENCE = (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)


@dataclass(frozen=True)
class YCbCr:
    """Packing of the pixels: ``across`` × ``down`` pixels share one Cb and Cr."""

    across: int
    down: int
    coefficients: tuple[float, float, float] = _DEFAULT_COEFFICIENTS
    reference: tuple[float, ...] = field(default=_DEFAULT_REFERENCE)

    def segment_bytes(self, rows: int, columns: int) -> int:
        """Return the size in bytes of a strip or tile of 8-bit samples."""
        units = -(-rows // self.down) * -(-columns // self.across)
        return units * (self.across * self.down + 2)

    def decode(self, data: bytes, rows: int, columns: int) -> Samples:
        """Decode a strip or tile to RGB (rows, columns, 3) uint8; raise ``ValueError`` if it is too short."""
        size = self.segment_bytes(rows, columns)
        if len(data) < size:
            raise ValueError("a segment that is cut short")
        high, wide = -(-rows // self.down), -(-columns // self.across)
        units = np.frombuffer(data, np.uint8, size).reshape(high, wide, -1)
        block = units[..., :-2].reshape(high, wide, self.down, self.across)
        luma = block.transpose(0, 2, 1, 3).reshape(high * self.down, wide * self.across)
        chroma = units[..., -2:].repeat(self.down, axis=0).repeat(self.across, axis=1)
        return self._rgb(luma[:rows, :columns], chroma[:rows, :columns])

    def _rgb(self, luma: NDArray[np.uint8], chroma: NDArray[np.uint8]) -> Samples:
        red, green, blue = self.coefficients
        black, white, *ends = self.reference
        y = (luma.astype(np.float32) - black) * (255 / (white - black))
        cb, cr = (
            (chroma[..., i].astype(np.float32) - ends[2 * i]) * (127 / (ends[2 * i + 1] - ends[2 * i]))
            for i in range(2)
        )
        r, b = y + cr * (2 - 2 * red), y + cb * (2 - 2 * blue)
        rgb = np.stack([r, (y - red * r - blue * b) / green, b], axis=-1)
        return np.rint(np.clip(rgb, 0, 255)).astype(np.uint8)


def ycbcr_layout(value: Callable[[int], Any]) -> YCbCr:
    """Return the packing given by the tags, read by ``value(tag)``; raise ``ValueError`` if invalid."""
    across, down = value(SUBSAMPLING) or (2, 2)
    if across not in (1, 2, 4) or down not in (1, 2, 4):
        raise ValueError("an unknown subsampling")
    return YCbCr(
        across,
        down,
        _floats(value(COEFFICIENTS), _DEFAULT_COEFFICIENTS),  # type: ignore[arg-type]
        _floats(value(REFERENCE), _DEFAULT_REFERENCE),
    )


def _floats(value: Any, default: tuple[float, ...]) -> tuple[float, ...]:
    """Return rational numbers from tifffile as floats; ``default`` if there are none."""
    if not value:
        return default
    flat = np.asarray(value, np.float64).reshape(-1, 2)
    if len(flat) != len(default) or (flat[:, 1] == 0).any():
        raise ValueError("impossible coefficients")
    numbers = tuple(float(top / bottom) for top, bottom in flat)
    if len(numbers) == 3 and numbers[1] <= 0:
        raise ValueError("impossible coefficients")
    if len(numbers) == 6 and any(numbers[i] == numbers[i + 1] for i in (0, 2, 4)):
        raise ValueError("an impossible reference of black and white")
    return numbers
