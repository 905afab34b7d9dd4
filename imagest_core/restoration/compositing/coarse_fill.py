"""The coarser fill that a finer window starts with.

A finer window starts with the enlarged fill of the coarser windows. Near intact paint it can do better, so a
band along the boundary is filled again, between the paint and the coarser fill, which is treated like paint
from the band's inner edge on. So a fill depends only on the windows that contain it.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.restoration.compositing.window_views import strips, view_of
from imagest_core.restoration.planning.layout import Plan, Task
from imagest_core.restoration.planning.window import Window, WindowPart, WindowView

PaintSquare = tuple[Image, Mask]
"""A square of paint (h, w, 3) and a mask of where it is intact."""

BAND = 24.0
"""Width in working px of the band along the boundary that a finer window fills again."""
TEXTURED_BAND = 12.0
"""The same where the coarser fill already has texture, which a wider band would lose."""
MAX_CACHED_SQUARES = 64


class CoarseFill:
    """Builds the view of each window of a plan; keeps fills of one scale until half that scale is done.

    Parameters
    ----------
    painting, dilated, plan
        The scan, its dilated damage, and the windows to fill.
    with_paint
        Give windows that refine a coarser fill squares of nearby paint, for textured fills.
    protected
        Pixels from which no paint is taken.
    start
        The scan with an earlier fill, from which the coarsest windows start.
    """

    def __init__(
        self,
        painting: Painting,
        dilated: DamageMap,
        plan: Plan,
        with_paint: bool,
        protected: DamageMap | None = None,
        start: Painting | None = None,
    ) -> None:
        self._painting, self._dilated, self._plan = painting, dilated, plan
        self._with_paint, self._protected, self._start = with_paint, protected, start
        self._fills: dict[int, list[tuple[Task, Image]]] = {}
        self._squares: dict[tuple[Box, int], PaintSquare] = {}

    def view(self, task: Task) -> WindowView:
        """Return the view that the engine gets of the window of ``task``."""
        view = view_of(self._painting, self._dilated, task.window, self._protected)
        view = replace(view, parts=tuple(WindowPart(part.window, self._paint(part)) for part in task.parts))
        if not task.refines:
            return view if self._start is None else self._restarted(view)
        coarse_fill, fixed_mask = self._composite(task, view.mask)
        return replace(view, coarse_fill=coarse_fill, fixed_mask=fixed_mask, paint=self._paint(task))

    def _paint(self, task: Task) -> tuple[PaintSquare, ...]:
        """Return the squares of paint near the window of ``task``."""
        boxes = task.paint if self._with_paint else ()
        return tuple(self._square(box, task.window.scale) for box in boxes)

    def _restarted(self, view: WindowView) -> WindowView:
        """Return the view with the earlier fill in its hole."""
        assert self._start is not None
        nothing = DamageMap(self._dilated.width, self._dilated.height)
        earlier = view_of(self._start, nothing, view.window).image
        return replace(view, coarse_fill=earlier, restarts=True)

    def add(self, task: Task, image: Image) -> None:
        """Keep the whole picture (h, w, 3) of a window if finer windows refine it."""
        if not task.is_refined:
            return
        scale = task.window.scale
        self._fills.setdefault(scale, []).append((task, image))
        self._fills = {other: fills for other, fills in self._fills.items() if other <= 2 * scale}

    def _square(self, box: Box, scale: int) -> PaintSquare:
        if len(self._squares) >= MAX_CACHED_SQUARES:
            self._squares.clear()
        if (box, scale) not in self._squares:
            view = view_of(self._painting, self._dilated, Window(0, box, scale), self._protected)
            self._squares[box, scale] = view.image, view.source_mask
        return self._squares[box, scale]

    def _composite(self, task: Task, mask: Mask) -> tuple[Image, Mask]:
        """Blend the coarser fills (h, w, 3); the mask (h, w) is where they are treated like paint."""
        sums, weights = np.zeros((*mask.shape, 3), np.float32), np.zeros(mask.shape, np.float32)
        for coarse, image in self._fills.get(2 * task.window.scale, ()):
            if coarse.layer == task.layer and coarse.window.box.touches(task.window.box):
                weight = self._weights(coarse, task.window)
                sums += weight[..., None] * _resampled(image, coarse.window, task.window)
                weights += weight
        band = TEXTURED_BAND if self._with_paint else BAND
        blended = sums / np.maximum(weights, np.float32(1e-6))[..., None]
        return np.asarray(blended, np.float32), mask & (weights > 0) & self._deeper(task.window, band)

    def _deeper(self, window: Window, band: float) -> Mask:
        """Mask (h, w) of the working pixels farther than ``band`` from intact paint in or near the window."""
        reach = int(band) + 1
        around = window.box.expanded(reach * window.scale)
        reduced = [self._lost(strip, window.scale) for strip in strips(around, window.scale)]
        depth = cv2.distanceTransform(np.concatenate(reduced), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return np.asarray(depth[reach:-reach, reach:-reach] > band)

    def _lost(self, box: Box, scale: int) -> NDArray[np.uint8]:
        """Return 1 at each working pixel of ``box`` that is damaged or outside the picture."""
        lost = np.ones((box.height, box.width), np.uint8)
        inside = box.within(self._dilated.box)
        lost[inside.moved(-box.x, -box.y).slices] = self._dilated.read(inside) > 0
        return lost[scale // 2 :: scale, scale // 2 :: scale]

    def _weights(self, coarse: Task, window: Window) -> Image:
        """Weight (h, w) of the fill of ``coarse`` at each working pixel of the finer ``window``."""
        middle, scale = window.scale // 2, window.scale
        reduced = []
        for strip in strips(window.box, scale):
            part = coarse.window.box.within(strip).within(self._dilated.box)
            native = np.zeros((strip.height, strip.width), np.float32)
            if not part.empty:
                target = part.moved(-strip.x, -strip.y).slices
                native[target] = self._plan.weights(coarse, part, self._dilated.box)
            reduced.append(native[middle::scale, middle::scale])
        return np.concatenate(reduced)


def _resampled(image: Image, coarse: Window, fine: Window) -> Image:
    """Resample the picture of the ``coarse`` window to the working pixels of the ``fine`` one."""
    ratio = fine.scale / coarse.scale
    offset = [
        (fine.scale / 2 + fine_start - coarse_start) / coarse.scale - 0.5
        for fine_start, coarse_start in zip(fine.box[:2], coarse.box[:2])
    ]
    matrix = np.array([[ratio, 0, offset[0]], [0, ratio, offset[1]]])
    rows, columns = fine.shape
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(image, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)
