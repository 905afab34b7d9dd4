"""Bertalmío, Bertozzi and Sapiro's fluid (CVPR 2001)."""

from __future__ import annotations

from functools import partial

import cv2

from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.restoration.engines.plain import EIGHT_BIT, RADIUS, PlainEngine, PlainSession, opencv_fill
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference


class NavierStokesEngine(PlainEngine):
    """OpenCV's implementation, on 8 bits."""

    name = "navier-stokes"
    title = "Navier–Stokes"
    description = f"Carries lines of equal brightness into the hole as a fluid would. {EIGHT_BIT}"
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
        return PlainSession(partial(opencv_fill, method=cv2.INPAINT_NS), facts)
