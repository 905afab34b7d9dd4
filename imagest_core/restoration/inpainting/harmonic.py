"""Laplace's equation in the hole, coarse to fine: the smoothest surface that meets the rim.

The known samples are averaged down to a few pixels, the hole is filled there, and on the way back
up each level is relaxed by Chebyshev-accelerated Jacobi sweeps of the five-point stencil (Golub and
Varga, Numer. Math. 3, 1961) with mirrored edges. :func:`harmonic` (NumPy and OpenCV) and
:func:`harmonic_torch` (batches, any device) take the same steps and agree but for rounding; every
picture of a batch is solved on its own. Samples under the mask are never read: they may be NaN.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

SWEEPS = 8
"""Relaxations a level. The fill's RMS distance from the exact solution is then about 1.6/255; at 24, 0.6."""
COARSEST = 8
"""Side in pixels below which a level is not reduced further."""
COARSEST_SWEEPS = 24
EXCESS = np.array([[0, 0.25, 0], [0.25, -1, 0.25], [0, 0.25, 0]], np.float32)
"""How far the mean of the four neighbours lies above a pixel."""


def chebyshev(sweeps: int) -> Iterator[tuple[float, float]]:
    """(momentum, step) of each sweep: optimal for eigenvalues of I − Jacobi in [3.2 / sweeps², 2]."""
    low = min(3.2 / sweeps**2, 1.0)
    centre, half = (2.0 + low) / 2, (2.0 - low) / 2
    previous = half / centre
    yield 0.0, 1 / centre
    for _ in range(sweeps - 1):
        current = 1 / (2 * centre / half - previous)
        yield current * previous, 2 * current / half
        previous = current


def harmonic(
    image: NDArray[np.floating], mask: NDArray[np.bool_], sweeps: int = SWEEPS
) -> NDArray[np.float32]:
    """Fill ``image`` (h, w, c) float, any range, where ``mask`` (h, w) is true.

    Known samples come back unchanged. With nothing known the fill is 0.
    """
    known = ~mask
    start = np.where(mask[..., None], np.float32(0), image).astype(np.float32)
    if not mask.any():
        return start
    return _solve(start, known, sweeps)


def _solve(image: NDArray[np.float32], known: NDArray[np.bool_], sweeps: int) -> NDArray[np.float32]:
    height, width = known.shape
    hole = (~known).astype(np.float32)[..., None]
    if max(height, width) <= COARSEST:
        average = (image.sum((0, 1)) / max(int(known.sum()), 1)).astype(np.float32)
        return _relax(image + hole * average, hole, max(sweeps, COARSEST_SWEEPS))
    count = _sum_of_fours(known.astype(np.float32)[..., None])
    mean = (_sum_of_fours(image) / np.maximum(count, 1)).astype(np.float32)
    coarse = _solve(mean, count[..., 0] > 0, sweeps)
    finer = cv2.resize(coarse, (2 * coarse.shape[1], 2 * coarse.shape[0]), interpolation=cv2.INTER_LINEAR)
    return _relax(image + hole * finer.reshape(*finer.shape[:2], -1)[:height, :width], hole, sweeps)


def _sum_of_fours(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = values.shape[:2]
    even = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    rows = even[0::2] + even[1::2]
    return rows[:, 0::2] + rows[:, 1::2]


def _relax(field: NDArray[np.float32], hole: NDArray[np.float32], sweeps: int) -> NDArray[np.float32]:
    gate = np.repeat(hole, field.shape[2], axis=2)
    step = np.zeros_like(field)
    for momentum, rate in chebyshev(sweeps):
        excess = cv2.filter2D(field, -1, EXCESS, borderType=cv2.BORDER_REPLICATE).reshape(field.shape)
        cv2.multiply(excess, gate, dst=excess)
        cv2.addWeighted(step, momentum, excess, rate, 0, dst=step)
        cv2.add(field, step, dst=field)
    return field


def harmonic_torch(images: Tensor, masks: Tensor, sweeps: int = SWEEPS) -> Tensor:
    """Fill ``images`` (n, c, h, w), any range, where ``masks`` (n, 1, h, w), bool or 0–1, is at least ½.

    Solved in float32 without gradients; the answer has the dtype and device of ``images``, known
    samples unchanged. A picture with nothing known is filled with 0.
    """
    import torch

    with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
        hole = masks if masks.dtype == torch.bool else masks >= 0.5
        start = images.to(torch.float32).masked_fill(hole, 0.0)
        filled = _solve_torch(start, hole.to(torch.float32), sweeps)
        return torch.where(hole, filled.to(images.dtype), images)


def _solve_torch(images: Tensor, hole: Tensor, sweeps: int) -> Tensor:
    from torch.nn import functional

    height, width = images.shape[-2:]
    if max(height, width) <= COARSEST:
        count = (1 - hole).sum((2, 3), keepdim=True).clamp(min=1)
        mean = images.sum((2, 3), keepdim=True) / count
        return _relax_torch(images + hole * mean, hole, max(sweeps, COARSEST_SWEEPS))
    odd = (0, width % 2, 0, height % 2)
    count = 4 * functional.avg_pool2d(functional.pad(1 - hole, odd), 2)
    mean = 4 * functional.avg_pool2d(functional.pad(images, odd), 2) / count.clamp(min=1)
    coarse = _solve_torch(mean, (count == 0).to(images.dtype), sweeps)
    finer = functional.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    return _relax_torch(images + hole * finer[..., :height, :width], hole, sweeps)


def _relax_torch(field: Tensor, hole: Tensor, sweeps: int) -> Tensor:
    import torch

    step = torch.zeros_like(field)
    for momentum, rate in chebyshev(sweeps):
        step.mul_(momentum).add_(excess(field).mul_(hole), alpha=rate)
        field.add_(step)
    return field


def excess(field: Tensor) -> Tensor:
    """How far the mean of the four neighbours lies above each pixel of (n, c, h, w): −L/4."""
    from torch.nn.functional import pad

    edged = pad(field, (1, 1, 1, 1), mode="replicate")
    around = edged[..., :-2, 1:-1] + edged[..., 2:, 1:-1]
    return around.add_(edged[..., 1:-1, :-2]).add_(edged[..., 1:-1, 2:]).mul_(0.25).sub_(field)
