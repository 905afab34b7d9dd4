"""Previews of a derived mask: soon and coarse, then as fine as the screen shows; always the latest one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from app.canvas.picture import at_level, native
from app.commands.mask_detectors import Mask, MaskDetector, Seen, Values
from app.jobs.runner import Background
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.painting.reduce import area_mean

MOST, LEAST, FIRST = 1_500_000, 65_536, 350_000
"""Pixels a preview looks at: at most what a screen shows, at least so many, and to begin with."""
IN_TIME = 0.2
"""Seconds the first preview after a change may take in the worker."""
SOON, CLOSER = 1 << 20, 1 << 10
"""Before and after the tiles of the canvas."""


@dataclass(frozen=True, eq=False)
class Look:
    """One question: what would ``values`` mark in ``box``, at best reduced by 2**``finest``?"""

    detector: MaskDetector
    painting: Painting
    learned: Any
    values: Values
    box: Box
    finest: int


@dataclass(frozen=True, eq=False)
class Preview:
    """An answer: ``mask`` (h, w) of ``box``, reduced by 2**``level``, after ``seconds`` in the worker.

    ``final``: none finer comes.
    """

    box: Box
    level: int
    mask: Mask
    seconds: float
    final: bool


class PreviewCache:
    """The part that is looked at, as the detector sees it: read once, then reduced as previews need it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: tuple[Any, ...] = ()
        self._seen: dict[int, Seen] = {}

    def read(self, look: Look, level: int) -> Seen:
        """(h, w, c) of ``look.box`` at ``level``; for a worker's thread."""
        with self._lock:
            subject = look.detector, id(look.learned), look.box, look.finest
            if subject != self._of:
                self._seen = {
                    look.finest: look.detector.read(look.painting, look.box, look.finest, look.learned)
                }
                self._of = subject
            if level not in self._seen:
                self._seen[level] = area_mean(self._seen[look.finest], 1 << (level - look.finest))
            return self._seen[level]


class Previewer:
    """Answers looks in the background through ``show(Preview)``; errors go to ``failed``.

    While one is worked on only the latest of the others waits; what comes out in between is shown too,
    so that the preview moves along with a slider.
    """

    def __init__(
        self, background: Background, show: Callable[[Preview], None], failed: Callable[[Exception], None]
    ) -> None:
        self._background, self._show, self._failed = background, show, failed
        self._glass = PreviewCache()
        self._budget = float(FIRST)
        self._subject = 0
        self._busy, self._waiting = False, False
        self._look: Look | None = None

    def ask(
        self, detector: MaskDetector, painting: Painting, learned: Any, values: Values, visible: Box
    ) -> None:
        """Preview all of ``visible``."""
        finest = level_within(visible, MOST)
        box = native(at_level(visible, finest), finest).within(painting.box)
        self._look = Look(detector, painting, learned, dict(values), box, finest)
        if self._busy:
            self._waiting = True
        else:
            self._start()

    def forget(self) -> None:
        """Nothing that was asked for is wanted any more."""
        self._subject += 1
        self._look, self._waiting = None, False
        self._glass = PreviewCache()

    def _start(self) -> None:
        look, subject = self._look, self._subject
        self._busy, self._waiting = look is not None, False
        if look is None:
            return
        level = max(level_within(look.box, self._budget), look.finest)
        final = level == look.finest and look.detector.settled(level, look.learned, look.values)

        def coarse(found: tuple[Mask, float]) -> None:
            self._note(found[0].size, found[1])
            if subject == self._subject:
                self._show(Preview(look.box, level, *found, final=final))
            self._go_on(look, final=final)

        def failed(error: Exception) -> None:
            if subject == self._subject:
                self._failed(error)
            self._go_on(look, final=True)

        work = partial(self._looked, look, level, exact=False)
        self._background.submit(work, coarse, failed, priority=SOON)

    def _go_on(self, look: Look, *, final: bool) -> None:
        """What was asked for meanwhile, else the same as fine as the screen shows it."""
        self._busy = False
        if self._waiting:
            self._start()
        elif not final and self._look is look:
            self._refine(look)

    def _refine(self, look: Look) -> None:
        def closer(found: tuple[Mask, float]) -> None:
            if self._look is look:
                self._show(Preview(look.box, look.finest, *found, final=True))

        def failed(error: Exception) -> None:
            if self._look is look:
                self._failed(error)

        work = partial(self._looked, look, look.finest, exact=True)
        self._background.submit(work, closer, failed, priority=CLOSER)

    def _looked(self, look: Look, level: int, *, exact: bool) -> tuple[Mask, float]:
        seen = self._glass.read(look, level)
        began = time.perf_counter()
        mask = look.detector.preview(seen, level, look.learned, look.values, exact=exact)
        return np.asarray(mask, np.bool_), time.perf_counter() - began

    def _note(self, pixels: int, seconds: float) -> None:
        """Learn how much this computer looks at in time."""
        able = pixels * IN_TIME / max(seconds, 1e-3)
        self._budget = min(max((self._budget + able) / 2, LEAST), MOST)


def level_within(box: Box, pixels: float) -> int:
    """The least reduction at which ``box`` has no more than so many ``pixels``."""
    level = 0
    while (box.width >> level) * (box.height >> level) > pixels:
        level += 1
    return level
