"""Previews of a derived mask: a fast coarse one first, then one at screen resolution."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from app.commands.mask_detectors import MaskDetector, Samples, Values
from app.jobs.runner import Background
from app.levels import at_level, native
from imagest_core.arrays import Mask
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.painting.reduce import area_mean

MAX_PIXELS, MIN_PIXELS, FIRST_PIXELS = 1_500_000, 65_536, 350_000
"""Pixels of a preview: the maximum (about a screen), the minimum, and the initial budget."""
TIME_LIMIT = 0.2
"""Target time in seconds of the first preview after a change."""
BEFORE_TILES, AFTER_TILES = 1 << 20, 1 << 10
"""Background priorities, higher and lower than the canvas tiles."""


@dataclass(frozen=True, eq=False)
class PreviewRequest:
    """A preview of ``box`` with ``values``; the finest one is reduced by 2**``finest``."""

    detector: MaskDetector
    painting: Painting
    prepared: Any
    values: Values
    box: Box
    finest: int


@dataclass(frozen=True, eq=False)
class MaskPreview:
    """``mask`` (h, w) of ``box``, reduced by 2**``level``, computed in ``seconds``.

    ``final``: no finer preview follows.
    """

    box: Box
    level: int
    mask: Mask
    seconds: float
    final: bool


class PreviewCache:
    """Caches the detector's input for the visible part and its reductions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subject: tuple[Any, ...] = ()
        self._levels: dict[int, Samples] = {}

    def read(self, request: PreviewRequest, level: int) -> Samples:
        """The input (h, w, c) of ``request.box`` at ``level``; called in a worker thread."""
        with self._lock:
            subject = request.detector, id(request.prepared), request.box, request.finest
            if subject != self._subject:
                self._levels = {
                    request.finest: request.detector.read(
                        request.painting, request.box, request.finest, request.prepared
                    )
                }
                self._subject = subject
            if level not in self._levels:
                self._levels[level] = area_mean(self._levels[request.finest], 1 << (level - request.finest))
            return self._levels[level]


class Previewer:
    """Computes previews in the background and passes them to ``show(MaskPreview)``; errors go to ``failed``.

    While a preview is computed, only the latest of the other requests waits. Intermediate previews are shown
    too, so that the preview follows a moving slider.
    """

    def __init__(
        self, background: Background, show: Callable[[MaskPreview], None], failed: Callable[[Exception], None]
    ) -> None:
        self._background, self._show, self._failed = background, show, failed
        self._cache = PreviewCache()
        self._budget = float(FIRST_PIXELS)
        self._subject = 0
        self._busy, self._waiting = False, False
        self._request: PreviewRequest | None = None

    def ask(
        self, detector: MaskDetector, painting: Painting, prepared: Any, values: Values, visible: Box
    ) -> None:
        """Request a preview of ``visible``."""
        finest = level_within(visible, MAX_PIXELS)
        box = native(at_level(visible, finest), finest).within(painting.box)
        self._request = PreviewRequest(detector, painting, prepared, dict(values), box, finest)
        if self._busy:
            self._waiting = True
        else:
            self._start()

    def forget(self) -> None:
        """Drop all requests."""
        self._subject += 1
        self._request, self._waiting = None, False
        self._cache = PreviewCache()

    def _start(self) -> None:
        request, subject = self._request, self._subject
        self._busy, self._waiting = request is not None, False
        if request is None:
            return
        level = max(level_within(request.box, self._budget), request.finest)
        final = level == request.finest and request.detector.settled(level, request.prepared, request.values)

        def coarse(result: tuple[Mask, float]) -> None:
            self._update_budget(result[0].size, result[1])
            if subject == self._subject:
                self._show(MaskPreview(request.box, level, *result, final=final))
            self._continue(request, final=final)

        def failed(error: Exception) -> None:
            if subject == self._subject:
                self._failed(error)
            self._continue(request, final=True)

        work = partial(self._compute, request, level, exact=False)
        self._background.submit(work, coarse, failed, priority=BEFORE_TILES)

    def _continue(self, request: PreviewRequest, *, final: bool) -> None:
        """Start the request that waits, else refine this one."""
        self._busy = False
        if self._waiting:
            self._start()
        elif not final and self._request is request:
            self._refine(request)

    def _refine(self, request: PreviewRequest) -> None:
        def refined(result: tuple[Mask, float]) -> None:
            if self._request is request:
                self._show(MaskPreview(request.box, request.finest, *result, final=True))

        def failed(error: Exception) -> None:
            if self._request is request:
                self._failed(error)

        work = partial(self._compute, request, request.finest, exact=True)
        self._background.submit(work, refined, failed, priority=AFTER_TILES)

    def _compute(self, request: PreviewRequest, level: int, *, exact: bool) -> tuple[Mask, float]:
        samples = self._cache.read(request, level)
        started = time.perf_counter()
        mask = request.detector.preview(samples, level, request.prepared, request.values, exact=exact)
        return np.asarray(mask, np.bool_), time.perf_counter() - started

    def _update_budget(self, pixels: int, seconds: float) -> None:
        """Adapt the number of pixels of the first preview to the speed of this computer."""
        affordable = pixels * TIME_LIMIT / max(seconds, 1e-3)
        self._budget = min(max((self._budget + affordable) / 2, MIN_PIXELS), MAX_PIXELS)


def level_within(box: Box, pixels: float) -> int:
    """The smallest level at which ``box`` has at most ``pixels`` pixels."""
    level = 0
    while (box.width >> level) * (box.height >> level) > pixels:
        level += 1
    return level
