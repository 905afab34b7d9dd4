"""Bounded decompression of the content of a project file."""

from __future__ import annotations

import zlib

from imagest_core.errors import ProjectError
from imagest_core.messages import Message

_DAMAGED = Message(
    "A packed part of the project is damaged or larger than it may be: `imagest project "
    "rescue` reads what can be read into a new file."
)

INVALID_DATA = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    zlib.error,
)
"""Exceptions that reading a damaged row may raise."""

LARGEST_NUMBER = 2**62
"""Limit of counters and row numbers."""

LARGEST_SIDE = 2**31 - 1
"""Limit of coordinates in an image."""

LARGEST_TEXT = 1 << 27
"""Maximum size in bytes of a decompressed record or of the decisions of one gesture."""


def decompressed(blob: bytes, limit: int, *, exact: bool = False) -> bytes:
    """Decompress ``blob`` with zlib to at most (or exactly) ``limit`` bytes.

    Raises ``ProjectError`` if it is damaged or larger; no more than ``limit`` is ever decompressed.
    """
    try:
        decompressor = zlib.decompressobj()
        content = decompressor.decompress(blob, limit + 1)
    except (zlib.error, TypeError, ValueError, OverflowError) as error:
        raise ProjectError(_DAMAGED) from error
    if len(content) > limit or (exact and len(content) != limit):
        raise ProjectError(_DAMAGED)
    if not decompressor.eof or decompressor.unused_data:
        raise ProjectError(_DAMAGED)
    return content
