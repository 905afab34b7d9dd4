"""Lossless codec of one strip or tile: byte order, predictor, compression, fill order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import imagecodecs
import numpy as np

from imagest_core.errors import PaintingError
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.tiff.ifd import Order

NONE, LZW, DEFLATE, PACKBITS, OLD_DEFLATE, LZMA, ZSTD = 1, 5, 8, 32773, 32946, 34925, 50000
DIFFERENCES = 2
"""The horizontal predictor (TIFF 6.0, section 14)."""


def _packbits(rows: Samples) -> bytes:
    """Encode each row separately (TIFF 6.0, section 9)."""
    return b"".join(imagecodecs.packbits_encode(row.tobytes()) for row in rows)


def _whole(encode: Callable[[bytes], bytes | bytearray], rows: Samples) -> bytes:
    return bytes(encode(rows.tobytes()))


_ENCODERS: dict[int, Callable[[Samples], bytes]] = {
    NONE: lambda rows: rows.tobytes(),
    LZW: partial(_whole, imagecodecs.lzw_encode),
    DEFLATE: partial(_whole, partial(imagecodecs.zlib_encode, level=6)),
    OLD_DEFLATE: partial(_whole, partial(imagecodecs.zlib_encode, level=6)),
    PACKBITS: _packbits,
    LZMA: partial(_whole, imagecodecs.lzma_encode),
    ZSTD: partial(_whole, partial(imagecodecs.zstd_encode, level=9)),
}
_DECODERS: dict[int, Callable[..., bytes | bytearray]] = {
    NONE: lambda data, out: data,
    LZW: imagecodecs.lzw_decode,
    DEFLATE: imagecodecs.zlib_decode,
    OLD_DEFLATE: imagecodecs.zlib_decode,
    PACKBITS: imagecodecs.packbits_decode,
    LZMA: imagecodecs.lzma_decode,
    ZSTD: imagecodecs.zstd_decode,
}


@dataclass(frozen=True)
class SegmentCodec:
    """Encoding of a raster's segments: compression, predictor, byte order, bit order."""

    compression: int
    predictor: int
    order: Order
    reversed_bits: bool = False

    @property
    def plain(self) -> bool:
        """Whether the samples are stored without any encoding."""
        return self.compression == NONE and self.predictor == 1 and not self.reversed_bits

    def decode(self, data: bytes, shape: tuple[int, int, int], dtype: np.dtype) -> Samples:
        """Decode a segment to samples of ``shape`` (rows, columns, samples).

        Raises :class:`PaintingError` if the data are damaged or too short.
        """
        size = math.prod(shape) * dtype.itemsize
        if self.reversed_bits:
            data = bytes(imagecodecs.bitorder_decode(data))
        try:
            raw = bytes(_DECODERS[self.compression](data, out=size))[:size]
        except (RuntimeError, ValueError) as error:
            raise PaintingError("The picture's data are damaged and can't be decoded.") from error
        if len(raw) < size:
            raise PaintingError("The file is truncated: a part of the picture is missing.")
        samples = np.frombuffer(raw, stored_type(dtype, self.order)).reshape(shape).astype(dtype)
        if self.predictor == DIFFERENCES:
            samples = imagecodecs.delta_decode(samples, axis=-2)
        return samples

    def encode(self, samples: Samples) -> bytes:
        """Encode ``samples`` (rows, columns, samples) as a segment."""
        if self.predictor == DIFFERENCES:
            samples = imagecodecs.delta_encode(np.ascontiguousarray(samples), axis=-2)
        stored = samples.astype(stored_type(samples.dtype, self.order))
        data = _ENCODERS[self.compression](stored)
        return bytes(imagecodecs.bitorder_encode(data)) if self.reversed_bits else data


def predictor_of(compression: int, predictor: int) -> int:
    """Return the effective predictor: none for uncompressed samples, as in libtiff."""
    return 1 if compression == NONE else predictor


def can_encode(codec: SegmentCodec) -> bool:
    """Return whether the compression is known and lossless, and the predictor is one for integers."""
    return codec.compression in _ENCODERS and codec.predictor in (1, DIFFERENCES)


def stored_type(dtype: np.dtype, order: Order) -> np.dtype:
    """Return ``dtype`` in the file's byte order."""
    return dtype.newbyteorder(order)
