"""Synthetic scans of any size, written a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

ROWS = 256


def write_scan(path: Path, width: int, height: int) -> Path:
    """A 16-bit RGB TIFF without compression in AdobeRGB, of soft colours and grain."""
    import imagecodecs

    tifffile.imwrite(
        path,
        _rows(width, height),
        shape=(height, width, 3),
        dtype=np.uint16,
        photometric="rgb",
        rowsperstrip=ROWS,
        resolution=(600, 600),
        resolutionunit="INCH",
        iccprofile=bytes(imagecodecs.cms_profile("adobergb")),
        bigtiff=width * height * 6 > 4_000_000_000,
    )
    return path


def _rows(width: int, height: int) -> Iterator[NDArray[np.uint16]]:
    grain = np.random.default_rng(0).integers(0, 6000, (ROWS, width, 3), np.uint16)
    across = np.linspace(8000, 50000, width, dtype=np.uint16)[None, :, None]
    for y in range(0, height, ROWS):
        rows = min(ROWS, height - y)
        yield (grain[:rows] + across // (1 + y // 2048 % 3)).astype(np.uint16)
