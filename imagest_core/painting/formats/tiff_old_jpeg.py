"""Old-style JPEG in TIFF (compression 6); only libtiff decodes all its variants, as a whole."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
from tifffile import TiffPage

from imagest_core.painting.formats.base import Facts, Limits, Samples
from imagest_core.painting.formats.whole import WholeSource

_ORIENTATION = 274


def old_jpeg(path: Path, page: TiffPage, facts: Facts, limits: Limits) -> WholeSource:
    """Return the source of such a page, grey or RGB, as stored; decoded on first access."""
    tag = page.tags.get(_ORIENTATION)
    place = None if tag is None else (tag.valueoffset, 1 if isinstance(tag.value, bytes) else 2)
    upright = b"\1" if place and place[1] == 1 else struct.pack(page.parent.byteorder + "H", 1)

    def decode(data: bytes) -> Samples:
        import imagecodecs

        if place is not None:  # libtiff would apply only a part of the orientation
            start, size = place
            data = data[:start] + upright + data[start + size :]
        samples = imagecodecs.tiff_decode(data, index=facts.page, asrgb=True)
        return np.ascontiguousarray(samples[..., : facts.channels])

    return WholeSource(path, replace(facts, stores_samples=False, white_is_zero=False), decode, limits)
