"""A second picture of the same work, registered with the scan: infrared, X-ray, an older photograph."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image
from imagest_core.damage.detection.alignment import Point, align, aligned_clean
from imagest_core.damage.detection.difference import LUMA
from imagest_core.damage.detection.registration import Alignment
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

PATCHES = 8
"""Number of patches along each side on which the residual is measured."""
SIDES = (48, 256)
"""Smallest and largest side (px) of a patch."""
MIN_RESPONSE, MIN_PATCHES = 0.08, 3
LARGEST_RESIDUAL = 8.0
"""RMS (px) from which a registration is refused."""


@dataclass(frozen=True, eq=False)
class RegisteredPicture:
    """A picture of the same work in the geometry of the scan.

    Parameters
    ----------
    picture
        The picture; its size, depth and number of channels may differ from the scan's.
    alignment
        Its alignment with the scan.
    residual
        Root mean square of the remaining shifts (px of the scan), None if they can't be measured.
    """

    picture: Painting
    alignment: Alignment
    residual: float | None = None

    def read(self, box: Box, level: int = 0) -> Image:
        """Return working colour (h, w, 3) of a native ``box`` of the scan, reduced; NaN outside."""
        return aligned_clean(self.picture, self.alignment, box, level)

    def lightness(self, box: Box, level: int = 0) -> Image:
        """Return the lightness (h, w) in 0–1 of a native ``box`` of the scan, 0 outside the picture."""
        rgb = np.nan_to_num(self.read(box, level), nan=0.0)
        lab = cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB)
        return np.asarray(lab[..., 0] / np.float32(100))


def register_picture(
    picture: Painting, scan: Painting, progress: Progress | None = None
) -> RegisteredPicture:
    """Register ``picture`` with ``scan``; a picture with inverted tones, as of X-rays, is recognised.

    Raises ``MaskError`` if the registration is not reliable, and ``Cancelled``.
    """
    progress = progress or Progress()
    alignment = _align(picture, scan, progress)
    shifts = _shifts(picture, scan, alignment, progress.part(0.8, 1.0))
    residual = math.sqrt(float(np.mean(np.sum(np.square(shifts), axis=1)))) if shifts else None
    if residual is not None and residual > LARGEST_RESIDUAL:
        raise MaskError(
            Message(
                "{file} can't be registered with the scan, as details are off by {residual} px: choose a "
                "picture taken from the front, or align it first.",
                file=picture.path.name,
                residual=f"{residual:.1f}",
            )
        )
    progress.set(1.0)
    return RegisteredPicture(picture, alignment, residual)


def _align(picture: Painting, scan: Painting, progress: Progress) -> Alignment:
    for start, attempt in ((0.0, picture), (0.4, _Negative(picture))):
        try:
            return align(attempt, scan, progress.part(start, start + 0.4, "aligning"))
        except MaskError:
            continue
    raise MaskError(
        Message(
            "{file} can't be registered with the scan, since too few details match: choose a picture of the "
            "same side of the work that shows most of it, or align it first.",
            file=picture.path.name,
        )
    )


class _Negative(Painting):
    """A picture with inverted tones."""

    def __init__(self, picture: Painting) -> None:
        self.__dict__.update(vars(picture))
        self._picture = picture

    def read_working(self, box: Box | None = None, level: int = 0) -> NDArray[np.float32]:
        """Read working colour with inverted tones."""
        return np.asarray(1 - self._picture.read_working(box, level), np.float32)


def _shifts(picture: Painting, scan: Painting, alignment: Alignment, progress: Progress) -> list[Point]:
    """Measure the remaining shift (x, y) in px of patches whose edges match."""
    shortest = min(scan.width, scan.height)
    side = min(max(shortest // PATCHES, SIDES[0]), SIDES[1])
    if shortest < side:
        return []
    window = cv2.createHanningWindow((side, side), cv2.CV_32F)
    shifts = []
    for box in progress.steps(_patches(scan.box, side)):
        first = _edges(aligned_clean(picture, alignment, box))
        second = _edges(scan.read_working(box))
        if not np.isfinite(first).all() or min(first.std(), second.std()) < 1e-4:
            continue
        (dx, dy), response = cv2.phaseCorrelate(first - first.mean(), second - second.mean(), window)
        if response >= MIN_RESPONSE and max(abs(dx), abs(dy)) < side / 4:
            shifts.append((float(dx), float(dy)))
    return shifts if len(shifts) >= MIN_PATCHES else []


def _patches(box: Box, side: int) -> list[Box]:
    columns = np.unique(np.linspace(0, box.width - side, PATCHES).astype(int))
    rows = np.unique(np.linspace(0, box.height - side, PATCHES).astype(int))
    return [Box(int(x), int(y), side, side) for y in rows for x in columns]


def _edges(rgb: Image) -> Image:
    """Return the gradient magnitude (h, w), which doesn't depend on the sign of contrasts."""
    grey = cv2.GaussianBlur(np.asarray(rgb @ LUMA, np.float32), (0, 0), 1.0)
    return np.asarray(cv2.magnitude(cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1)), np.float32)
