"""Masks in and out: any one-channel picture of the scan's size becomes a damage map, and back."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, DamageMap, Mask
from imagest_core.errors import MaskError, OutputError, PaintingError
from imagest_core.painting.atomic import replacing
from imagest_core.painting.geometry import Box
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.outputs import check_ordinary
from imagest_core.painting.sources.base import pixel_limit

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
TIFF_ENDINGS = (".tif", ".tiff")
WHITE_IS_ZERO = 0
ORIENTATION_TAG = 274
FLOAT_WHITE = 1.0

Size = tuple[int, int]


def read_mask(path: Path | str, size: Size | None = None, label: int = 1) -> DamageMap:
    """The damage in the picture ``path``, as ``label``: at or above half of full scale is damaged.

    ``size`` is the scan's (width, height). Grey pictures of any depth, from 1 bit up, and RGB ones
    whose channels are equal are masks. An empty mask, or one that covers everything, is returned
    like any other (see :func:`check_mask_usable`). Raises ``MaskError``.
    """
    path = Path(path)
    check_ordinary(path)
    samples = _read_samples(path, size)
    return DamageMap.from_mask(_thresholded(_one_channel(samples, path)), label)


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


def _read_samples(path: Path, size: Size | None) -> NDArray:
    try:
        with path.open("rb") as file:
            head = file.read(24)
        return _reader(head)(path, size)
    except MaskError:
        raise
    except PaintingError as error:
        raise MaskError(f"The mask can't be read: {error}") from error
    except FileNotFoundError:
        raise MaskError(f"There is no mask file {path}.") from None
    except OSError as error:
        raise MaskError(f"The mask {path.name} can't be read: {error.strerror or error}.") from error
    except Exception as error:  # decoders raise what they like on broken data
        raise MaskError(
            f"The mask {path.name} can't be read; it is damaged or of an unknown kind."
        ) from error


def _reader(head: bytes) -> Callable[[Path, Size | None], NDArray]:
    if head.startswith(PNG_SIGNATURE):
        return _read_png
    return _read_tiff if head.startswith(TIFF_SIGNATURES) else _read_other


def _read_png(path: Path, size: Size | None) -> NDArray:
    import imagecodecs

    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    check_mask_size((width, height), size, path)
    return np.asarray(imagecodecs.png_decode(data))


def _read_tiff(path: Path, size: Size | None) -> NDArray:
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        tag = page.tags.get(ORIENTATION_TAG)
        orientation = Orientation.of(tag.value if tag else 1)
        check_mask_size(orientation.size(page.imagewidth, page.imagelength), size, path)
        samples = page.asarray()
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and samples.ndim == 3:
            samples = np.moveaxis(samples, 0, -1)
        samples = orientation.display(samples)
        return _inverted(samples) if page.photometric == WHITE_IS_ZERO else samples


def _read_other(path: Path, size: Size | None) -> NDArray:
    from imagest_core.painting.painting import open_painting

    with open_painting(path) as picture:
        check_mask_size((picture.width, picture.height), size, path)
        return picture.read()


def _full_scale(samples: NDArray) -> float:
    if samples.dtype == np.bool_ or samples.dtype.kind == "f":
        return FLOAT_WHITE
    return float(np.iinfo(samples.dtype).max)


def _inverted(samples: NDArray) -> NDArray:
    return ~samples if samples.dtype == np.bool_ else samples.dtype.type(_full_scale(samples)) - samples


def _one_channel(samples: NDArray, path: Path) -> NDArray:
    """(h, w) of samples of one channel, or of equal colour channels under full opacity."""
    if samples.ndim == 2:
        return samples
    if samples.ndim != 3:
        raise MaskError(f"The mask {path.name} is no flat picture: save it as one grey channel.")
    colours = samples.shape[2] - (samples.shape[2] in (2, 4))
    if colours < samples.shape[2] and (samples[..., -1] != _full_scale(samples)).any():
        raise MaskError(f"The mask {path.name} is partly transparent: flatten it onto black first.")
    first = samples[..., 0]
    if any((samples[..., other] != first).any() for other in range(1, colours)):
        raise MaskError(f"The mask {path.name} has colours: save it as one grey channel, white for damage.")
    return first


def _thresholded(samples: NDArray) -> Mask:
    if samples.dtype == np.bool_:
        return samples
    return np.asarray(samples >= np.float64(_full_scale(samples) / 2))


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
