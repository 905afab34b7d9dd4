"""Damage masks learned from strokes: trees on multi-scale features, smoothed, with edges at full scale.

Strokes are a :class:`~imagest_core.damage.map.DamageMap`: 0 is unknown, 1–254 are damage classes, and
:data:`~imagest_core.damage.examples.INTACT` is intact paint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Labels
from imagest_core.damage.detection.cleanup import Cleanup, clean_up, disk
from imagest_core.damage.detection.features import FeatureCache, FeatureSettings
from imagest_core.damage.detection.part_cleanup import clean_part
from imagest_core.damage.detection.prediction import (
    ExampleParameters,
    predict_labels,
    predict_reduced,
)
from imagest_core.damage.detection.registered import RegisteredPicture
from imagest_core.damage.detection.stroke_samples import (
    Samples,
    automatic_level,
    level_of_width,
    reduced_part,
    stroke_samples,
    taught_labels,
)
from imagest_core.damage.detection.trained_model import TrainedModel
from imagest_core.damage.detection.trees import Forest
from imagest_core.damage.detection.working_scale import WorkingScale
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.threads import batches, in_threads, thread_count

GUESSING_TREES, ROUNDS, AGAIN_WEIGHT = 8, 1, 2.0
"""Number of the first trees. Then the trees are learned again, this many times, from unmarked pixels of the
class that they were given, with this factor on their weight."""
PART, MAX_PART = 512, 2048
"""Side of the parts of a whole scan: px at the working scale, and maximum in native px."""
MAX_KEPT = 2_000_000
"""The features of larger previews (px at the working scale) don't fit into the cache."""


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
    """Learns from strokes on a painting and predicts its damage; keeps features between changes.

    ``layers``: further pictures of the work, registered with the painting, which add features.
    """

    def __init__(
        self,
        painting: Painting,
        parameters: ExampleParameters | None = None,
        settings: FeatureSettings | None = None,
        layers: Sequence[RegisteredPicture] = (),
    ) -> None:
        self.painting, self.parameters = painting, parameters or ExampleParameters()
        self.layers = tuple(layers)
        self._settings = replace(settings or FeatureSettings(), layers=len(self.layers))
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
            self._cache = FeatureCache(self.painting, scale, self._settings, layers=self.layers)
        samples = stroke_samples(strokes, self._cache, progress.part(0, 0.8), prior)
        progress.check()
        labels = tuple(np.unique(samples.labels).tolist())
        names = tuple(_class_name(strokes, label) for label in labels[:-1])
        self._strokes = strokes
        classes = np.searchsorted(np.array(labels), samples.labels)
        forest = Forest.learn(samples.features, classes, samples.weights, trees=GUESSING_TREES)
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
        self._cache = FeatureCache(self.painting, scale, model.settings, layers=self.layers)

    def predict(self, box: Box, progress: Progress | None = None) -> Labels:
        """Return the damage labels (h, w) of the native ``box``, without clean-up; raises ``Cancelled``."""
        model, cache = self._ready()
        part = partial(predict_labels, self.painting, model, cache, self.parameters)
        if cache.scale.reduced(box).area <= MAX_KEPT:
            return part(box)
        return self._in_parts(part, box, _part_side(model.level), progress or Progress())

    def preview(self, box: Box, progress: Progress | None = None) -> Labels:
        """Return the damage labels (h, w) of the native ``box`` after the clean-up of this part alone.

        Raises ``Cancelled``.
        """
        labels = clean_part(self.predict(box, progress), self.parameters)
        return labels if self._strokes is None else _with_strokes(labels, self._strokes.read(box))

    def preview_reduced(self, box: Box, progress: Progress | None = None) -> tuple[int, Labels]:
        """Return the working level and the cleaned-up labels (h, w) of the native ``box`` at this level.

        Raises ``Cancelled``.
        """
        model, cache = self._ready()
        scale, parameters = cache.scale, self.parameters
        area, part = scale.reduced(box), partial(predict_reduced, model, cache, parameters)
        if area.area <= MAX_KEPT:
            predicted = part(area)
        else:
            predicted = self._in_parts(part, area, PART, progress or Progress())
        labels = clean_part(predicted, parameters.reduced(scale.level))
        if self._strokes is not None:
            labels = _with_strokes(labels, reduced_part(self._strokes, scale, area))
        return scale.level, labels

    def _ready(self) -> tuple[TrainedModel, FeatureCache]:
        if self.model is None or self._cache is None:
            raise RuntimeError("call update or use first")
        return self.model, self._cache

    @staticmethod
    def _in_parts(predict: Callable[..., Labels], box: Box, side: int, progress: Progress) -> Labels:
        """Return the labels of ``box`` from parts of a grid of ``side`` px whose features aren't cached."""
        labels = np.empty((box.height, box.width), np.uint8)
        for part, predicted in _predicted(predict, list(box.tiles(side)), progress):
            labels[part.moved(-box.x, -box.y).slices] = predicted
        return labels

    def prepare(self, box: Box, width: float) -> None:
        """Compute the features of ``box`` ahead, at the scale for strokes ``width`` px wide."""
        import sklearn.ensemble  # noqa: F401 - it takes a second

        if self._cache is None:
            level = self._chosen_level(level_of_width(self.painting.box, width))
            scale = WorkingScale.of(self.painting, level)
            self._cache = FeatureCache(self.painting, scale, self._settings, layers=self.layers)
        self._cache.prepare([self._cache.scale.reduced(box).expanded(self.parameters.margin)])

    @property
    def level(self) -> int | None:
        """The level that it works at, None before the first strokes."""
        return None if self._cache is None else self._cache.scale.level

    def derive(self, progress: Progress | None = None) -> DamageMap:
        """Return the damage of the whole painting; raises ``Cancelled``."""
        if self.model is None:
            raise RuntimeError("call update or use first")
        damage = detect_learned(self.painting, self.model, self.parameters, progress, self.layers)
        for cell in self._strokes.occupied() if self._strokes is not None else ():
            assert self._strokes is not None
            damage.write(cell, _with_strokes(damage.read(cell), self._strokes.read(cell)))
        return damage

    def _level(self, strokes: DamageMap) -> int:
        return self._chosen_level(automatic_level(strokes))

    def _chosen_level(self, level: int) -> int:
        """Return the level of the parameters, else ``level``, but none coarser than before."""
        if self.parameters.scale is not None:
            return self.parameters.scale.bit_length() - 1
        return level if self._cache is None else min(level, self._cache.scale.level)


def detect_learned(
    painting: Painting,
    model: TrainedModel,
    parameters: ExampleParameters | None = None,
    progress: Progress | None = None,
    layers: Sequence[RegisteredPicture] = (),
) -> DamageMap:
    """Detect the damage of a whole painting with a learned model.

    ``layers`` are registered pictures like those that it was learned with, in the same order. Raises
    ``MaskError`` if their number differs, and ``Cancelled``.
    """
    parameters, progress = parameters or ExampleParameters(), progress or Progress()
    cache = FeatureCache(painting, WorkingScale.of(painting, model.level), model.settings, layers=layers)
    raw = DamageMap(painting.width, painting.height)
    predict = partial(predict_labels, painting, model, cache, parameters)
    parts = list(painting.box.tiles(_part_side(model.level)))
    for part, labels in _predicted(predict, parts, progress.part(0, 0.9, "classifying the paint")):
        raw.write(part, labels)
    damage = cleaned(raw, parameters)
    progress.set(1.0)
    return damage


def _predicted(
    predict: Callable[..., Labels], parts: Sequence[Box], progress: Progress
) -> Iterator[tuple[Box, Labels]]:
    """Yield ``parts`` with their labels, predicted in threads without caching; raises ``Cancelled``."""
    for group in progress.steps(batches(parts, thread_count())):
        yield from zip(group, in_threads(partial(predict, keep=False), group))


def _part_side(level: int) -> int:
    """Return the side (native px) of the parts of a whole scan."""
    return min(PART << level, MAX_PART)


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
    shares = forest.probabilities(samples.features[first:])
    guessed, weights = classes.copy(), samples.weights.copy()
    guessed[first:] = shares.argmax(axis=1)
    weights[first:] *= (2 * shares.max(axis=1) - 1).clip(0.05) * AGAIN_WEIGHT
    return Forest.learn(samples.features, guessed, weights)


def _class_name(strokes: DamageMap, label: int) -> str:
    return next((item.name for item in strokes.classes if item.label == label), "")
