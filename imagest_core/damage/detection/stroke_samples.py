"""Pixels under strokes that a damage detector is learned from."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image, Labels, Mask
from imagest_core.damage.detection.features import FEATURE_TILE, FeatureCache
from imagest_core.damage.detection.working_scale import SCALES, WorkingScale
from imagest_core.damage.examples import INTACT
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress

MAX_SAMPLES = 4000
"""Maximum number of pixels of a class that are learned from."""
MAX_UNMARKED, UNMARKED_WEIGHT = 4000, 0.5
"""Number of unmarked pixels that are used as weak examples of intact paint, and their weight relative to that
of the strokes of a label."""
UNMARKED = 256
"""Added to the labels of unmarked pixels."""
PRIOR_CELLS = 8
"""Maximum number of cells with damage of an earlier mask that unmarked pixels are taken from."""
SMALL_PICTURE, STROKE_WIDTH = 1 << 20, 4
"""Pictures with fewer pixels aren't reduced; in others, thin strokes become about this wide (px)."""


class Samples(NamedTuple):
    """Features (n, features) float32, labels (n,) and weights (n,) of pixels."""

    features: Image
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]
    unmarked: int


def stroke_samples(
    strokes: DamageMap, cache: FeatureCache, progress: Progress, prior: DamageMap | None = None
) -> Samples:
    """Return pixels under strokes, and unmarked ones near them as weak examples of intact paint.

    Damage and intact paint have the same total weight, damage classes have equal shares. Most unmarked
    pixels are intact. With a small weight they keep colours that no stroke shows from being damage, and don't
    outweigh strokes on damage. Unmarked pixels that ``prior``, an earlier mask, marks are weak examples of
    its class; those of classes that no stroke marks are left out.
    """
    labels = reduced_strokes(strokes, cache.scale)
    taught = taught_labels(strokes, prior)
    chosen = _chosen(labels)
    cells = [cell for occupied in chosen.occupied() for cell in occupied.tiles(FEATURE_TILE)]
    cells = [cell for cell in cells if chosen.read(cell).any()]
    cells += _cells_of(prior, taught, cache.scale, set(cells))
    pixels, found = {}, []
    for cell in cells:
        progress.check()
        marked = chosen.read(cell).ravel()
        earlier = np.zeros_like(marked) if prior is None else reduced_part(prior, cache.scale, cell).ravel()
        free = (labels.read(cell).ravel() == 0) & np.isin(earlier, [0, *taught])
        free = _some(free, MAX_UNMARKED // len(cells) + 1, cell)
        pixels[cell] = np.flatnonzero((marked > 0) | free)
        found.append(
            np.where(free, _or_intact(earlier), marked)[pixels[cell]] + free[pixels[cell]] * UNMARKED
        )
    features = np.concatenate(cache.pixels(pixels, progress))
    values = np.concatenate(found)
    order = np.argsort(values >= UNMARKED, kind="stable")
    together = values[values < UNMARKED]
    counts: NDArray[np.float64] = np.bincount(together, minlength=256).astype(np.float64)
    counts[:INTACT] *= max(int(np.count_nonzero(counts[:INTACT])), 1)
    unmarked = len(values) - len(together)
    weight = UNMARKED_WEIGHT * len(together) / max(unmarked, 1)
    return Samples(
        features[order],
        values[order] % UNMARKED,
        np.concatenate([len(together) / counts[together], np.full(unmarked, weight)]),
        unmarked,
    )


def _some(free: Mask, count: int, cell: Box) -> Mask:
    """Keep ``count`` pixels of ``free`` (n,), chosen at random but always the same ones first."""
    places = np.flatnonzero(free)
    if len(places) <= count:
        return free
    ranks = _ranks(cell, len(free))[places]
    result = np.zeros_like(free)
    result[places[np.argpartition(ranks, count)[:count]]] = True
    return result


def _ranks(cell: Box, count: int) -> NDArray[np.float64]:
    """Return a random number, always the same, for each of the ``count`` pixels of ``cell``."""
    return np.random.default_rng((cell.x, cell.y)).random(count)


def taught_labels(strokes: DamageMap, prior: DamageMap | None) -> list[int]:
    """Return the damage classes that are learned: those of the strokes, else those of ``prior``."""
    labels = [label for label in strokes.counts() if label != INTACT]
    return labels or ([] if prior is None else list(prior.counts()))


def _or_intact(labels: Labels) -> NDArray[np.int64]:
    return np.where(labels == 0, INTACT, labels).astype(np.int64)


def _cells_of(
    prior: DamageMap | None, taught: list[int], scale: WorkingScale, besides: set[Box]
) -> list[Box]:
    """Return evenly chosen cells with damage of the classes ``taught``."""
    occupied = [] if prior is None else prior.occupied()
    cells = []
    for tile in occupied[:: -(-len(occupied) // PRIOR_CELLS)] if occupied else ():
        for cell in scale.reduced(tile).tiles(FEATURE_TILE):
            assert prior is not None
            if cell not in besides and np.isin(reduced_part(prior, scale, cell), taught).any():
                cells.append(cell)
                break
    return list(dict.fromkeys(cells))


def reduced_strokes(strokes: DamageMap, scale: WorkingScale) -> DamageMap:
    """Return the strokes at the working scale; where several meet in a pixel, the lowest label is kept."""
    reduced, level = DamageMap(scale.box.width, scale.box.height), scale.level
    if not level:
        return strokes
    for cell in strokes.occupied():
        side = 1 << level
        reduced.write(scale.reduced(cell), _lowest(strokes.read(cell), side))
    return reduced


def reduced_part(labels: DamageMap, scale: WorkingScale, box: Box) -> Labels:
    """Return the labels of the reduced ``box``."""
    return _lowest(labels.read(scale.native(box)), 1 << scale.level)


def _lowest(labels: Labels, side: int) -> Labels:
    """Return the lowest label of each square of ``side`` px, 0 where there is none."""
    full = _padded(labels, side)
    blocks = full.reshape(full.shape[0] // side, side, full.shape[1] // side, side)
    lowest = np.where(blocks == 0, 256, blocks.astype(np.int16)).min(axis=(1, 3))
    return np.where(lowest == 256, 0, lowest).astype(np.uint8)


def _padded(labels: Labels, side: int) -> Labels:
    height, width = labels.shape
    return np.pad(labels, ((0, -height % side), (0, -width % side)))


def _chosen(strokes: DamageMap) -> DamageMap:
    """Keep about ``MAX_SAMPLES`` pixels of each label, chosen at random but always the same ones first."""
    counts = strokes.counts()
    if max(counts.values()) <= MAX_SAMPLES:
        return strokes
    shares = np.zeros(256)
    for label, count in counts.items():
        shares[label] = MAX_SAMPLES / count
    result = DamageMap(strokes.width, strokes.height)
    for cell in strokes.occupied():
        labels = strokes.read(cell)
        kept = labels * (_ranks(cell, labels.size).reshape(labels.shape) < shares[labels])
        result.write(cell, kept.astype(np.uint8))
    return result


def automatic_level(strokes: DamageMap) -> int:
    """Return the level at which thin strokes on damage are about ``STROKE_WIDTH`` px wide."""
    if strokes.width * strokes.height < SMALL_PICTURE:
        return 0
    widths = []
    for cell in strokes.occupied():
        labels = strokes.read(cell)
        mask = ((labels > 0) & (labels != INTACT)).astype(np.uint8)
        distance = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        count, components = cv2.connectedComponents(mask)
        widths += [2 * float(distance[components == index].max()) for index in range(1, count)]
    return level_of_width(strokes.box, float(np.quantile(widths, 0.25)) if widths else 1.0)


def level_of_width(whole: Box, width: float) -> int:
    """Return the level for strokes ``width`` px wide on a picture of the size of ``whole``."""
    if whole.area < SMALL_PICTURE:
        return 0
    return int(np.clip(np.log2(max(width, 1.0) / STROKE_WIDTH), 0, len(SCALES) - 1))
