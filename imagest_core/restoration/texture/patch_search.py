"""Square patches of pictures, and the search for the nearest ones.

Patches are compared by features: their coefficients of a few separable cosines of lightness and of two colour
differences. The basis is fixed and orthonormal, so a distance between features is the distance between
low-pass patches, and features of all patches are a few separable filters. The search is exact. The code runs
on NumPy arrays and torch tensors alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from imagest_core.arrays import Image, Mask
from imagest_core.models.array_devices import Array, device_of, on_like

BLOCK = 256
"""Queries compared with all candidates at a time."""
OPPONENT = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])
"""Orthonormal rows: lightness, red against blue, green against magenta."""


@dataclass(frozen=True)
class Source:
    """Intact paint to take texture from: a picture (h, w, 3) and where it may be used (h, w)."""

    image: Image
    intact: Mask


@dataclass(frozen=True)
class Terms:
    """How many cosines patches are compared by: of lightness, and of each of two colour differences."""

    lightness: int = 16
    color: int = 4

    @property
    def count(self) -> int:
        """Length of a feature vector."""
        return self.lightness + 2 * self.color


PATCH_TERMS = Terms()
GUIDE_TERMS = Terms(6, 3)
"""Low-pass patches have only low frequencies."""


@cache
def cosines(side: int) -> NDArray[np.float32]:
    """Orthonormal cosines (side, side): row a is the frequency a over the positions of a patch's side."""
    frequency, position = np.arange(side)[:, None], np.arange(side)[None] + 0.5
    waves = np.sqrt(2 / side) * np.cos(np.pi * frequency * position / side)
    waves[0] /= np.sqrt(2)
    return np.ascontiguousarray(waves, np.float32)


@cache
def frequencies(side: int, count: int) -> tuple[tuple[int, int], ...]:
    """Return the ``count`` lowest pairs of vertical and horizontal frequency; the mean comes first."""
    pairs = [(a, b) for a in range(side) for b in range(side)]
    return tuple(sorted(pairs, key=lambda pair: (pair[0] ** 2 + pair[1] ** 2, pair))[:count])


def features(planes: Array, side: int, terms: Terms = PATCH_TERMS) -> Array:
    """Features (h, w, m) of the patch around each sample of ``planes`` (3, h, w); edges are mirrored."""
    if not isinstance(planes, np.ndarray):
        return _torch_features(planes, side, terms)
    found = np.empty((*planes.shape[1:], terms.count), np.float32)
    for column, filtered in enumerate(_filtered(planes, side, terms)):
        found[..., column] = filtered
    return found


def features_at(planes: Array, side: int, centres: Array, terms: Terms = PATCH_TERMS) -> Array:
    """:func:`features` (k, m) at ``centres`` (k, 2) alone, which is faster for few of them."""
    rows, columns = centres[:, 0], centres[:, 1]
    if not isinstance(planes, np.ndarray):
        return _torch_features(planes, side, terms)[rows, columns]
    found = np.empty((len(centres), terms.count), np.float32)
    places = rows * planes.shape[2] + columns
    for column, filtered in enumerate(_filtered(planes, side, terms)):
        found[:, column] = filtered.ravel()[places]
    return found


def _filtered(planes: Array, side: int, terms: Terms) -> Iterator[Image]:
    """Each feature as a plane (h, w)."""
    opponent = np.tensordot(OPPONENT.astype(np.float32), planes, 1)
    waves = cosines(side)
    for plane, count in zip(opponent, (terms.lightness, terms.color, terms.color)):
        for down, across in frequencies(side, count):
            yield cv2.sepFilter2D(plane, -1, waves[across], waves[down], borderType=cv2.BORDER_REFLECT_101)


def _torch_features(planes: Array, side: int, terms: Terms) -> Array:
    import torch
    from torch.nn import functional

    kernels = torch.from_numpy(basis(side, terms)).to(planes.device)
    half = side // 2
    rows, columns = (
        torch.from_numpy(np.pad(np.arange(size), half, mode="reflect")).to(planes.device)
        for size in planes.shape[1:]
    )
    padded = planes[:, rows][:, :, columns]
    return functional.conv2d(padded[None], kernels)[0].permute(1, 2, 0)


@cache
def basis(side: int, terms: Terms = PATCH_TERMS) -> NDArray[np.float32]:
    """Return the orthonormal patches (m, 3, side, side) that features are the coefficients of."""
    waves = cosines(side)
    kernels = [
        weights[:, None, None] * np.outer(waves[down], waves[across])
        for weights, count in zip(OPPONENT, (terms.lightness, terms.color, terms.color))
        for down, across in frequencies(side, count)
    ]
    return np.ascontiguousarray(np.stack(kernels), np.float32)


@cache
def varying(terms: Terms = PATCH_TERMS) -> NDArray[np.bool_]:
    """(m,) which features are not a mean: they scale with the contrast of a patch."""
    flags = np.ones(terms.count, np.bool_)
    flags[[0, terms.lightness, terms.lightness + terms.color]] = False
    return flags


def whole_patches(intact: Mask, side: int) -> NDArray[np.int64]:
    """Centres (n, 2) of the patches that are intact throughout."""
    outside = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    return np.argwhere(cv2.erode(intact.astype(np.uint8), np.ones((side, side), np.uint8), **outside))


def patches_at(planes: Array, corners: Array, side: int) -> Array:
    """Patches (n, 3·side²) of ``planes`` (3, h, w) at their upper left ``corners`` (n, 2)."""
    xp = array_namespace(planes)
    width = planes.shape[2]
    across = np.arange(side)
    offsets = on_like(planes, (across[:, None] * width + across).ravel())
    index = (corners[:, 0] * width + corners[:, 1])[:, None] + offsets
    flat = xp.reshape(planes, (planes.shape[0], -1))[:, index]
    return xp.reshape(xp.permute_dims(flat, (1, 0, 2)), (len(corners), planes.shape[0] * side * side))


def nearest(queries: Array, candidates: Array) -> tuple[Array, Array]:
    """Find the nearest of ``candidates`` (n, m) for each row of ``queries`` (k, m).

    Returns its index (k,) and the squared distance to it (k,).
    """
    xp = array_namespace(queries)
    squares = 0.5 * xp.sum(candidates * candidates, axis=1)
    turned = candidates.T
    indices, halves = [], []
    for start in range(0, len(queries), BLOCK):
        part = queries[start : start + BLOCK]
        score = part @ turned
        score -= squares
        best = xp.argmax(score, axis=1)
        indices.append(best)
        halves.append(score[xp.arange(len(part), device=device_of(part)), best])
    index, half = xp.concat(indices), xp.concat(halves)
    return index, xp.clip(xp.sum(queries * queries, axis=1) - 2 * half, min=0)
