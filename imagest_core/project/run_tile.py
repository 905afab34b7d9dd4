"""The part of a run in one tile, open for use and packed as the file keeps it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE
from imagest_core.errors import ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.project.storage.unpack import decompressed


@dataclass(frozen=True, eq=False)
class RunTile:
    """The part of a run in one tile, cut to ``box``.

    ``samples``: (h, w, c) in the painting's own dtype, as an export would write them;
    ``regions``: (h, w) uint32, the number of the region a pixel belongs to, 0 where nothing is filled.
    """

    box: Box
    samples: NDArray
    regions: NDArray[np.uint32]


@dataclass(frozen=True)
class PackedTile:
    """A tile of a run, compressed."""

    box: Box
    regions: bytes
    samples: bytes


def pack(tile: RunTile) -> PackedTile:
    """Compress a tile; nothing of it is lost."""
    return PackedTile(tile.box, packed_regions(tile.regions), packed_samples(tile))


def unpack(packed: PackedTile) -> RunTile:
    """The tile that :func:`pack` has compressed; raises ``ValueError`` where it is damaged.

    No more is decoded than its box holds.
    """
    import imagecodecs

    width, height = packed.box.width, packed.box.height
    if not (0 < width <= TILE and 0 < height <= TILE):
        raise ValueError("a tile of a run is larger than a tile")
    numbers = unpacked_regions(packed.regions, (height, width))
    across, down = _png_size(packed.samples)
    stacked = across == width and down % height == 0 and down // height <= MAX_CHANNELS
    if not stacked and (across, down) != (int(np.count_nonzero(numbers)), 1):
        raise ValueError("the samples of a tile have another size than its box")
    try:
        decoded = imagecodecs.png_decode(packed.samples)
    except RuntimeError as error:
        raise ValueError("a tile of a run is damaged") from error
    return RunTile(packed.box, _spread(decoded, numbers), numbers)


def _png_size(samples: bytes) -> tuple[int, int]:
    """Width and height that the header of a PNG says; raises ``ValueError``."""
    if samples[:8] != b"\x89PNG\r\n\x1a\n" or samples[12:16] != b"IHDR" or len(samples) < 33:
        raise ValueError("the samples of a tile are no PNG")
    return int.from_bytes(samples[16:20], "big"), int.from_bytes(samples[20:24], "big")


def packed_regions(regions: NDArray[np.uint32]) -> bytes:
    """(h, w) numbers of regions, compressed: one bit a pixel for what is filled, then its numbers."""
    filled = regions > 0
    return zlib.compress(np.packbits(filled).tobytes() + regions[filled].astype("<u4").tobytes(), 6)


def unpacked_regions(blob: bytes, shape: tuple[int, int]) -> NDArray[np.uint32]:
    """What :func:`packed_regions` has packed; raises ``ValueError``."""
    count = shape[0] * shape[1]
    try:
        content = decompressed(blob, -(-count // 8) + 4 * count)
    except ProjectError as error:
        raise ValueError("the regions of a tile are damaged") from error
    bits = np.frombuffer(content, np.uint8, -(-count // 8))
    filled = np.unpackbits(bits, count=count).reshape(shape).view(np.bool_)
    regions = np.zeros(shape, np.uint32)
    regions[filled] = np.frombuffer(content, "<u4", offset=len(bits))
    return regions


_PNG_CHANNELS = 4
MAX_CHANNELS = 64
"""More channels than any scan has that can be opened."""
_SPARSE = 0.25
"""Share of filled pixels in a box from which on the box is kept as a picture, with nothing between them."""


def packed_samples(tile: RunTile) -> bytes:
    """The samples of 8 or 16 bits as a PNG, which keeps every one of them: of the box, or where little
    of it is filled a single line of the filled pixels, row by row. More channels than a PNG has are
    always a picture, one channel below the other."""
    if tile.samples.shape[2] > _PNG_CHANNELS:
        return _png(np.moveaxis(tile.samples, 2, 0).reshape(-1, tile.samples.shape[1]))
    filled = tile.regions > 0
    sparse = np.count_nonzero(filled) < _SPARSE * filled.size
    picture = tile.samples[filled][np.newaxis] if sparse else tile.samples
    flat = picture[..., 0] if picture.shape[2] == 1 else picture
    return _png(flat)


def _png(picture: NDArray) -> bytes:
    """A PNG; the room for it is said, because imagecodecs reserves too little for narrow noise."""
    import imagecodecs

    room = picture.nbytes + picture.nbytes // 8 + 4 * len(picture) + 4096
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(picture), level=6, out=room))


def _spread(decoded: NDArray, numbers: NDArray[np.uint32]) -> NDArray:
    """The (h, w, c) samples of a box from its picture or its line of filled pixels."""
    if decoded.shape[:2] == numbers.shape:
        return decoded.reshape(*numbers.shape, -1)
    if decoded.shape[0] > 1:
        return np.ascontiguousarray(np.moveaxis(decoded.reshape(-1, *numbers.shape), 0, 2))
    filled = numbers > 0
    pixels = decoded.reshape(decoded.shape[1], -1)
    samples = np.zeros((*numbers.shape, pixels.shape[1]), decoded.dtype)
    samples[filled] = pixels
    return samples
