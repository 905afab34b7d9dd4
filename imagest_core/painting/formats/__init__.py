"""File formats: one module each, and the choice between them by a file's first bytes."""

from __future__ import annotations

from pathlib import Path

from imagest_core.errors import PaintingError
from imagest_core.painting.formats import jpeg, jpeg2000, png, webp
from imagest_core.painting.formats.base import Limits, Source
from imagest_core.painting.formats.unsupported import HEAD, what_to_do

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_KNOWN = "TIFF, PNG, JPEG, WebP and JPEG 2000"


def open_source(path: Path, page: int, limits: Limits) -> Source:
    """The file as what its first bytes say it is; raises ``PaintingError``."""
    head = _head(path)
    known = what_to_do(path.name, head)
    if known is not None:
        raise PaintingError(known)
    if head[:4] in _TIFF:
        from imagest_core.painting.formats.tiff import TiffSource

        return TiffSource(path, page, limits)
    if page != 0:
        raise PaintingError(f"{path.name} has one page, number 0: there is no page {page}.")
    if head.startswith(png.SIGNATURE):
        return png.open_png(path, limits)
    if head.startswith(jpeg.SIGNATURE):
        return jpeg.open_jpeg(path, limits)
    if webp.is_webp(head):
        return webp.open_webp(path, limits)
    if head.startswith(jpeg2000.SIGNATURES):
        return jpeg2000.open_jpeg2000(path, limits)
    raise PaintingError(f"{path.name} is no picture this program knows: open {_KNOWN} files.")


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise PaintingError(f"{path} is a folder: name the picture in it.")
    if path.exists() and not path.is_file():
        raise PaintingError(f"{path} is no ordinary file: name a picture.")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        raise PaintingError(f"{path} doesn't exist: check the name.") from None
    except PermissionError:
        raise PaintingError(f"{path} can't be read: ask for permission to read it.") from None
    except (OSError, ValueError) as error:
        raise PaintingError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}.") from error
    if not head:
        raise PaintingError(f"{path.name} is empty: get an intact copy of it.")
    return head
