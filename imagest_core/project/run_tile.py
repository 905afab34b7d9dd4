"""The part of a run in one tile, decompressed and as stored."""

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
    """The part of a run in one tile, cropped to ``box``.

    Parameters
    ----------
    box
        Part of the tile with filled pixels.
    samples
        (h, w, c) in the dtype of the painting, as written by an export.
    regions
        (h, w) uint32: the region number of each pixel, 0 where nothing is filled.
    """

    box: Box
    samples: NDArray
    regions: NDArray[np.uint32]


@dataclass(frozen=True)
class PackedTile:
    """A compressed tile of a run."""

    box: Box
    regions: bytes
    samples: bytes


def pack(tile: RunTile) -> PackedTile:
    """Compress a tile losslessly."""
    return PackedTile(tile.box, pack_regions(tile.regions), pack_samples(tile))


def unpack(packed: PackedTile) -> RunTile:
    """Decompress a tile from :func:`pack`; raises ``ValueError`` if it is damaged.

    No more is decoded than fits its box.
    """
    import imagecodecs

    width, height = packed.box.width, packed.box.height
    if not (0 < width <= TILE and 0 < height <= TILE):
        raise ValueError("a tile of a run has an invalid size")
    regions = unpack_regions(packed.regions, (height, width))
    png_width, png_height = _png_size(packed.samples)
    is_stacked = png_width == width and png_height % height == 0 and png_height // height <= MAX_CHANNELS
    if not is_stacked and (png_width, png_height) != (int(np.count_nonzero(regions)), 1):
        raise ValueError("the samples of a tile have another size than its box")
    try:
        decoded = imagecodecs.png_decode(packed.samples)
    except RuntimeError as error:
        raise ValueError("a tile of a run is damaged") from error
    return RunTile(packed.box, _expand_samples(decoded, regions), regions)


def _png_size(samples: bytes) -> tuple[int, int]:
    """Return width and height from the header of a PNG; raises ``ValueError``."""
    if samples[:8] != b"\x89PNG\r\n\x1a\n" or samples[12:16] != b"IHDR" or len(samples) < 33:
        raise ValueError("the samples of a tile are not a PNG")
    return int.from_bytes(samples[16:20], "big"), int.from_bytes(samples[20:24], "big")


def pack_regions(regions: NDArray[np.uint32]) -> bytes:
    """Compress (h, w) region numbers: one bit per pixel (filled or not), then the filled numbers."""
    filled = regions > 0
    return zlib.compress(np.packbits(filled).tobytes() + regions[filled].astype("<u4").tobytes(), 6)


def unpack_regions(blob: bytes, shape: tuple[int, int]) -> NDArray[np.uint32]:
    """Decompress the result of :func:`pack_regions`; raises ``ValueError``."""
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
"""More channels than any supported scan has."""
_SPARSE = 0.25
"""Share of filled pixels in a box from which the whole box is stored as an image."""


def pack_samples(tile: RunTile) -> bytes:
    """Encode 8- or 16-bit samples losslessly as a PNG.

    The PNG holds the box, or, if few of its pixels are filled, a single line of the filled pixels in row
    order. Images with more channels than PNG supports are stored with the channels stacked vertically.
    """
    if tile.samples.shape[2] > _PNG_CHANNELS:
        return _png(np.moveaxis(tile.samples, 2, 0).reshape(-1, tile.samples.shape[1]))
    filled = tile.regions > 0
    is_sparse = np.count_nonzero(filled) < _SPARSE * filled.size
    picture = tile.samples[filled][np.newaxis] if is_sparse else tile.samples
    flat = picture[..., 0] if picture.shape[2] == 1 else picture
    return _png(flat)


def _png(picture: NDArray) -> bytes:
    """Encode a PNG with an explicit buffer size, since imagecodecs reserves too little for narrow noise."""
    import imagecodecs

    capacity = picture.nbytes + picture.nbytes // 8 + 4 * len(picture) + 4096
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(picture), level=6, out=capacity))


def _expand_samples(decoded: NDArray, regions: NDArray[np.uint32]) -> NDArray:
    """Return the (h, w, c) samples of a box from its image or its line of filled pixels."""
    if decoded.shape[:2] == regions.shape:
        return decoded.reshape(*regions.shape, -1)
    if decoded.shape[0] > 1:
        return np.ascontiguousarray(np.moveaxis(decoded.reshape(-1, *regions.shape), 0, 2))
    filled = regions > 0
    pixels = decoded.reshape(decoded.shape[1], -1)
    samples = np.zeros((*regions.shape, pixels.shape[1]), decoded.dtype)
    samples[filled] = pixels
    return samples
