"""Telea's fast marching (J. Graphics Tools 9, 2004)."""

from __future__ import annotations

from functools import partial

import cv2

from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.engines.plain import EIGHT_BIT, RADIUS, PlainEngine, PlainSession, opencv_fill
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference


class TeleaEngine(PlainEngine):
    """OpenCV's implementation, on 8 bits."""

    name = "telea"
    title = "Telea"
    description = (
        f"Marches inwards from the rim, averaging along it; fast, smooth, streaky in large holes. {EIGHT_BIT}"
    )
    window = 256
    largest = 1024
    meets_rim = True
    uses_style = False

    def open(
        self,
        request: RestorationRequest,
        painting: Painting,
        style: StyleReference | None,
        progress: Progress | None = None,
    ) -> PlainSession:
        """A session; nothing has to be loaded."""
        facts: dict[str, str | int | float] = {"radius": RADIUS, "precision": EIGHT_BIT}
        return PlainSession(partial(opencv_fill, method=cv2.INPAINT_TELEA), facts)
