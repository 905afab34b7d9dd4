"""Sessions of engines that need no model: one function from a picture and its mask to the fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.progress import Progress
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.planning.window import WindowView
from imagest_core.restoration.request import RestorationRequest

Solve = Callable[[NDArray[np.float32], NDArray[np.bool_]], NDArray[np.float32]]
"""(h, w, 3) float32 with 0 under the mask and (h, w) bool → (h, w, 3) float32."""


class PlainEngine:
    """What engines have in common that nothing can be asked of."""

    def heeds(self, request: RestorationRequest) -> frozenset[str]:
        """No field of the request: there is one way to fill."""
        return frozenset()

    def warm(self, progress: Progress) -> None:
        """Nothing has to be imported beforehand."""


class PlainSession:
    """Fills window by window with ``solve``; ``facts`` go to the record."""

    def __init__(self, solve: Solve, facts: Mapping[str, str | int | float]) -> None:
        self._solve, self.facts = solve, facts

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        """Fill each of ``views``; raises ``Cancelled`` between two of them."""
        return [WindowFill(self._one(view.begun, view.hole)) for view in progress.steps(views)]

    def _one(self, image: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float32]:
        return np.where(hole[..., None], self._solve(image, hole), image) if hole.any() else image

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


RADIUS = 5
"""The neighbourhood of OpenCV's fills, in pixels."""
EIGHT_BIT = "OpenCV fills 8-bit pictures only: colours are clipped to sRGB and rounded to 1/255."


def opencv_fill(image: NDArray[np.float32], mask: NDArray[np.bool_], method: int) -> NDArray[np.float32]:
    """``cv2.inpaint`` on 8 bits: its float and 16-bit paths can't be trusted."""
    rounded = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    filled = cv2.inpaint(rounded, mask.astype(np.uint8), RADIUS, method)
    return np.asarray(filled, np.float32) / np.float32(255)
