"""Damage masks learned from strokes: trees on multi-scale features, smoothed, with edges at full scale.

Strokes are a :class:`~imagest_core.damage.map.DamageMap`: 0 is unknown, 1–254 are damage classes, and
:data:`~imagest_core.damage.examples.INTACT` is intact paint.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Labels
from imagest_core.damage.detection.cleanup import Cleanup, clean_up, disk
from imagest_core.damage.detection.features import FeatureCache, FeatureSettings
from imagest_core.damage.detection.stroke_samples import (
    Samples,
    automatic_level,
    stroke_samples,
    taught_labels,
)
from imagest_core.damage.detection.trained_model import TrainedModel
from imagest_core.damage.detection.trees import Forest
from imagest_core.damage.detection.working_scale import SCALES, WorkingScale
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress

ROUNDS, AGAIN_WEIGHT = 1, 2.0
"""The trees are learned again this many times from unmarked pixels of the class that they were given, with
this factor on their weight."""
PART, MAX_PART = 512, 2048
"""Side of the parts of a whole scan: px at the working scale, and maximum in native px."""
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


def check_strokes(strokes: DamageMap, painting: Painting, prior: DamageMap | None = None) -> None:
    """Raise ``MaskError`` unless the strokes fit the painting and mark both damage and intact paint.

    Damage of ``prior``, an earlier mask, counts as marked.
    """
    if strokes.box != painting.box:
        raise MaskError(
            Message(
                "The examples are {width} × {height} pixels but the scan is {scan_width} × {scan_height}: "
                "they must have the same size.",
                width=strokes.width,
                height=strokes.height,
                scan_width=painting.width,
                scan_height=painting.height,
            )
        )
    labels = set(strokes.counts())
    if not labels:
        raise MaskError("The examples are empty: mark some damage and some intact paint.")
    if INTACT not in labels:
        raise MaskError("The examples mark only damage: mark some intact paint, too.")
    if not taught_labels(strokes, prior):
        raise MaskError("The examples mark only intact paint: mark some damage, too.")


class StrokeClassifier:
    """Learns from strokes on a painting and predicts its damage; keeps features between changes."""

    def __init__(
        self,
        painting: Painting,
        parameters: ExampleParameters | None = None,
        settings: FeatureSettings | None = None,
    ) -> None:
        self.painting, self.parameters = painting, parameters or ExampleParameters()
        self._settings = settings or FeatureSettings()
        self._cache: FeatureCache | None = None
        self._strokes: DamageMap | None = None
        self.model: TrainedModel | None = None

    def update(
        self, strokes: DamageMap, progress: Progress | None = None, prior: DamageMap | None = None
    ) -> TrainedModel:
        """Learn from all ``strokes``; raises ``MaskError`` if they are unusable, and ``Cancelled``.

        An earlier mask, ``prior``, is used as weak examples where no stroke is.
        The automatic scale becomes finer when thinner strokes are added, and never coarser.
        """
        check_strokes(strokes, self.painting, prior)
        progress = progress or Progress()
        scale = WorkingScale.of(self.painting, self._level(strokes))
        if self._cache is None or self._cache.scale != scale:
            self._cache = FeatureCache(self.painting, scale, self._settings)
        samples = stroke_samples(strokes, self._cache, progress.part(0, 0.8), prior)
        progress.check()
        labels = tuple(np.unique(samples.labels).tolist())
        names = tuple(_class_name(strokes, label) for label in labels[:-1])
        self._strokes = strokes
        classes = np.searchsorted(np.array(labels), samples.labels)
        forest = Forest.learn(samples.features, classes, samples.weights)
        for _ in range(ROUNDS):
            progress.check()
            forest = _learned_again(forest, samples, classes)
        self.model = TrainedModel(forest, labels, scale.level, self._settings, names)
        progress.set(1.0)
        return self.model

    def use(self, model: TrainedModel) -> None:
        """Predict with a model that was learned elsewhere."""
        scale = WorkingScale.of(self.painting, model.level)
        self.model, self._settings = model, model.settings
        self._cache = FeatureCache(self.painting, scale, model.settings)

    def predict(self, box: Box) -> Labels:
        """Return the damage labels (h, w) of the native ``box``, without the clean-up."""
        if self.model is None or self._cache is None:
            raise RuntimeError("call update or use first")
        return predict_labels(self.painting, self.model, self._cache, self.parameters, box)

    def preview(self, box: Box) -> Labels:
        """Return the damage labels (h, w) of the native ``box`` after the clean-up of this part alone."""
        labels = self.predict(box)
        raw = DamageMap(box.width, box.height)
        raw.write(raw.box, labels)
        labels = cleaned(raw, self.parameters).read(raw.box)
        return labels if self._strokes is None else _with_strokes(labels, self._strokes.read(box))

    def derive(self, progress: Progress | None = None) -> DamageMap:
        """Return the damage of the whole painting; raises ``Cancelled``."""
        if self.model is None:
            raise RuntimeError("call update or use first")
        damage = detect_learned(self.painting, self.model, self.parameters, progress)
        for cell in self._strokes.occupied() if self._strokes is not None else ():
            assert self._strokes is not None
            damage.write(cell, _with_strokes(damage.read(cell), self._strokes.read(cell)))
        return damage

    def _level(self, strokes: DamageMap) -> int:
        if self.parameters.scale is not None:
            return self.parameters.scale.bit_length() - 1
        level = automatic_level(strokes)
        return level if self._cache is None else min(level, self._cache.scale.level)


def detect_learned(
    painting: Painting,
    model: TrainedModel,
    parameters: ExampleParameters | None = None,
    progress: Progress | None = None,
) -> DamageMap:
    """Detect the damage of a whole painting with a learned model; raises ``Cancelled``."""
    parameters, progress = parameters or ExampleParameters(), progress or Progress()
    cache = FeatureCache(painting, WorkingScale.of(painting, model.level), model.settings)
    raw = DamageMap(painting.width, painting.height)
    side = min(PART << model.level, MAX_PART)
    for part in progress.part(0, 0.9, "classifying the paint").steps(list(painting.box.tiles(side))):
        raw.write(part, predict_labels(painting, model, cache, parameters, part, keep=False))
    damage = cleaned(raw, parameters)
    progress.set(1.0)
    return damage


def predict_labels(
    painting: Painting,
    model: TrainedModel,
    cache: FeatureCache,
    parameters: ExampleParameters,
    box: Box,
    *,
    keep: bool = True,
) -> Labels:
    """Return the damage labels (h, w) of the native ``box``; with ``keep`` its features are cached."""
    scale = cache.scale
    area = _even(scale.reduced(box).expanded(parameters.margin)).within(scale.box)
    shares = _classified(model.forest, cache.read(area) if keep else cache.computed(area))
    if parameters.smoothing:
        size = 2 * int(3 * parameters.smoothing + 0.5) + 1
        shares = np.stack([cv2.GaussianBlur(share, (size, size), parameters.smoothing) for share in shares])
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


def _even(box: Box) -> Box:
    """Extend ``box`` to even coordinates, so that the same pixels are classified whatever the box."""
    left, top = box.x // 2 * 2, box.y // 2 * 2
    return Box.spanning(left, top, -(-box.right // 2) * 2, -(-box.bottom // 2) * 2)


def _classified(forest: Forest, features: Image) -> Image:
    """Return the probabilities (classes, h, w): every second pixel, and all where these differ."""
    coarse_features = np.ascontiguousarray(features[:, ::2, ::2])
    count, height, width = coarse_features.shape
    coarse = forest.probabilities(coarse_features.reshape(count, -1)).reshape(-1, height, width)
    spread = np.zeros((height, width), np.float32)
    for share in coarse:
        window = np.ones((3, 3), np.uint8)
        spread = np.maximum(spread, cv2.dilate(share, window) - cv2.erode(share, window))
    rows, columns = features.shape[1:]
    shares = coarse.repeat(2, axis=1).repeat(2, axis=2)[:, :rows, :columns].copy()
    uncertain = (spread > UNCERTAIN).repeat(2, axis=0).repeat(2, axis=1)[:rows, :columns].copy()
    uncertain[::2, ::2] = False
    chosen = np.flatnonzero(uncertain)
    flat = features.reshape(count, -1)
    shares.reshape(len(shares), -1)[:, chosen] = forest.probabilities(flat.take(chosen, axis=1))
    return shares


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
    guide: Image = cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32), cv2.COLOR_RGB2GRAY)
    size = (2 * radius + 1,) * 2

    def mean(field: NDArray) -> NDArray:
        return np.asarray(cv2.blur(field, size))

    mean_guide, mean_share = mean(guide), mean(share)
    slope = (mean(guide * share) - mean_guide * mean_share) / (
        mean(guide * guide) - mean_guide * mean_guide + np.float32(EDGE_EPSILON)
    )
    return mean(slope) * guide + mean(mean_share - slope * mean_guide)


def cleaned(raw: DamageMap, parameters: Cleanup) -> DamageMap:
    """Clean up the union of all classes; what is added gets the class beside it."""
    union = clean_up(raw, parameters)
    labels = list(raw.counts())
    result = DamageMap(raw.width, raw.height, raw.classes)
    radius = max(parameters.dilate + parameters.closing, 1)
    for cell in union.occupied():
        mask = union.read(cell) > 0
        if len(labels) == 1:
            result.write(cell, mask * np.uint8(labels[0]))
            continue
        near = raw.read(cell.expanded(radius))
        grown = cv2.dilate(near, disk(radius))
        inside = (slice(radius, -radius), slice(radius, -radius))
        kept = np.where(near > 0, near, grown)[inside]
        result.write(cell, np.where(kept > 0, kept, labels[0] if labels else 0) * mask)
    return result


def _with_strokes(labels: Labels, strokes: Labels) -> Labels:
    """Return ``labels`` with what the strokes mark, which is certain."""
    return np.where(strokes == 0, labels, np.where(strokes == INTACT, 0, strokes)).astype(np.uint8)


def _learned_again(forest: Forest, samples: Samples, classes: NDArray[np.int64]) -> Forest:
    """Learn again from the strokes and from unmarked pixels of the class that ``forest`` gives them."""
    first = len(classes) - samples.unmarked
    shares = forest.probabilities(np.ascontiguousarray(samples.features[first:].T))
    guessed, weights = classes.copy(), samples.weights.copy()
    guessed[first:] = shares.argmax(axis=0)
    weights[first:] *= (2 * shares.max(axis=0) - 1).clip(0.05) * AGAIN_WEIGHT
    return Forest.learn(samples.features, guessed, weights)


def _class_name(strokes: DamageMap, label: int) -> str:
    return next((item.name for item in strokes.classes if item.label == label), "")
