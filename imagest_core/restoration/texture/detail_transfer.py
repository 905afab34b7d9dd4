"""Detail from the painting's own intact regions, laid over a smooth fill.

Intact paint is split into low pass and detail; each small patch of the fill takes the detail of the
intact patch whose low pass is nearest to its own (the idea of image analogies, Hertzmann et al., SIGGRAPH
2001, with the low pass as the guide). Patches are added with smooth weights whose squares sum to one, so
that the detail keeps its energy. Every value is a difference found in intact paint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

SEEDS = 2**31
"""Seeds are reduced to so many, so that products with them fit 64 bits."""

USUAL = 0.97
"""The share of source patches that may be used, by the energy of their detail."""


@dataclass(frozen=True)
class DetailParameters:
    """``sigma``: low pass in px; ``patch`` (odd) and ``stride`` in px.

    ``components``: principal components by which patches are compared; ``most``: source patches at most;
    ``choices``: nearest patches among which the place decides.
    """

    sigma: float = 2.0
    patch: int = 9
    stride: int = 5
    components: int = 16
    most: int = 12_000
    choices: int = 12


@dataclass(frozen=True)
class Source:
    """Intact paint to take detail from: a picture (h, w, 3) and where it may be used (h, w)."""

    image: Image
    intact: Mask


def found_detail(
    fill: Image,
    mask: Mask,
    sources: Sequence[Source],
    parameters: DetailParameters | None = None,
    seed: int = 0,
) -> Image | None:
    """Detail of ``sources`` for the smooth ``fill`` (h, w, 3), whole picture with its hole ``mask``.

    (h, w, 3), of which only what lies under the mask is meant; None where no source holds a whole patch.
    Another ``seed`` chooses otherwise among patches that fit as well.
    """
    p = parameters or DetailParameters()
    library = [_Library.of(source, p) for source in sources]
    if not mask.any() or not any(len(part.centres) for part in library):
        return None
    centres = _centres(mask, p, seed)
    smooth = cv2.GaussianBlur(fill, (0, 0), p.sigma)
    wanted = patches_at(bordered(smooth, p.patch), centres + p.patch // 2, p.patch)
    chosen = _near(wanted, np.concatenate([part.guides for part in library]), centres, p, seed)
    return _laid(_details(library, chosen, p), centres, mask.shape, p)


def split(image: Image, intact: Mask, sigma: float) -> tuple[Image, Image]:
    """Low pass of the intact samples alone (normalised at the holes' rims), and what is left: the detail."""
    weight = intact.astype(np.float32)
    known = np.where(intact[..., None], image, np.float32(0))
    sums, weights = (cv2.GaussianBlur(x, (0, 0), sigma) for x in (known, weight))
    low = sums / np.maximum(weights, 1e-6)[..., None]
    return low, np.where(intact[..., None], image - low, np.float32(0))


@dataclass(frozen=True)
class _Library:
    """What one source offers: its ``detail`` (h, w, 3), and the ``centres`` (n, 2) of whole intact patches
    with their ``guides``, the patches of its low pass."""

    detail: Image
    centres: NDArray[np.integer]
    guides: Image

    @classmethod
    def of(cls, source: Source, p: DetailParameters) -> _Library:
        """At most ``most`` patches, without the liveliest: glints would be scattered over the fill."""
        low, detail = split(source.image, source.intact, p.sigma)
        side, half = (p.patch, p.patch), p.patch // 2
        ones = np.ones(side, np.uint8)
        outside = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
        whole = cv2.erode(source.intact.astype(np.uint8), ones, **outside)
        centres = np.argwhere(whole[half : -half or None, half : -half or None]) + half
        if len(centres) > p.most:
            centres = centres[np.linspace(0, len(centres) - 1, p.most).astype(int)]
        energy = cv2.blur(np.square(detail).mean(2), side)[centres[:, 0], centres[:, 1]]
        if len(centres):
            centres = centres[energy <= np.quantile(energy, USUAL)]
        return cls(detail, centres, patches_at(low, centres, p.patch))


def _details(library: Sequence[_Library], chosen: NDArray[np.integer], p: DetailParameters) -> Image:
    """The detail (n, patch²·3) of the chosen patches, counted through all of the library."""
    ends = np.cumsum([len(part.centres) for part in library])
    found = np.empty((len(chosen), 3 * p.patch**2), np.float32)
    owner = np.searchsorted(ends, chosen, side="right")
    for number, part in enumerate(library):
        mine = owner == number
        first = ends[number] - len(part.centres)
        found[mine] = patches_at(part.detail, part.centres[chosen[mine] - first], p.patch)
    return found


def patches_at(image: Image, centres: NDArray[np.integer], side: int) -> Image:
    """Patches (n, 3·side²) round ``centres`` (n, 2), which lie half a patch inside the image."""
    if not len(centres):
        return np.empty((0, 3 * side**2), np.float32)
    view = np.lib.stride_tricks.sliding_window_view(image, (side, side), axis=(0, 1))
    half = side // 2
    return view[centres[:, 0] - half, centres[:, 1] - half].reshape(len(centres), 3 * side**2)


def bordered(image: Image, side: int) -> Image:
    """With a mirrored border of half a patch."""
    return np.asarray(cv2.copyMakeBorder(image, *(side // 2,) * 4, cv2.BORDER_REFLECT_101), np.float32)


def _centres(mask: Mask, p: DetailParameters, seed: int) -> NDArray[np.integer]:
    """Points of a grid whose patches reach into the hole, each a little off its place: a grid would show."""
    reach = cv2.dilate(mask.astype(np.uint8), np.ones((p.patch, p.patch), np.uint8))
    grid = np.argwhere(reach[:: p.stride, :: p.stride] > 0) * p.stride
    mixed = (grid[:, 0] * 73_856_093) ^ (grid[:, 1] * 19_349_663) ^ (seed % SEEDS * 83_492_791)
    span = p.stride | 1
    off = np.stack([mixed // 97 % span, mixed // 89 // span % span], axis=1) - span // 2
    return np.clip(grid + off, 0, np.array(mask.shape) - 1)


def _near(
    wanted: Image, guides: Image, centres: NDArray[np.integer], p: DetailParameters, seed: int
) -> NDArray[np.integer]:
    """For each wanted patch one of the ``choices`` nearest guides, compared by principal components.

    Which of them depends on place and seed: always the nearest would repeat one patch in a lattice.
    """
    import torch

    mean = guides.mean(0)
    sample = guides[:: max(1, len(guides) // 4000)] - mean
    basis = _principal(sample.T @ sample, p.components)
    a, b = (wanted - mean) @ basis, (guides - mean) @ basis
    squares, others = torch.from_numpy((b * b).sum(1)), torch.from_numpy(-2 * b.T)
    count = min(p.choices, len(guides))
    turn = (centres[:, 0] * 7919 + centres[:, 1] * 104729 + seed % SEEDS * 611_953) // 13 % count
    found = []
    for part, turns in zip(*(np.array_split(x, max(1, len(a) // 256)) for x in (a, turn))):
        distance = torch.addmm(squares, torch.from_numpy(part), others)
        best = distance.topk(count, largest=False, sorted=False).indices.numpy()
        found.append(np.sort(best, axis=1)[np.arange(len(part)), turns])
    return np.concatenate(found)


def _principal(covariance: Image, count: int) -> Image:
    """The ``count`` strongest eigenvectors, (n, count): finding all of them would take most of the time."""
    from scipy.sparse.linalg import eigsh

    start = np.ones(len(covariance), np.float32)
    _, vectors = eigsh(covariance, k=min(count, len(covariance) - 1), which="LA", v0=start)
    return np.asarray(vectors, np.float32)


def _laid(details: Image, centres: NDArray[np.integer], shape: tuple[int, ...], p: DetailParameters) -> Image:
    """Detail patches added at their places with weights whose squares sum to one."""
    height, width = shape
    half = p.patch // 2
    ramp = np.hanning(p.patch + 2)[1:-1].astype(np.float32)
    weight = np.outer(ramp, ramp)[..., None]
    total = np.zeros((height + 2 * half, width + 2 * half, 3), np.float32)
    squares = np.zeros((height + 2 * half, width + 2 * half, 1), np.float32)
    for (y, x), detail in zip(centres, details.reshape(-1, p.patch, p.patch, 3)):
        total[y : y + p.patch, x : x + p.patch] += weight * detail
        squares[y : y + p.patch, x : x + p.patch] += weight * weight
    laid = total / np.sqrt(np.maximum(squares, 1e-6))
    return np.asarray(laid[half : half + height, half : half + width], np.float32)
