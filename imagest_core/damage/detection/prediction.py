"""Damage predicted with learned trees: classified at a reduced scale, smoothed, with edges at full scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Labels
from imagest_core.damage.detection.cleanup import Cleanup
from imagest_core.damage.detection.features import LAB_RANGE, MAX_AREA, FeatureCache
from imagest_core.damage.detection.trained_model import TrainedModel
from imagest_core.damage.detection.trees import Forest
from imagest_core.damage.detection.working_scale import SCALES, WorkingScale
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.threads import in_threads

UNCERTAIN = 0.3
"""Every second pixel is classified; those between follow where the probabilities around differ by this."""
EDGE_RADIUS, EDGE_EPSILON = 2, 1e-4
"""Radius (px at the working scale) and regularization of the guided filter that refines edges."""


@dataclass(frozen=True, kw_only=True)
class ExampleParameters(Cleanup):
    """Parameters of a detection learned from examples, and of the clean-up afterwards.

    Parameters
    ----------
    scale
        The features are computed at 1/``scale`` of the size: 1, 2, 4, 8, or None to follow the width of the
        strokes on damage. A model keeps the scale that it was learned at.
    threshold
        Probability (0–1) from which a pixel is damaged.
    smoothing
        Standard deviation (px at the working scale) of the smoothing of the probabilities.
    """

    min_area: int = 16
    scale: int | None = None
    threshold: float = 0.45
    smoothing: float = 0.8

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scale is not None and self.scale not in SCALES:
            raise MaskError(Message("The scale must be 1, 2, 4 or 8, not {scale}.", scale=self.scale))
        if not 0 < self.threshold < 1 or not 0 <= self.smoothing <= 10:
            raise MaskError("The threshold must be between 0 and 1, and the smoothing 0 to 10 pixels.")

    @property
    def margin(self) -> int:
        """Support radius (px at the working scale) of what follows the classification."""
        return int(3 * self.smoothing + 0.5) + 2 * EDGE_RADIUS + 4


def predict_labels(
    painting: Painting,
    model: TrainedModel,
    cache: FeatureCache,
    parameters: ExampleParameters,
    box: Box,
    *,
    keep: bool = True,
) -> Labels:
    """Return the damage labels (h, w) of the native ``box``.

    With ``keep`` its features are cached; without, threads may share ``cache``.
    """
    area = _area(cache, parameters, cache.scale.reduced(box))
    shares = _shares(model, cache, parameters, area, keep)
    return _refined(painting, model, cache.scale, parameters, shares, area, box)


def predict_reduced(
    model: TrainedModel, cache: FeatureCache, parameters: ExampleParameters, box: Box, *, keep: bool = True
) -> Labels:
    """Return the damage labels (h, w) of ``box`` at the working scale, for views of that scale."""
    area = _area(cache, parameters, box)
    shares = _shares(model, cache, parameters, area, keep)
    lightness = _lightness(cache.scale.read(cache.painting, area))
    inside = box.moved(-area.x, -area.y).slices
    damaged = _guided(1 - shares[-1], lightness, EDGE_RADIUS)[inside] > parameters.threshold
    nearest = shares[:-1].argmax(axis=0)[inside]
    return np.asarray(np.array(model.labels, np.uint8)[nearest] * damaged)


def _shares(
    model: TrainedModel, cache: FeatureCache, parameters: ExampleParameters, area: Box, keep: bool
) -> Image:
    """Return the smoothed probabilities (classes, h, w) of ``area`` at the working scale."""
    if keep:
        return _smoothed(_classified(model.forest, cache.tiles(area), area), parameters)
    shares = np.empty((len(model.labels), area.height, area.width), np.float32)
    for block in _blocks(area):
        around = block.expanded(2).within(cache.scale.box)
        classified = _classified(model.forest, {around: cache.computed(around)}, around)
        inside = (slice(None), *block.moved(-around.x, -around.y).slices)
        shares[(slice(None), *block.moved(-area.x, -area.y).slices)] = classified[inside]
    return _smoothed(shares, parameters)


def _lightness(rgb: Image) -> Image:
    lab = cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32, copy=False), cv2.COLOR_RGB2LAB)
    return np.asarray(lab[..., 0] / np.float32(LAB_RANGE))


def _refined(
    painting: Painting,
    model: TrainedModel,
    scale: WorkingScale,
    parameters: ExampleParameters,
    shares: Image,
    area: Box,
    box: Box,
) -> Labels:
    """Return the labels of the native ``box`` from the ``shares`` of the reduced ``area``."""
    native = scale.native(area)
    target = box.expanded(EDGE_RADIUS * 2 << scale.level).within(native)
    share = _enlarged(1 - shares[-1], scale.level, native, target)
    refined = _at_edges(share, painting.read_working(target), EDGE_RADIUS << scale.level)
    inside = box.moved(-target.x, -target.y).slices
    damaged = refined[inside] > parameters.threshold
    if len(model.labels) == 2:
        return damaged * np.uint8(model.labels[0])
    nearest = _enlarged(shares[:-1].argmax(axis=0).astype(np.uint8), scale.level, native, target)
    return np.asarray(np.array(model.labels, np.uint8)[nearest[inside]] * damaged)


def _area(cache: FeatureCache, parameters: ExampleParameters, box: Box) -> Box:
    """Return what must be classified for ``box``, both at the working scale."""
    return _even(box.expanded(parameters.margin)).within(cache.scale.box)


def _blocks(area: Box) -> list[Box]:
    """Divide ``area`` into blocks of about equal size with even coordinates, at most about ``MAX_AREA``."""

    def cuts(start: int, length: int) -> list[int]:
        count = -(-length // (MAX_AREA + MAX_AREA // 8))
        return [start + round(length * index / count / 2) * 2 for index in range(count)] + [start + length]

    rows, columns = cuts(area.y, area.height), cuts(area.x, area.width)
    return [
        Box.spanning(left, top, right, bottom)
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ]


def _smoothed(shares: Image, parameters: ExampleParameters) -> Image:
    """Return the smoothed probabilities (classes, h, w)."""
    if not parameters.smoothing:
        return shares
    size = 2 * int(3 * parameters.smoothing + 0.5) + 1
    return np.stack([cv2.GaussianBlur(share, (size, size), parameters.smoothing) for share in shares])


def _even(box: Box) -> Box:
    """Extend ``box`` to even coordinates, so that the same pixels are classified whatever the box."""
    left, top = box.x // 2 * 2, box.y // 2 * 2
    return Box.spanning(left, top, -(-box.right // 2) * 2, -(-box.bottom // 2) * 2)


def _classified(forest: Forest, tiles: Mapping[Box, Image], area: Box) -> Image:
    """Return the probabilities (classes, h, w) of ``area``: every second pixel, and all where these differ.

    ``tiles``: the features (h, w, features) of boxes with even origins that cover it.
    """
    height, width = area.height, area.width
    coarse = np.empty((forest.classes, -(-height // 2), -(-width // 2)), np.float32)
    parts = [(tile.within(area), features[_inside(tile, area)]) for tile, features in tiles.items()]

    def classify_coarse(item: tuple[Box, Image]) -> None:
        part, features = item[0].moved(-area.x, -area.y), item[1][::2, ::2]
        shares = forest.probabilities(features.reshape(-1, features.shape[2]), quick=True)
        rows, columns = (slice(each.start // 2, -(-each.stop // 2)) for each in part.slices)
        coarse[:, rows, columns] = shares.T.reshape(-1, *features.shape[:2])

    in_threads(classify_coarse, parts)
    shares = coarse.repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width].copy()
    uncertain = _uncertain(coarse).repeat(2, axis=0).repeat(2, axis=1)[:height, :width].copy()
    uncertain[::2, ::2] = False

    def classify_fine(item: tuple[Box, Image]) -> None:
        part, features = item[0].moved(-area.x, -area.y), item[1]
        chosen = uncertain[part.slices]
        shares[(slice(None), *part.slices)][:, chosen] = forest.probabilities(features[chosen], quick=True).T

    in_threads(classify_fine, parts)
    return shares


def _inside(tile: Box, area: Box) -> tuple[slice, slice]:
    return tile.within(area).moved(-tile.x, -tile.y).slices


def _uncertain(coarse: Image) -> NDArray[np.bool_]:
    """Return where the probabilities (classes, h, w) differ from those around."""
    spread = np.zeros(coarse.shape[1:], np.float32)
    window = np.ones((3, 3), np.uint8)
    for share in coarse:
        spread = np.maximum(spread, cv2.dilate(share, window) - cv2.erode(share, window))
    return np.asarray(spread > UNCERTAIN)


def _enlarged(reduced: NDArray, level: int, native: Box, target: Box) -> NDArray:
    """Enlarge a field or labels of the native box ``native`` by 2**``level``, cut to ``target``."""
    if level:
        method = cv2.INTER_NEAREST if reduced.dtype == np.uint8 else cv2.INTER_LINEAR
        size = (reduced.shape[1] << level, reduced.shape[0] << level)
        reduced = cv2.resize(reduced, size, interpolation=method)
    return reduced[target.moved(-native.x, -native.y).slices]


def _at_edges(share: NDArray, rgb: Image, radius: int) -> NDArray:
    """Move the edges of ``share`` to those of the picture with a guided filter.

    References
    ----------
    K. He, J. Sun, X. Tang, "Guided image filtering", IEEE TPAMI 35, 2013.
    """
    return _guided(share, cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32), cv2.COLOR_RGB2GRAY), radius)


def _guided(share: NDArray, guide: NDArray, radius: int) -> NDArray:
    size = (2 * radius + 1,) * 2

    def mean(field: NDArray) -> NDArray:
        return np.asarray(cv2.blur(field, size))

    mean_guide, mean_share = mean(guide), mean(share)
    slope = (mean(guide * share) - mean_guide * mean_share) / (
        mean(guide * guide) - mean_guide * mean_guide + np.float32(EDGE_EPSILON)
    )
    return mean(slope) * guide + mean(mean_share - slope * mean_guide)
