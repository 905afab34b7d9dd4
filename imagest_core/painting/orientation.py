"""The eight orientations of TIFF and EXIF (tag 274): how stored rows are displayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from imagest_core.painting.geometry import Box

Scalar = TypeVar("Scalar", bound=np.generic)

# Code: (swap rows and columns, then flip vertically, then flip horizontally).
_STEPS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


@dataclass(frozen=True)
class Orientation:
    """An orientation code, 1–8; 1 is upright."""

    code: int = 1

    @classmethod
    def of(cls, value: object) -> Orientation:
        """Return the orientation that a file declares; upright for values other than 1–8."""
        return cls(value) if isinstance(value, int) and value in _STEPS else cls(1)

    @property
    def swaps(self) -> bool:
        """Whether width and height are swapped."""
        return _STEPS[self.code][0]

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the displayed size of an image stored as (width, height), or the reverse."""
        return (height, width) if self.swaps else (width, height)

    def display(self, stored: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return a view of stored samples (rows, columns, …) as displayed."""
        swap, flipped, mirrored = _STEPS[self.code]
        picture = stored.swapaxes(0, 1) if swap else stored
        picture = picture[::-1] if flipped else picture
        return picture[:, ::-1] if mirrored else picture

    def store(self, displayed: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return a view of displayed samples (rows, columns, …) as stored."""
        swap, flipped, mirrored = _STEPS[self.code]
        picture = displayed[:, ::-1] if mirrored else displayed
        picture = picture[::-1] if flipped else picture
        return picture.swapaxes(0, 1) if swap else picture

    def stored_box(self, box: Box, width: int, height: int) -> Box:
        """Map ``box`` of an image displayed as (width, height) to stored rows and columns."""
        swap, flipped, mirrored = _STEPS[self.code]
        x = width - box.right if mirrored else box.x
        y = height - box.bottom if flipped else box.y
        return Box(y, x, box.height, box.width) if swap else Box(x, y, box.width, box.height)

    def displayed_box(self, box: Box, width: int, height: int) -> Box:
        """Map the stored ``box`` to the image displayed as (width, height)."""
        swap, flipped, mirrored = _STEPS[self.code]
        turned = Box(box.y, box.x, box.height, box.width) if swap else box
        x = width - turned.right if mirrored else turned.x
        y = height - turned.bottom if flipped else turned.y
        return turned._replace(x=x, y=y)
