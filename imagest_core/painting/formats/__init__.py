"""File formats, one module each, selected by a file's first bytes."""

from __future__ import annotations

from pathlib import Path

from imagest_core.errors import PaintingError
from imagest_core.messages import Message
from imagest_core.painting.formats import jpeg, jpeg2000, png, webp
from imagest_core.painting.formats.base import ImageSource, Limits
from imagest_core.painting.formats.unsupported import HEAD, unsupported_message

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_KNOWN = "TIFF, PNG, JPEG, WebP and JPEG 2000"


def open_source(path: Path, page: int, limits: Limits) -> ImageSource:
    """Open the file in the format of its first bytes; raise ``PaintingError`` on failure."""
    head = _head(path)
    unsupported = unsupported_message(path.name, head)
    if unsupported is not None:
        raise PaintingError(unsupported)
    if head[:4] in _TIFF:
        from imagest_core.painting.formats.tiff import TiffSource

        return TiffSource(path, page, limits)
    if page != 0:
        raise PaintingError(
            Message("{path} has one page, number 0: there is no page {page}.", path=path.name, page=page)
        )
    if head.startswith(png.SIGNATURE):
        return png.open_png(path, limits)
    if head.startswith(jpeg.SIGNATURE):
        return jpeg.open_jpeg(path, limits)
    if webp.is_webp(head):
        return webp.open_webp(path, limits)
    if head.startswith(jpeg2000.SIGNATURES):
        return jpeg2000.open_jpeg2000(path, limits)
    raise PaintingError(
        Message(
            "{path} is not in a supported picture format: open {known} files.", path=path.name, known=_KNOWN
        )
    )


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise PaintingError(Message("{path} is a folder: name the picture in it.", path=path))
    if path.exists() and not path.is_file():
        raise PaintingError(Message("{path} is not a regular file: name a picture.", path=path))
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        raise PaintingError(Message("{path} doesn't exist: check the name.", path=path)) from None
    except PermissionError:
        raise PaintingError(
            Message("{path} can't be read: ask for permission to read it.", path=path)
        ) from None
    except (OSError, ValueError) as error:
        raise PaintingError(
            Message(
                "{path} can't be read: {reason}.", path=path, reason=getattr(error, "strerror", None) or error
            )
        ) from error
    if not head:
        raise PaintingError(Message("{path} is empty: get an intact copy of it.", path=path.name))
    return head
