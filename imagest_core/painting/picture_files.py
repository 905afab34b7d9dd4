"""Read and write small image files with OpenCV, encoding and decoding in memory.

OpenCV passes paths as bytes in the system code page, so its file functions fail on Windows for names such
as ``København/修复``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import OutputError, PaintingError
from imagest_core.messages import Message
from imagest_core.painting.atomic import replacing


def read_picture(path: Path, flags: int = cv2.IMREAD_COLOR) -> NDArray[Any]:
    """Return the image in ``path`` as OpenCV decodes it (BGR); raise ``PaintingError`` on failure."""
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise PaintingError(
            Message("{path} can't be read: {reason}.", path=path, reason=error.strerror or error)
        ) from error
    picture = cv2.imdecode(data, flags) if data.size else None
    if picture is None:
        raise PaintingError(
            Message(
                "{path} is damaged or cut short and can't be decoded: get an intact copy of it.",
                path=path.name,
            )
        )
    return np.asarray(picture)


def write_picture(path: Path, picture: NDArray[Any], options: Sequence[int] = ()) -> None:
    """Write ``picture`` (BGR) in the format of the file extension, replacing an existing file.

    ``options`` are OpenCV's. The file is written completely or not at all. Raises ``OutputError``.
    """
    encoded, data = cv2.imencode(path.suffix, np.ascontiguousarray(picture), list(options))
    if not encoded:
        raise OutputError(
            Message(
                "{path} can't be written: it can't be encoded as {suffix}.", path=path, suffix=path.suffix
            )
        )
    with replacing(path, force=True) as temporary:
        temporary.write_bytes(data.tobytes())
