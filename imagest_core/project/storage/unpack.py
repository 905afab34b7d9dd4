"""Unpacking what a project file holds, never more of it than there can be."""

from __future__ import annotations

import zlib

from imagest_core.errors import ProjectError

_UNREADABLE = (
    "A packed part of the project is damaged or larger than it may be: `imagest project rescue` reads what"
    " can be read into a new file."
)

UNSOUND = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    zlib.error,
)
"""What reading a damaged row may raise."""

LARGEST_NUMBER = 2**62
"""Counters and numbers of rows are below this."""

LARGEST_SIDE = 2**31 - 1
"""No place in a picture lies beyond this."""

LARGEST_TEXT = 1 << 27
"""Bytes that a record, or the decisions of one gesture, may have once unpacked."""


def decompressed(blob: bytes, limit: int, *, exact: bool = False) -> bytes:
    """What zlib has packed into ``blob``, at most (or exactly) ``limit`` bytes.

    No more than that is ever unpacked. Raises ``ProjectError`` where it is damaged or of another size.
    """
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(blob, limit + 1)
    except (zlib.error, TypeError, ValueError, OverflowError) as error:
        raise ProjectError(_UNREADABLE) from error
    if len(content) > limit or (exact and len(content) != limit):
        raise ProjectError(_UNREADABLE)
    if not unpacker.eof or unpacker.unused_data:
        raise ProjectError(_UNREADABLE)
    return content
