"""A spline under tension through the known pixels: what the networks were trained over.

In the hole it solves ``(L + β L²) u = 0``, where L is the discrete Laplacian: a membrane (β = 0 is the
harmonic fill) that also resists bending (Smith & Wessel, "Gridding with continuous curvature splines in
tension", Geophysics 55, 1990; their T is 1 / (1 + β)). It carries edges a little way into a crack, as a thin
plate does, without the plate's overshoot in large losses, and lies nearer to the truth than either alone.
Solved coarse to fine, by the same code in training and in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagest_core.restoration.inpainting.harmonic import COARSEST, chebyshev, excess

if TYPE_CHECKING:
    from torch import Tensor

BENDING = 2.0
"""β in px² at the finest level: the best of 0.5…16 for cracks and losses alike."""
SWEEPS = 24
"""Relaxations of the spline a level."""
CYCLES = 2
"""Corrections of what relaxing the finest level alone leaves in large holes: with two, fills score as the
exact solution's do."""
CORRECTION_SWEEPS = 12
COARSEST_SWEEPS = 48


def spline_torch(images: Tensor, masks: Tensor, cycles: int = CYCLES) -> Tensor:
    """Fill ``images`` (n, c, h, w), any range, where ``masks`` (n, 1, h, w), bool or 0–1, is at least ½.

    Solved in float32 without gradients; the answer has the dtype and device of ``images``, known
    samples unchanged. A picture with nothing known is filled with 0.
    """
    import torch

    with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
        hole = masks if masks.dtype == torch.bool else masks >= 0.5
        start = images.to(torch.float32).masked_fill(hole, 0.0)
        gate = hole.to(torch.float32)
        filled = _solve(start, gate, BENDING)
        for _ in range(cycles):
            filled = filled + _correction(_force(filled, gate, BENDING), gate, BENDING)
            filled = _relax(filled, gate, BENDING, SWEEPS)
        return torch.where(hole, filled.to(images.dtype), images)


def _solve(images: Tensor, hole: Tensor, bending: float) -> Tensor:
    """One level, begun with the next coarser one, where bending counts for a quarter."""
    height, width = images.shape[-2:]
    if max(height, width) <= COARSEST:
        count = (1 - hole).sum((2, 3), keepdim=True).clamp(min=1)
        mean = images.sum((2, 3), keepdim=True) / count
        return _relax(images + hole * mean, hole, bending, COARSEST_SWEEPS)
    count = 4 * halved(1 - hole)
    mean = 4 * halved(images) / count.clamp(min=1)
    coarse = _solve(mean, (count == 0).to(images.dtype), bending / 4)
    return _relax(images + hole * doubled(coarse, height, width), hole, bending, SWEEPS)


def _correction(force: Tensor, hole: Tensor, bending: float) -> Tensor:
    """The spline that ``force`` bends, held at 0 outside the hole: one cycle from the coarsest level up."""
    import torch

    height, width = force.shape[-2:]
    if max(height, width) <= COARSEST:
        return _bent(torch.zeros_like(force), force, hole, bending, COARSEST_SWEEPS)
    inner = (halved(1 - hole) == 0).to(force.dtype)
    coarse = _correction(4 * halved(force) * inner, inner, bending / 4)
    return _bent(doubled(coarse, height, width) * hole, force, hole, bending, CORRECTION_SWEEPS)


def halved(field: Tensor) -> Tensor:
    """Means of 2×2 px; beyond an odd side there are zeros."""
    from torch.nn.functional import avg_pool2d, pad

    height, width = field.shape[-2:]
    return avg_pool2d(pad(field, (0, width % 2, 0, height % 2)), 2)


def doubled(field: Tensor, height: int, width: int) -> Tensor:
    from torch.nn.functional import interpolate

    finer = interpolate(field, scale_factor=2, mode="bilinear", align_corners=False)
    return finer[..., :height, :width]


def _force(field: Tensor, hole: Tensor, bending: float) -> Tensor:
    """−(L + β L²)/4 of ``field`` in the hole."""
    sag = excess(field)
    return sag.sub_(excess(sag), alpha=4.0 * bending).mul_(hole)


def _relax(field: Tensor, hole: Tensor, bending: float, sweeps: int) -> Tensor:
    import torch

    return _bent(field, torch.zeros_like(field), hole, bending, sweeps)


def _bent(field: Tensor, force: Tensor, hole: Tensor, bending: float, sweeps: int) -> Tensor:
    """Chebyshev relaxation under ``force``, of the operator scaled so that its eigenvalues lie in 0…2."""
    import torch

    scale = 1.0 / (1.0 + 8.0 * bending)
    step = torch.zeros_like(field)
    for momentum, rate in chebyshev(sweeps):
        pull = _force(field, hole, bending).add_(force * hole)
        step.mul_(momentum).add_(pull, alpha=rate * scale)
        field = field + step
    return field
