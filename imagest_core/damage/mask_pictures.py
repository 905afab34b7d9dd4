"""Images of any format as masks: one channel, read in bands from the top or the left."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import tifffile
from numpy.typing import NDArray

from imagest_core.damage import bmp
from imagest_core.damage.map import TILE
from imagest_core.damage.mask_values import Grey
from imagest_core.errors import MaskError, NotBinaryError
from imagest_core.messages import Message
from imagest_core.painting.formats import open_source
from imagest_core.painting.formats.base import Limits, Samples
from imagest_core.painting.formats.cache import SegmentCache
from imagest_core.painting.formats.file_bytes import FileBytes
from imagest_core.painting.geometry import Box
from imagest_core.painting.orientation import Orientation

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
JPEG2000_SIGNATURES = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
PILLOW = {b"BM": ("BMP", "<ii", 18), b"GIF87a": ("GIF", "<HH", 6), b"GIF89a": ("GIF", "<HH", 6)}
"""Formats read with Pillow by their signature: name, struct format and offset of the size."""
_PILLOW_PIXELS = 80_000_000

_LIMITS = Limits(cache=64 << 20)
_TOLERANCE = 1 / 64
"""Maximum difference between the channels of a grey pixel (share of full scale), as lossy formats produce
it."""
_WHITE_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 2, 3, 6
_OLD_JPEG = 6
_ORIENTATION, _COLOUR_MAP = 274, 320
_ACCOMPANYING = 1 | 4
"""Bits of NewSubfileType: a reduced copy, or a transparency mask."""
_OPAQUE = {1, 2}

Size = tuple[int, int]
Bands = Iterator[tuple[Box, Samples]]
"""Boxes as displayed, 256 pixels high or wide, in order, with their samples (h, w, channels)."""


@dataclass(frozen=True)
class MaskPicture:
    """An open mask.

    Parameters
    ----------
    path
        Image file.
    size
        (width, height) as displayed.
    bands
        Returns the samples in bands; can be called more than once.
    full_scale
        Largest possible sample value, 1 for floating point.
    colours
        1 or 3 channels, or 1 channel of indices into ``palette``; further channels may be opacity.
    alpha
        Whether the first channel after ``colours`` is opacity.
    palette
        (n, 3) uint8 colours, if samples are indices.
    white_is_zero
        Whether 0 is white.
    close
        Releases the file.
    """

    path: Path
    size: Size
    bands: Callable[[], Bands]
    full_scale: float
    colours: int = 1
    alpha: bool = False
    palette: NDArray[np.uint8] | None = None
    white_is_zero: bool = False
    close: Callable[[], None] = lambda: None

    def grey_bands(self) -> Iterator[tuple[Box, Grey]]:
        """Iterate over one-channel (h, w) bands; raise ``MaskError`` for colours or varying opacity."""
        extra: NDArray[Any] | None = None
        for box, samples in self.bands():
            yield box, self._grey(samples)
            if samples.shape[2] > self.colours:
                extra = self._check_extra(samples[..., self.colours :], extra)

    def _check_extra(self, extra: Samples, reference: NDArray[Any] | None) -> NDArray[Any]:
        first: NDArray[Any] = extra[0, 0] if reference is None else reference
        if (extra != first).any() or (self.alpha and first[0] == 0):
            raise NotBinaryError(
                Message(
                    "The mask {path} is partly transparent: flatten it onto black first.", path=self.path.name
                )
            )
        return first

    def _grey(self, samples: Samples) -> Grey:
        if self.palette is not None:
            return self._palette_grey(samples[..., 0])
        if self.colours == 1:
            return _to_opencv_dtype(samples[..., 0])
        colours = samples[..., : self.colours]
        low, high = colours.min(axis=2), colours.max(axis=2)
        lossy = colours.dtype.kind == "f" or self.full_scale in (255, 65535)
        tolerance = self.full_scale * _TOLERANCE if lossy else 0
        if (high.astype(np.float64) - low > tolerance).any():
            self._raise_coloured()
        return _to_opencv_dtype(high)

    def _palette_grey(self, indices: Samples) -> Grey:
        assert self.palette is not None
        used = np.flatnonzero(np.bincount(indices.ravel(), minlength=1))
        if used[-1] >= len(self.palette):
            raise MaskError(
                Message(
                    "The mask {path} can't be read; it is damaged or of an unknown kind.", path=self.path.name
                )
            )
        colours = self.palette[used].astype(int)
        if (np.ptp(colours, axis=1) > 255 * _TOLERANCE).any():
            self._raise_coloured()
        return np.asarray(self.palette.max(axis=1)[indices])

    def _raise_coloured(self) -> NoReturn:
        raise NotBinaryError(
            Message(
                "The mask {path} has colours: save it as one grey channel, white for damage.",
                path=self.path.name,
            )
        )


def open_mask(path: Path, check: Callable[[Size], None]) -> MaskPicture:
    """Open the image ``path`` as a mask after ``check`` of its size; raises ``InputError``."""
    with path.open("rb") as file:
        head = file.read(32)
    if head.startswith(PNG_SIGNATURE):
        return _open_png(path, check)
    if head.startswith(TIFF_SIGNATURES):
        return _open_tiff(path, check)
    if head.startswith(JPEG2000_SIGNATURES):
        return _open_jpeg2000(path, check)
    is_pillow = any(head.startswith(signature) for signature in PILLOW)
    return (_open_pillow if is_pillow else _open_source)(path, check)


def _open_png(path: Path, check: Callable[[Size], None]) -> MaskPicture:
    from imagest_core.painting.formats.png import read_png_header
    from imagest_core.painting.formats.png_rows import PngRows

    head = read_png_header(path)
    orientation = Orientation.of(head.orientation)
    size = orientation.size(head.width, head.height)
    check(size)
    _check_single(path, head.pictures)
    channels = 1 if head.palette is not None else head.channels
    full_scale = 2**head.depth - 1
    if head.interlaced or orientation.code != 1 or head.transparent:
        _check_decoded_size(path, size)
        return _from_array(path, size, orientation.display(_whole_png(path)))

    def bands() -> Bands:
        rows = PngRows(path, head.width, head.height, channels, head.depth)
        for y in range(0, head.height, TILE):
            box = Box(0, y, head.width, min(TILE, head.height - y))
            yield box, rows.read(box.height)

    return MaskPicture(
        path, size, bands, full_scale, 1 if channels < 3 else 3, channels in (2, 4), head.palette
    )


def _whole_png(path: Path) -> Samples:
    """Decode a PNG that is interlaced, rotated or has a transparent colour; palettes become RGB or RGBA."""
    import imagecodecs

    return np.asarray(imagecodecs.png_decode(path.read_bytes()))


def _from_array(path: Path, size: Size, samples: Samples) -> MaskPicture:
    """Return a mask from samples that are already decoded."""
    samples = samples.view(np.uint8) * np.uint8(255) if samples.dtype == np.bool_ else samples
    samples = samples[..., np.newaxis] if samples.ndim == 2 else samples
    channels = samples.shape[2]

    def bands() -> Bands:
        for y in range(0, size[1], TILE):
            box = Box(0, y, size[0], min(TILE, size[1] - y))
            yield box, samples[box.slices]

    full_scale = float(np.iinfo(samples.dtype).max) if samples.dtype.kind in "ui" else 1.0
    return MaskPicture(path, size, bands, full_scale, 1 if channels < 3 else 3, channels in (2, 4))


def _open_tiff(path: Path, check: Callable[[Size], None]) -> MaskPicture:
    from imagest_core.painting.formats.segments import SegmentReader
    from imagest_core.painting.formats.tiff import page_layout, silence_tifffile
    from imagest_core.painting.formats.tiff_facts import tag_number
    from imagest_core.painting.formats.tiff_kind import GREY, is_plain_ycbcr

    silence_tifffile()
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        orientation = Orientation.of(tag_number(page, _ORIENTATION, 1))
        size = orientation.size(page.imagewidth, page.imagelength)
        check(size)
        _check_single(path, 1 + sum(not _accompanies(other) for other in list(file.pages)[1:]))
        kind, bits = page.photometric, page.bitspersample
        supported = (*GREY, _PALETTE, _RGB, _YCBCR)
        if kind not in supported or page.compression == _OLD_JPEG or is_plain_ycbcr(page):
            return _open_source(path, check)
        _check_tiff(path, page)
        layout = page_layout(path, page, _LIMITS)
        palette = _tiff_palette(page.colormap) if kind == _PALETTE else None
        opaque = [value in _OPAQUE for value in page.extrasamples]
        bilevel = bits == 1 and kind in GREY
        alpha = opaque[0] if opaque else kind == _RGB and page.samplesperpixel == 4
    data, cache = FileBytes(path), SegmentCache(_LIMITS.cache)
    segments = SegmentReader(path, layout, data, cache)
    return MaskPicture(
        path,
        size,
        lambda: _oriented_bands(segments.read, orientation, size),
        255 if bilevel else 1.0 if layout.dtype.kind == "f" else _full_scale(layout.dtype, bits),
        1 if kind in (*GREY, _PALETTE) else 3,
        alpha,
        palette,
        kind == _WHITE_IS_ZERO and not bilevel,
        partial(_release, cache, data),
    )


def _release(cache: SegmentCache, data: FileBytes) -> None:
    cache.clear()
    data.close()


def _check_tiff(path: Path, page: tifffile.TiffPage) -> None:
    """Raise ``InputError`` unless the page is intact, two-dimensional, numeric and of a known compression."""
    from imagest_core.painting.formats.tiff_kind import check_compression, check_tags, unreadable_tags

    check_tags(path.name, unreadable_tags(path, page))
    if page.imagedepth > 1:
        raise MaskError(
            Message("The mask {path} is not two-dimensional: save it as one grey channel.", path=path.name)
        )
    is_numeric = page.dtype is not None and np.dtype(page.dtype).kind in "buif"
    if not isinstance(page.bitspersample, int) or not is_numeric:
        raise MaskError(
            Message("The mask {path} has samples of an unknown kind: save it as 8-bit grey.", path=path.name)
        )
    check_compression(path.name, page)


def _accompanies(page: tifffile.TiffPage | tifffile.TiffFrame) -> bool:
    """Return whether the page is declared as a reduced copy or a transparency mask of another one."""
    return bool(page.aspage().subfiletype & _ACCOMPANYING)


def _check_single(path: Path, pictures: int) -> None:
    """Raise ``MaskError`` if the file has several pictures, because only one of them would be used."""
    if pictures > 1:
        raise MaskError(
            Message(
                "The mask {path} has {pictures} pages: save the one that marks the damage as a file of its "
                "own.",
                path=path.name,
                pictures=pictures,
            )
        )


def _full_scale(dtype: np.dtype[Any], bits: int) -> float:
    return float(2 ** (bits - (dtype.kind == "i")) - 1)


def _tiff_palette(colours: NDArray[np.uint16] | None) -> NDArray[np.uint8]:
    """Return (n, 3) uint8 from a TIFF colour map, which some writers fill with 8-bit values."""
    if colours is None:
        raise ValueError("a palette image without a palette")
    table = np.asarray(colours).T
    return np.asarray(table if table.max() < 256 else table >> 8).astype(np.uint8)


def _open_source(path: Path, check: Callable[[Size], None]) -> MaskPicture:
    """Open an image of a format that is also used for scans."""
    source = open_source(path, 0, _LIMITS)
    facts = source.facts
    orientation = Orientation.of(facts.orientation)
    size = orientation.size(facts.width, facts.height)
    check(size)
    colours = facts.channels - len(facts.extras)
    return MaskPicture(
        path,
        size,
        lambda: _oriented_bands(source.read, orientation, size),
        float(2**facts.depth - 1),
        colours,
        facts.alpha is not None,
        white_is_zero=facts.white_is_zero,
        close=source.close,
    )


def _open_jpeg2000(path: Path, check: Callable[[Size], None]) -> MaskPicture:
    """Open a JPEG 2000 file of any bit depth; a palette becomes RGB."""
    import imagecodecs

    from imagest_core.painting.formats.jpeg2000 import jpeg2000_size

    width, height, bits = jpeg2000_size(path)
    check((width, height))
    _check_decoded_size(path, (width, height))
    samples = np.asarray(imagecodecs.jpeg2k_decode(path.read_bytes(), planar=False))
    return replace(_from_array(path, (width, height), samples), full_scale=float(2**bits - 1))


def _open_pillow(path: Path, check: Callable[[Size], None]) -> MaskPicture:
    from PIL import Image

    with path.open("rb") as file:
        head = file.read(32)
    kind, size_format, offset = next(entry for start, entry in PILLOW.items() if head.startswith(start))
    if kind == "BMP" and head[14:18] == bmp.SHORT_HEADER:
        size_format = "<HH"
    width, height = (abs(side) for side in struct.unpack_from(size_format, head, offset))
    check((width, height))
    if width * height > _PILLOW_PIXELS:
        raise _too_large(path)
    if kind == "BMP" and bmp.has_palette(head):
        return _from_array(path, (width, height), bmp.read_palette_picture(path))
    with Image.open(path, formats=[kind]) as picture:
        _check_single(path, getattr(picture, "n_frames", 1))
        colours = "RGBA" if "transparency" in picture.info else "RGB"
        samples = np.asarray(picture.convert(colours) if picture.mode == "P" else picture)
    return _from_array(path, (width, height), samples)


def _check_decoded_size(path: Path, size: Size) -> None:
    if size[0] * size[1] * 8 > _LIMITS.at_once:
        raise _too_large(path)


def _too_large(path: Path) -> MaskError:
    return MaskError(
        Message(
            "The mask {path} is too large to be decoded at once: save it as a TIFF, or as a PNG that is "
            "upright and not interlaced.",
            path=path.name,
        )
    )


def _oriented_bands(read: Callable[[Box], Samples], orientation: Orientation, size: Size) -> Bands:
    """Iterate over bands along the stored rows, as displayed."""
    width, height = size
    frame = Box(0, 0, width, height)
    for start in range(0, width if orientation.swaps else height, TILE):
        whole = Box(start, 0, TILE, height) if orientation.swaps else Box(0, start, width, TILE)
        box = whole.within(frame)
        yield box, orientation.display(read(orientation.stored_box(box, width, height)))


def _to_opencv_dtype(grey: Samples) -> Grey:
    """Convert samples to uint8, uint16, float32 or float64, the types OpenCV supports, keeping the values."""
    if grey.dtype == np.bool_:
        return grey.view(np.uint8)
    if grey.dtype in (np.uint8, np.uint16, np.float32, np.float64):
        return grey
    return grey.astype(np.float32 if grey.dtype.itemsize < 4 else np.float64)
