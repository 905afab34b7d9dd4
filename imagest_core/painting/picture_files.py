"""Small picture files through OpenCV, encoded and decoded in memory.

OpenCV passes paths on as bytes of the system's code page, so on Windows its own functions fail for
names like ``København/修复``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.errors import OutputError, PaintingError
from imagest_core.painting.atomic import replacing


def read_picture(path: Path, flags: int = cv2.IMREAD_COLOR) -> NDArray[Any]:
    """The picture in ``path`` as OpenCV decodes it (blue, green, red); raises ``PaintingError``."""
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise PaintingError(f"{path} can't be read: {error.strerror or error}.") from error
    picture = cv2.imdecode(data, flags) if data.size else None
    if picture is None:
        raise PaintingError(
            f"{path.name} is damaged or cut short and can't be decoded: get an intact copy of it."
        )
    return np.asarray(picture)


def write_picture(path: Path, picture: NDArray[Any], options: Sequence[int] = ()) -> None:
    """Write ``picture`` (blue, green, red) in the format of the ending, replacing an older file.

    ``options`` are OpenCV's. The file appears whole or not at all. Raises ``OutputError``.
    """
    encoded, data = cv2.imencode(path.suffix, np.ascontiguousarray(picture), list(options))
    if not encoded:
        raise OutputError(f"{path} can't be written: it can't be encoded as {path.suffix}.")
    with replacing(path, force=True) as temporary:
        temporary.write_bytes(data.tobytes())
