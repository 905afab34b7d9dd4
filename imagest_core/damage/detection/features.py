"""Multi-scale features of pixels, for detectors that are learned from examples.

Further pictures of the work, such as infrared, add their lightness with the same filters.

At each scale: the blurred CIELAB colour, the gradient magnitude, the eigenvalues of the Hessian, and the
local standard deviations of lightness and of colour; besides, the colour itself. They are computed in tiles
with a margin as wide as the support of the widest filter, so tile borders don't show.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Image
from imagest_core.damage.detection.registered import RegisteredPicture
from imagest_core.damage.detection.working_scale import WorkingScale
from imagest_core.errors import MaskError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.threads import batches, in_threads, thread_count

FEATURE_TILE = 128
"""Side (px at the working scale) of the tiles that are cached."""
CACHE_BYTES = 400 << 20
PREPARED = 16
"""Number of boxes whose features are computed together for some of their pixels."""
MAX_AREA = 256
"""Maximum side (px) of the area whose features are computed at once: it fits into the processor's cache."""
TRUNCATE = 3.0
"""Filters end at this many standard deviations."""
LAB_RANGE = 100.0


@dataclass(frozen=True)
class FeatureSettings:
    """Standard deviations (px at the working scale) of the Gaussians, one for each scale.

    ``layers``: the number of further registered pictures that add features.
    """

    sigmas: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    layers: int = 0

    @property
    def count(self) -> int:
        """The number of features of a pixel."""
        return self.own + self.layers * self.of_layer

    @property
    def own(self) -> int:
        """The number of features of the scan itself."""
        return 3 + 8 * len(self.sigmas)

    @property
    def of_layer(self) -> int:
        """The number of features of each layer."""
        return 1 + 3 * len(self.sigmas)

    @property
    def margin(self) -> int:
        """Support radius (px at the working scale) of the features."""
        return max(_radius(sigma) for sigma in self.sigmas) + 2


def compute_features(rgb: Image, settings: FeatureSettings) -> Image:
    """Return the features of ``rgb`` (h, w, 3) as (features, h, w) float32."""
    colour = cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32, copy=False), cv2.COLOR_RGB2LAB)
    features = np.empty((settings.own, *rgb.shape[:2]), np.float32)
    cv2.split(colour, list(features[:3]))
    features[:3] *= np.float32(1 / LAB_RANGE)
    lightness, a, b = features[:3]
    squares = np.empty((2, *lightness.shape), np.float32)
    np.multiply(lightness, lightness, out=squares[0])
    cv2.magnitude(a, b, squares[1])
    squares[1] *= squares[1]
    for index, sigma in enumerate(settings.sigmas):
        _features_at(features[:3], squares, sigma, features[3 + 8 * index : 11 + 8 * index])
    return features


def _features_at(lab: Image, squares: Image, sigma: float, out: Image) -> None:
    """Write the eight features of one scale to ``out`` (8, h, w).

    ``squares`` (2, h, w): those of the lightness and of the colour.
    """
    size = (2 * _radius(sigma) + 1,) * 2
    for plane, blurred in zip(lab, out):
        cv2.GaussianBlur(plane, size, sigma, blurred)
    spare, gap = np.empty((2, *out.shape[1:]), np.float32)
    for plane, deviation, means in ((squares[0], out[6], out[:1]), (squares[1], out[7], out[1:3])):
        cv2.GaussianBlur(plane, size, sigma, deviation)
        for mean in means:
            np.subtract(deviation, np.multiply(mean, mean, out=spare), out=deviation)
        np.sqrt(np.maximum(deviation, 0, out=deviation), out=deviation)
    _gradient(out[0], sigma, out[3], spare, gap)
    xx, yy, square = out[4], out[5], sigma * sigma / 4
    for order, plane in (((2, 0), xx), ((0, 2), yy), ((1, 1), spare)):
        cv2.Sobel(out[0], cv2.CV_32F, *order, plane, scale=square)
    cv2.magnitude(np.multiply(np.subtract(xx, yy, out=gap), 0.5, out=gap), spare, gap)
    half_trace = np.multiply(np.add(xx, yy, out=spare), 0.5, out=spare)
    np.add(half_trace, gap, out=out[4])
    np.subtract(half_trace, gap, out=out[5])


def _gradient(lightness: Image, sigma: float, out: Image, dx: Image, dy: Image) -> None:
    """Write the gradient magnitude to ``out``; ``dx`` and ``dy`` are buffers."""
    cv2.Sobel(lightness, cv2.CV_32F, 1, 0, dx, scale=sigma / 8)
    cv2.Sobel(lightness, cv2.CV_32F, 0, 1, dy, scale=sigma / 8)
    cv2.magnitude(dx, dy, out)


def compute_layer_features(lightness: Image, settings: FeatureSettings) -> Image:
    """Return the features of the ``lightness`` (h, w) of a layer as (features, h, w) float32.

    At each scale: the blurred lightness, its gradient magnitude and its local standard deviation.
    """
    features = np.empty((settings.of_layer, *lightness.shape), np.float32)
    features[0] = lightness
    squares = lightness * lightness
    dx, dy = np.empty((2, *lightness.shape), np.float32)
    for index, sigma in enumerate(settings.sigmas):
        size, out = (2 * _radius(sigma) + 1,) * 2, features[1 + 3 * index : 4 + 3 * index]
        cv2.GaussianBlur(features[0], size, sigma, out[0])
        _gradient(out[0], sigma, out[1], dx, dy)
        cv2.GaussianBlur(squares, size, sigma, out[2])
        np.sqrt(np.maximum(out[2] - out[0] * out[0], 0), out=out[2])
    return features


def _radius(sigma: float) -> int:
    return math.ceil(TRUNCATE * sigma)


def check_layers(
    layers: Sequence[RegisteredPicture], settings: FeatureSettings
) -> tuple[RegisteredPicture, ...]:
    """Return ``layers``; raise ``MaskError`` if their number is not that of the settings."""
    check_layer_count(settings.layers, len(layers))
    return tuple(layers)


def check_layer_count(expected: int, given: int) -> None:
    """Raise ``MaskError`` if a damage model was learned with another number of layers than are ``given``."""
    if given != expected and not expected:
        raise MaskError("The damage model was learned from the scan alone: leave out the further pictures.")
    if given != expected:
        raise MaskError(
            Message(
                "The damage model was learned with further pictures of the work ({expected}; {count} "
                "given): use the same kinds of pictures in the same order.",
                expected=expected,
                count=given,
            )
        )


class FeatureCache:
    """Features of a painting at a working scale, kept between changes of the strokes.

    Boxes are in pixels of the working scale. Beyond ``limit`` bytes, tiles that were not used lately are
    dropped. ``layers`` are further pictures, registered with the painting, in the order of the settings.
    """

    def __init__(
        self,
        painting: Painting,
        scale: WorkingScale,
        settings: FeatureSettings | None = None,
        limit: int = CACHE_BYTES,
        layers: Sequence[RegisteredPicture] = (),
    ) -> None:
        self.painting, self.scale, self.settings = painting, scale, settings or FeatureSettings()
        self.layers = check_layers(layers, self.settings)
        self._tiles: OrderedDict[Box, Image] = OrderedDict()
        self._bytes, self._limit = 0, limit
        self._pixels: dict[Box, tuple[NDArray[np.intp], Image]] = {}

    def read(self, box: Box) -> Image:
        """Return the features of ``box`` as (h, w, features), computing what isn't cached."""
        features = np.empty((box.height, box.width, self.settings.count), np.float32)
        for tile, source in self.tiles(box).items():
            part = tile.within(box)
            features[part.moved(-box.x, -box.y).slices] = source[part.moved(-tile.x, -tile.y).slices]
        return features

    def tiles(self, box: Box) -> dict[Box, Image]:
        """Return the tiles that cover ``box`` with their features (h, w, features), to be read only."""
        tiles = self._tiles_of(box)
        kept = {tile: self._used(tile) for tile in tiles if tile in self._tiles}
        return kept | self._compute(tile for tile in tiles if tile not in kept)

    def pixels(self, chosen: Mapping[Box, NDArray[np.intp]], progress: Progress | None = None) -> list[Image]:
        """Return the features (n, features) of some pixels of each box, given by their sorted indices.

        They are kept until others of the same box are asked for. Raises ``Cancelled``.
        """
        missing = [box for box, indices in chosen.items() if not self._has(box, indices)]
        for group in (progress or Progress()).steps(batches(missing, PREPARED)):
            self.prepare(group)
            for box in group:
                features = self.read(box).reshape(-1, self.settings.count)
                self._pixels[box] = chosen[box], features[chosen[box]]
        return [self._pixels[box][1][self._pixels[box][0].searchsorted(each)] for box, each in chosen.items()]

    def _has(self, box: Box, indices: NDArray[np.intp]) -> bool:
        return box in self._pixels and bool(np.isin(indices, self._pixels[box][0]).all())

    def prepare(self, boxes: Iterable[Box], progress: Progress | None = None) -> None:
        """Compute the features of ``boxes`` that aren't cached; raises ``Cancelled``."""
        tiles = dict.fromkeys(tile for box in boxes for tile in self._tiles_of(box))
        areas = list(_areas(tile for tile in tiles if tile not in self._tiles))
        for group in (progress or Progress()).steps(batches(areas, 2 * thread_count())):
            self._compute(tile for _, members in group for tile in members)

    def computed(self, box: Box) -> Image:
        """Return the features of ``box`` as (h, w, features), a view, without caching them."""
        return self._planes(box).transpose(1, 2, 0)

    def _planes(self, box: Box) -> Image:
        """Return the features of ``box`` as (features, h, w)."""
        padded = box.expanded(self.settings.margin).within(self.scale.box)
        features = compute_features(self.scale.read(self.painting, padded), self.settings)
        if self.layers:
            native, level = self.scale.native(padded), self.scale.level
            read = (layer.lightness(native, level) for layer in self.layers)
            more = [compute_layer_features(lightness, self.settings) for lightness in read]
            features = np.concatenate([features, *more])
        return features[(slice(None), *box.moved(-padded.x, -padded.y).slices)]

    def _tiles_of(self, box: Box) -> list[Box]:
        cells = [cell.within(self.scale.box) for cell in box.within(self.scale.box).tiles(FEATURE_TILE)]
        return list(dict.fromkeys(_tile_at(cell, self.scale.box) for cell in cells))

    def _used(self, tile: Box) -> Image:
        self._tiles.move_to_end(tile)
        return self._tiles[tile]

    def _compute(self, tiles: Iterable[Box]) -> dict[Box, Image]:
        """Compute and keep the features of ``tiles``."""

        def compute(part: tuple[Box, list[Box]]) -> dict[Box, Image]:
            area, members = part
            planes = self._planes(area)
            return {tile: _interleaved(planes, tile.moved(-area.x, -area.y)) for tile in members}

        fresh: dict[Box, Image] = {}
        for computed in in_threads(compute, _areas(tiles)):
            fresh |= computed
        for tile, features in fresh.items():
            self._keep(tile, features)
        return fresh

    def _keep(self, tile: Box, features: Image) -> None:
        self._tiles[tile] = features
        self._bytes += features.nbytes
        while self._bytes > self._limit and len(self._tiles) > 1:
            self._bytes -= self._tiles.popitem(last=False)[1].nbytes


def _interleaved(planes: Image, box: Box) -> Image:
    """Return ``box`` of the ``planes`` (features, h, w) as (h, w, features)."""
    return np.asarray(cv2.merge([plane[box.slices] for plane in planes]))


def _tile_at(cell: Box, whole: Box) -> Box:
    x, y = cell.x // FEATURE_TILE * FEATURE_TILE, cell.y // FEATURE_TILE * FEATURE_TILE
    return Box(x, y, FEATURE_TILE, FEATURE_TILE).within(whole)


def _areas(tiles: Iterable[Box]) -> Iterator[tuple[Box, list[Box]]]:
    """Group adjacent tiles into rectangles, which need fewer margins than tiles."""
    open_areas: list[list[Box]] = []
    for run in _runs(sorted(tiles, key=lambda tile: (tile.y, tile.x))):
        for area in open_areas:
            first, last = area[0], area[-1]
            same_columns = (first.x, last.right) == (run[0].x, run[-1].right)
            if same_columns and last.bottom == run[0].y and run[0].bottom - first.y <= MAX_AREA:
                area.extend(run)
                break
        else:
            open_areas.append(list(run))
    for area in open_areas:
        yield Box.spanning(area[0].x, area[0].y, area[-1].right, area[-1].bottom), area


def _runs(tiles: list[Box]) -> Iterator[list[Box]]:
    """Yield runs of adjacent tiles of a row."""
    run: list[Box] = []
    for tile in tiles:
        if run and (tile.y != run[0].y or tile.x != run[-1].right or tile.right - run[0].x > MAX_AREA):
            yield run
            run = []
        run.append(tile)
    if run:
        yield run
