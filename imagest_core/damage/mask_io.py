"""Masks in and out: any one-channel picture of the scan's size becomes a damage map, and back."""

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
from imagest_core.damage.mask_values import Grey, Survey, found_values, rule_for
from imagest_core.errors import MaskError, OutputError, PaintingError
from imagest_core.painting.atomic import replacing
from imagest_core.painting.formats.base import pixel_limit
from imagest_core.painting.geometry import Box
from imagest_core.painting.outputs import check_ordinary

KEPT_BYTES = 128 << 20
"""A mask of which more would have to be kept while it is looked at is decoded twice instead."""
_CELL_BYTES = 300
TIFF_ENDINGS = (".tif", ".tiff")


def read_mask(path: Path | str, size: Size | None = None, label: int = 1) -> DamageMap:
    """The damage in the picture ``path``, as ``label``.

    ``size`` is the scan's (width, height). A mask is any picture of grey pixels, whatever its format,
    type of samples and palette, that is black and white: a picture of 0 and one other value, which is
    damage, or a soft-edged one, of which half of full scale and above is (see
    :mod:`imagest_core.damage.mask_values`). An empty mask, or one that covers everything, is returned
    like any other (see :func:`check_mask_usable`). Read in bands, where the format allows. Raises
    ``MaskError``, with the values found where they aren't clearly black and white.
    """
    path = Path(path)
    check_ordinary(path)
    with _reading(path):
        picture = _opened(path, size)
        try:
            return _damage(picture, label)
        finally:
            picture.close()


def check_mask_usable(damage: DamageMap) -> DamageMap:
    """The map itself; raises ``MaskError`` where there is nothing to fill or nothing to fill it from."""
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
            f"The mask {path.name} is {size[0]} × {size[1]} pixels but the scan is {scan[0]} × {scan[1]}:"
            " they must have the same size."
        )
    if size[0] * size[1] > pixel_limit():
        raise MaskError(
            f"The mask {path.name} declares {size[0]} × {size[1]} pixels, too many to read: raise the limit"
            " on the command line with --max-pixels."
        )


def _opened(path: Path, size: Size | None) -> MaskPicture:
    return open_mask(path, lambda found: check_mask_size(found, size, path))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong into one sentence."""
    try:
        yield
    except MaskError:
        raise
    except PaintingError as error:
        raise MaskError(f"The mask can't be read: {error}") from error
    except FileNotFoundError:
        raise MaskError(f"There is no mask file {path}.") from None
    except Exception as error:  # decoders raise what they like on broken data
        if isinstance(error, OSError) and error.strerror:
            raise MaskError(f"The mask {path.name} can't be read: {error.strerror}.") from error
        raise MaskError(
            f"The mask {path.name} can't be read; it is damaged or of an unknown kind."
        ) from error


def _damage(picture: MaskPicture, label: int) -> DamageMap:
    """The map of an open mask: from what was kept while its values were found, or read once more."""
    kept = _Kept()
    survey = Survey()
    for box, grey in picture.grey_bands():
        for cell, part in _cells(box, grey):
            _survey_cell(survey, kept, cell, part)
        if survey.hopeless:
            break
    rule = rule_for(survey, picture.full_scale, white_is_zero=picture.white_is_zero)
    if rule is None:
        raise _unclear(picture.path, survey)
    made = DamageMap(*picture.size)
    again = ((cell, part) for box, grey in picture.grey_bands() for cell, part in _cells(box, grey))
    for cell, part in again if kept.cells is None else kept.all():
        made.write(cell, rule.damaged(part) * np.uint8(label))
    return made


def _cells(box: Box, grey: Grey) -> Iterator[tuple[Box, Grey]]:
    """The tiles of a map in a band of the mask."""
    for cell in box.tiles(TILE):
        yield cell, grey[cell.moved(-box.x, -box.y).slices]


def _survey_cell(survey: Survey, kept: _Kept, cell: Box, part: Grey) -> None:
    low, high = part.min(), part.max()
    if low == high and np.isfinite(high):
        survey.add_constant(float(high), part.size)
        kept.add(cell, part[:1, :1])
    else:
        survey.add(part)
        kept.add(cell, part)


class _Kept:
    """The tiles of a mask, where they need little memory, so that it is decoded only once."""

    def __init__(self) -> None:
        self.cells: list[tuple[Box, Grey]] | None = []
        self._bytes = 0

    def add(self, cell: Box, part: Grey) -> None:
        """Keep a tile: all of it, or one pixel where it has one value."""
        if self.cells is None:
            return
        self._bytes += part.nbytes + _CELL_BYTES
        if self._bytes > KEPT_BYTES:
            self.cells = None
        else:
            self.cells.append((cell, part.copy()))

    def all(self) -> Iterator[tuple[Box, Grey]]:
        """What was kept, at full size, and no longer kept."""
        while self.cells:
            cell, part = self.cells.pop()
            yield cell, np.broadcast_to(part, (cell.height, cell.width))


def _unclear(path: Path, survey: Survey) -> MaskError:
    if not survey.finite:
        return MaskError(
            f"The mask {path.name} has samples that are no numbers: save it as 8-bit grey, white for damage."
        )
    return MaskError(
        f"The mask {path.name} is not clearly black and white ({found_values(survey)}): save it with 0 for"
        " intact and 255 for damage."
    )


# Writing


def write_mask(
    damage: DamageMap, path: Path | str, *, force: bool = False, inputs: Iterable[Path] = ()
) -> None:
    """Write all damage as an 8-bit grey picture, 255 damaged and 0 intact: PNG or TIFF by the ending.

    The file appears whole or not at all, and replaces another only under ``force``, one of ``inputs``
    never. Raises ``OutputError``.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending != ".png" and ending not in TIFF_ENDINGS:
        raise OutputError(f"A mask is written as .png or .tif, not as '{path.name}'.")
    with replacing(path, force=force, inputs=inputs) as temporary, temporary.open("wb") as file:
        (_write_png if ending == ".png" else _write_tiff)(damage, file)


def _bands(damage: DamageMap) -> Iterator[NDArray[np.uint8]]:
    """The picture as (up to 256, width) uint8 bands of 0 and 255, from the top."""
    for y in range(0, damage.height, TILE):
        band = Box(0, y, damage.width, TILE).within(damage.box)
        yield (damage.read(band) > 0) * np.uint8(255)


def _write_png(damage: DamageMap, file: BinaryIO) -> None:
    """A grey 8-bit PNG (ISO/IEC 15948), band by band."""
    packer = zlib.compressobj(6)
    file.write(PNG_SIGNATURE)
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", damage.width, damage.height, 8, 0, 0, 0, 0))
    for band in _bands(damage):
        unfiltered = np.pad(band, ((0, 0), (1, 0)))
        _chunk(file, b"IDAT", packer.compress(unfiltered.tobytes()))
    _chunk(file, b"IDAT", packer.flush())
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
