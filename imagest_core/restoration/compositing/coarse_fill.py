"""What coarser windows have laid under finer ones.

A finer window begins with the coarser fill, enlarged. Near the intact paint it knows better than that, and
fills anew: a band along the rim is solved between the paint and the underpainting, which from the band's
inner edge on stands in for paint. So a fill never depends on more than the windows it lies in.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.restoration.compositing.window_views import view_of
from imagest_core.restoration.planning.layout import Plan, Task
from imagest_core.restoration.planning.window import Window, WindowView

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
Paint = tuple[Image, Mask]
"""A square of paint (h, w, 3) and where it is intact."""

BAND = 24.0
"""Working px from the rim that a finer window fills anew…"""
TEXTURED_BAND = 12.0
"""…and where the coarser fill has texture already, which a wider band would lose."""
KEPT = 64
"""Squares of paint in memory."""


class CoarseFill:
    """What each window of a plan is shown; fills of one scale are kept until those of half that are there.

    With ``lends``, for textured fills, windows that refine are shown squares of paint near by, too.
    """

    def __init__(self, painting: Painting, dilated: DamageMap, plan: Plan, lends: bool) -> None:
        self._painting, self._dilated, self._plan, self._lends = painting, dilated, plan, lends
        self._laid: dict[int, list[tuple[Task, Image]]] = {}
        self._squares: dict[tuple[Box, int], Paint] = {}

    def view(self, task: Task) -> WindowView:
        """What the engine is shown of the window of ``task``."""
        view = view_of(self._painting, self._dilated, task.window)
        if not task.over:
            return view
        init, laid = self._shown(task, view.mask)
        paint = tuple(self._square(box, task.window.scale) for box in task.paint if self._lends)
        return replace(view, init=init, laid=laid, paint=paint)

    def add(self, task: Task, image: Image) -> None:
        """Keep the whole picture (h, w, 3) of a window if finer ones go over it."""
        if not task.under:
            return
        scale = task.window.scale
        self._laid.setdefault(scale, []).append((task, image))
        self._laid = {kept: laid for kept, laid in self._laid.items() if kept <= 2 * scale}

    def _square(self, box: Box, scale: int) -> Paint:
        if len(self._squares) >= KEPT:
            self._squares.clear()
        if (box, scale) not in self._squares:
            view = view_of(self._painting, self._dilated, Window(0, box, scale))
            self._squares[box, scale] = view.image, ~view.mask
        return self._squares[box, scale]

    def _shown(self, task: Task, mask: Mask) -> tuple[Image, Mask]:
        """The coarser fill (h, w, 3), and where it stands in for paint (h, w)."""
        sums, weights = np.zeros((*mask.shape, 3), np.float32), np.zeros(mask.shape, np.float32)
        for under, image in self._laid.get(2 * task.window.scale, ()):
            if under.layer == task.layer and under.window.box.touches(task.window.box):
                weight = self._weights(under, task.window)
                sums += weight[..., None] * _enlarged(image, under.window, task.window)
                weights += weight
        band = TEXTURED_BAND if self._lends else BAND
        laid = sums / np.maximum(weights, np.float32(1e-6))[..., None]
        return np.asarray(laid, np.float32), mask & (weights > 0) & self._deeper(task.window, band)

    def _deeper(self, window: Window, band: float) -> Mask:
        """Which working pixels (h, w) lie farther than ``band`` from intact paint in and round the window."""
        reach = int(band) + 1
        around = window.box.expanded(reach * window.scale)
        lost = np.ones((around.height, around.width), np.uint8)
        inside = around.within(self._dilated.box)
        lost[inside.moved(-around.x, -around.y).slices] = self._dilated.read(inside) > 0
        middle, scale = window.scale // 2, window.scale
        depth = cv2.distanceTransform(lost[middle::scale, middle::scale], cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return np.asarray(depth[reach:-reach, reach:-reach] > band)

    def _weights(self, under: Task, window: Window) -> Image:
        """How much each working pixel (h, w) of the finer ``window`` takes of the coarser task ``under``."""
        part = under.window.box.within(window.box).within(self._dilated.box)
        middle, scale = window.scale // 2, window.scale
        native = np.zeros((window.box.height, window.box.width), np.float32)
        native[part.moved(-window.box.x, -window.box.y).slices] = self._plan.weights(
            under, part, self._dilated.box
        )
        return native[middle::scale, middle::scale]


def _enlarged(image: Image, coarse: Window, fine: Window) -> Image:
    """The ``coarse`` window's picture in the working pixels of the ``fine`` one."""
    share = fine.scale / coarse.scale
    first = [
        (fine.scale / 2 + start - begun) / coarse.scale - 0.5
        for start, begun in zip(fine.box[:2], coarse.box[:2])
    ]
    way = np.array([[share, 0, first[0]], [0, share, first[1]]])
    rows, columns = fine.shape
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(image, way, (columns, rows), flags=how, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
