"""Reading a one-channel image of the scan's size as a damage map, and writing one."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap
from imagest_core.damage.mask_pictures import PNG_SIGNATURE, MaskPicture, Size, open_mask
from imagest_core.damage.mask_values import Grey, ValueCounts, find_rule, format_values
from imagest_core.errors import MaskError, NotBinaryError, OutputError, PaintingError
from imagest_core.messages import Message
from imagest_core.painting.atomic import replacing
from imagest_core.painting.background import ahead
from imagest_core.painting.formats.base import pixel_limit
from imagest_core.painting.geometry import Box
from imagest_core.painting.outputs import check_regular_file

BUFFER_BYTES = 128 << 20
"""Memory limit for tiles kept while the values of a mask are counted; larger masks are decoded twice."""
_TILE_OVERHEAD = 300
TIFF_ENDINGS = (".tif", ".tiff")


def read_mask(path: Path | str, size: Size | None = None, label: int = 1) -> DamageMap:
    """Read the damage in the image ``path`` as class ``label``.

    A mask is any grey image that is black and white, whatever its format, sample type and palette: an image
    of 0 and one other value, which is damage, or a soft-edged one, thresholded at half of full scale (see
    :mod:`imagest_core.damage.mask_values`). Empty masks and masks that cover everything are accepted (see
    :func:`check_mask_usable`). Images are read in bands if the format allows it.

    Parameters
    ----------
    path
        Image file.
    size
        Size (width, height) of the scan that the mask must have.
    label
        Class label of the damage.

    Raises
    ------
    MaskError
        If the file can't be read, has another size, or isn't clearly black and white. The sentence lists the
        values of the mask.
    """
    path = Path(path)
    check_regular_file(path)
    with as_mask_error(path):
        picture = open_sized_mask(path, size)
        try:
            return _to_damage_map(picture, label)
        finally:
            picture.close()


def check_mask_usable(damage: DamageMap) -> DamageMap:
    """Return the map; raise ``MaskError`` if it is empty or leaves nothing intact."""
    damaged = damage.count()
    if damaged == 0:
        raise MaskError("The mask is empty: mark some damage (white on black) first.")
    if damaged == damage.width * damage.height:
        raise MaskError(
            "The mask covers the whole picture and leaves nothing intact: white must be the damage."
        )
    return damage


def check_mask_size(size: Size, scan: Size | None, path: Path) -> None:
    """Raise ``MaskError`` unless a mask of ``size`` (width, height) fits the ``scan``'s size."""
    if scan is not None and size != tuple(scan):
        raise MaskError(
            Message(
                "The mask {path} is {width} × {height} pixels but the scan is {scan_width} × {scan_height}: "
                "they must have the same size.",
                path=path.name,
                width=size[0],
                height=size[1],
                scan_width=scan[0],
                scan_height=scan[1],
            )
        )
    if size[0] * size[1] > pixel_limit():
        raise MaskError(
            Message(
                "The mask {path} declares {width} × {height} pixels, too many to read: raise the limit "
                "on the command line with --max-pixels.",
                path=path.name,
                width=size[0],
                height=size[1],
            )
        )


def open_sized_mask(path: Path, size: Size | None) -> MaskPicture:
    """Open the image ``path``, which must have ``size``, as a mask."""
    return open_mask(path, lambda declared: check_mask_size(declared, size, path))


@contextmanager
def as_mask_error(path: Path) -> Iterator[None]:
    """Convert any error into a ``MaskError`` with one sentence."""
    try:
        yield
    except MaskError:
        raise
    except PaintingError as error:
        raise MaskError(Message("The mask can't be read: {reason}", reason=error)) from error
    except FileNotFoundError:
        raise MaskError(Message("There is no mask file {path}.", path=path)) from None
    except Exception as error:  # decoders raise what they like on broken data
        if isinstance(error, OSError) and error.strerror:
            raise MaskError(
                Message("The mask {path} can't be read: {reason}.", path=path.name, reason=error.strerror)
            ) from error
        raise MaskError(
            Message("The mask {path} can't be read; it is damaged or of an unknown kind.", path=path.name)
        ) from error


def _to_damage_map(picture: MaskPicture, label: int) -> DamageMap:
    """Convert an open mask to a map, decoding it once if its tiles fit the buffer, else twice."""
    buffer = _TileBuffer()
    counts = ValueCounts()
    for box, grey in ahead(picture.grey_bands()):
        _count_band(counts, buffer, box, grey)
        if counts.ambiguous:
            break
    rule = find_rule(counts, picture.full_scale, white_is_zero=picture.white_is_zero)
    if rule is None:
        raise _ambiguous_error(picture.path, counts)
    damage = DamageMap(*picture.size)
    decoded = (pair for box, grey in ahead(picture.grey_bands()) for pair in _split_tiles(box, grey))
    for tile, part in decoded if buffer.tiles is None else buffer.drain():
        damaged = rule.damaged(part)
        if damaged.any():
            damage.write(tile, np.broadcast_to(damaged * np.uint8(label), (tile.height, tile.width)))
    return damage


def _split_tiles(box: Box, grey: Grey) -> Iterator[tuple[Box, Grey]]:
    """Split a band of the mask into tiles of the map."""
    for tile in box.tiles(TILE):
        yield tile, grey[tile.moved(-box.x, -box.y).slices]


def _count_band(counts: ValueCounts, buffer: _TileBuffer, box: Box, band: Grey) -> None:
    """Count the pixels of a band and keep its tiles; those of a uniform band aren't looked at singly."""
    uniform = _is_uniform(band)
    for tile, part in _split_tiles(box, band):
        if uniform or _is_uniform(part):
            counts.add_constant(float(part[0, 0]), part.size)
            buffer.add(tile, part[:1, :1])
        else:
            counts.add(part)
            buffer.add(tile, part)


def _is_uniform(grey: Grey) -> bool:
    low, high = grey.min(), grey.max()
    return bool(low == high and np.isfinite(high))


class _TileBuffer:
    """Tiles of a mask kept within a memory limit, so that most masks are decoded only once."""

    def __init__(self) -> None:
        self.tiles: list[tuple[Box, Grey]] | None = []
        self._bytes = 0

    def add(self, box: Box, part: Grey) -> None:
        """Keep a tile: one pixel if it has a single value, else all of it."""
        if self.tiles is None:
            return
        self._bytes += part.nbytes + _TILE_OVERHEAD
        if self._bytes > BUFFER_BYTES:
            self.tiles = None
        else:
            self.tiles.append((box, part.copy()))

    def drain(self) -> Iterator[tuple[Box, Grey]]:
        """Iterate over the kept tiles, releasing each; tiles with a single value as one pixel."""
        while self.tiles:
            yield self.tiles.pop()


def _ambiguous_error(path: Path, counts: ValueCounts) -> MaskError:
    if not counts.finite:
        return MaskError(
            Message(
                "The mask {path} has samples that are not numbers: save it as 8-bit grey, white for damage.",
                path=path.name,
            )
        )
    return NotBinaryError(
        Message(
            "The mask {path} is not clearly black and white ({values}): save it with 0 "
            "for intact and 255 for damage.",
            path=path.name,
            values=format_values(counts),
        )
    )


# Writing


def write_mask(
    damage: DamageMap, path: Path | str, *, force: bool = False, inputs: Iterable[Path] = ()
) -> None:
    """Write all damage as an 8-bit grey image, 255 damaged and 0 intact; PNG or TIFF by the extension.

    Protected pixels are no damage and stay 0.

    The file is written atomically. An existing file is replaced only with ``force``, and a file of ``inputs``
    never. Raises ``OutputError``.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending != ".png" and ending not in TIFF_ENDINGS:
        raise OutputError(Message("A mask is written as .png or .tif, not as '{path}'.", path=path.name))
    with replacing(path, force=force, inputs=inputs) as temporary, temporary.open("wb") as file:
        (_write_png if ending == ".png" else _write_tiff)(damage, file)


def write_class_mask(
    damage: DamageMap, path: Path | str, *, force: bool = False, inputs: Iterable[Path] = ()
) -> None:
    """Write damage of several classes as an indexed PNG: the index of a pixel is its label.

    Written as by :func:`write_mask`; raises ``OutputError``, also for another ending than .png.
    """
    path = Path(path)
    check_class_mask(path)
    palette = np.arange(256, dtype=np.uint8).repeat(3).reshape(256, 3)
    for item in damage.classes:
        palette[item.label] = np.frombuffer(bytes.fromhex(item.colour[1:]), np.uint8)
    with replacing(path, force=force, inputs=inputs) as temporary, temporary.open("wb") as file:
        _write_png(damage, file, palette)


def check_class_mask(path: Path) -> None:
    """Raise ``OutputError`` unless a mask of several classes can have this name."""
    if path.suffix.lower() != ".png":
        raise OutputError(
            Message("A mask of several classes is written as .png, not as '{path}'.", path=path.name)
        )


def _bands(damage: DamageMap) -> Iterator[NDArray[np.uint8]]:
    """Iterate over the image from the top as (up to 256, width) uint8 bands of 0 and 255."""
    for y in range(0, damage.height, TILE):
        labels = damage.read(Box(0, y, damage.width, TILE).within(damage.box))
        yield ((labels > 0) & ~damage.protected_labels()[labels]) * np.uint8(255)


def _labels(damage: DamageMap) -> Iterator[NDArray[np.uint8]]:
    """Iterate over the image from the top as (up to 256, width) bands of labels."""
    for y in range(0, damage.height, TILE):
        yield damage.read(Box(0, y, damage.width, TILE).within(damage.box))


def _write_png(damage: DamageMap, file: BinaryIO, palette: NDArray[np.uint8] | None = None) -> None:
    """Write an 8-bit PNG (ISO/IEC 15948) band by band: grey, or labels with a palette."""
    compressor = zlib.compressobj(6)
    file.write(PNG_SIGNATURE)
    kind = 0 if palette is None else 3
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", damage.width, damage.height, 8, kind, 0, 0, 0))
    if palette is not None:
        _chunk(file, b"PLTE", palette.tobytes())
    for band in _bands(damage) if palette is None else _labels(damage):
        unfiltered = np.pad(band, ((0, 0), (1, 0)))
        _chunk(file, b"IDAT", compressor.compress(unfiltered.tobytes()))
    _chunk(file, b"IDAT", compressor.flush())
    _chunk(file, b"IEND", b"")


def _chunk(file: BinaryIO, kind: bytes, data: bytes) -> None:
    if data or kind != b"IDAT":
        file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


def _write_tiff(damage: DamageMap, file: BinaryIO) -> None:
    strips = (zlib.compress(band.tobytes(), 6) for band in _bands(damage))
    tifffile.imwrite(
        file,
        strips,
        shape=(damage.height, damage.width),
        dtype=np.uint8,
        photometric="minisblack",
        compression="zlib",
        rowsperstrip=TILE,
        metadata=None,
    )
