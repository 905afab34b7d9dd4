"""A spline that runs as the paint does: edges, folds and brushwork are carried on into the hole.

In the hole it solves ``(−div M ∇ + β L²) u = 0``: the spline under tension of
:mod:`.spline`, whose tension M pulls more along the direction of the paint near by
than across it. M comes of the structure tensor of the intact paint, as in coherence-enhancing diffusion
(Weickert, "Anisotropic diffusion in image processing", 1998); in the hole it is a mean over intact paint,
which counts for less with about the square of its distance. Where the paint has no direction M is one.
Paint scanned so finely that its samples are grain has less to bend by: there β falls.
Solved coarse to fine by conjugate gradients, preconditioned on all sizes. What it gains: docs/quality.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagest_core.restoration.inpainting.harmonic import COARSEST, excess
from imagest_core.restoration.inpainting.spline import doubled, halved, spline_torch

if TYPE_CHECKING:
    from torch import Tensor

BENDING = 1.0
"""β in px² at the finest level, in smooth paint…"""
GRAINY_BENDING = 0.15
"""…and in grainy."""
GRAIN = (2.2, 3.1)
"""From smooth to grainy: the mean square of the Laplacian over that of the gradient, which is 5 for noise."""
POWER = 2.5
"""M is the structure tensor, scaled to determinant one, to the power of minus this…"""
MOST = 4.0
"""…but none of its eigenvalues is above e to the power of this, or below the inverse."""
CONTRAST = 0.5
"""How much less a strong edge counts than by its squared contrast: 0 not at all, 1 like a faint one."""
FAINT = 0.1
"""Paint with less than this share of the mean squared contrast counts as faint."""
FALL = 0.25
"""Paint twice as far away counts for this share."""
SWEEPS = 12
"""Conjugate gradients on the finest level; more bring a hundredth of a dB…"""
COARSE_SWEEPS = 4
"""…on those between…"""
COARSEST_SWEEPS = 20
"""…and on the coarsest."""
NARROW = 4
"""Px; pictures narrower than this are not reduced further."""


def directed_spline(images: Tensor, masks: Tensor, power: float = POWER, sweeps: int = SWEEPS) -> Tensor:
    """Fill ``images`` (n, c, h, w), any range, where ``masks`` (n, 1, h, w), bool or 0–1, is at least ½.

    Solved in float32 without gradients; the answer has the dtype and device of ``images``, known
    samples unchanged. A picture with nothing known is filled with 0.
    """
    import torch

    if min(images.shape[-2:]) < 2:
        return spline_torch(images, masks)
    with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
        hole = masks if masks.dtype == torch.bool else masks >= 0.5
        start = images.to(torch.float32).masked_fill(hole, 0.0)
        gate = hole.to(torch.float32)
        filled = _solve(start, _levels(gate, tension(start, gate, power), bending(start, gate)), sweeps)
        return torch.where(hole, filled.to(images.dtype), images)


def tension(images: Tensor, hole: Tensor, power: float = POWER) -> Tensor:
    """Half of M, whose determinant is one, of the cells between four pixels: (n, 3, h − 1, w − 1).

    Its parts are along a cell's diagonals ↘ and ↙ and between the two; ``hole`` is 1 where nothing is known.
    """
    import torch
    from torch.nn.functional import max_pool2d

    known = (max_pool2d(hole, 2, 1) == 0).to(images.dtype)
    falling, rising = _differences(images)
    parts = (falling.square(), rising.square(), falling * rising)
    structure = torch.cat([part.mean(1, keepdim=True) for part in parts], 1)
    strength = structure[:, :2].sum(1, keepdim=True)
    mean = (strength * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp(min=1)
    structure = structure / (strength + FAINT * mean + 1e-9) ** CONTRAST
    gathered = _gathered(torch.cat([structure * known, known], 1))
    first, second, between = (gathered[:, :3] / gathered[:, 3:].clamp(min=1e-12)).chunk(3, 1)
    middle, half = (first + second) / 2, (first - second) / 2
    length = (half.square() + between.square()).sqrt().clamp(min=1e-12)
    ratio = (middle + length) / (middle - length).clamp(min=1e-12)
    turn = (0.5 * power * ratio.clamp(min=1.0).log()).clamp(max=MOST)
    pull = turn.sinh() / length
    return torch.cat([turn.cosh() - pull * half, turn.cosh() + pull * half, -pull * between], 1) / 2


def bending(images: Tensor, hole: Tensor) -> Tensor:
    """β of each picture (n, 1, 1, 1); ``images`` are 0 in the ``hole``, which is 1 where nothing is known."""
    from torch.nn.functional import max_pool2d

    grey = images.mean(1, keepdim=True)
    inner = (1 - max_pool2d(hole, 3, 1, 1))[..., 1:-1, 1:-1]
    down, across = grey[..., 1:, :].sub(grey[..., :-1, :]), grey[..., 1:].sub(grey[..., :-1])
    slope = down[..., :-1, 1:-1].square() + across[..., 1:-1, :-1].square()
    sag = down.diff(dim=2)[..., 1:-1] + across.diff(dim=3)[..., 1:-1, :]
    rough, steep = ((part * inner).sum((2, 3), keepdim=True) for part in (sag.square(), slope))
    smooth, grainy = GRAIN
    share = ((rough / steep.clamp(min=1e-9) - smooth) / (grainy - smooth)).clamp(0, 1)
    return BENDING * (GRAINY_BENDING / BENDING) ** share


def _gathered(field: Tensor) -> Tensor:
    """At each place the sum of ``field`` (n, c, h, w), near ones counting for more; see :data:`FALL`."""
    height, width = field.shape[-2:]
    if max(height, width) <= 2:
        return field
    return field + FALL * doubled(_gathered(halved(field)), height, width)


def _differences(field: Tensor) -> tuple[Tensor, Tensor]:
    """Along the diagonals ↘ and ↙ of each cell."""
    return field[..., 1:, 1:] - field[..., :-1, :-1], field[..., 1:, :-1] - field[..., :-1, 1:]


@dataclass(frozen=True)
class _Level:
    """One size: where the hole is (n, 1, h, w), the operator's ``tense`` and ``bending`` there, and the
    ``inverse`` of its diagonal in the hole."""

    hole: Tensor
    tense: Tensor
    bending: Tensor
    inverse: Tensor

    @classmethod
    def of(cls, hole: Tensor, tense: Tensor, bending: Tensor) -> _Level:
        return cls(hole, tense, bending, hole / _diagonal(hole, tense, bending))

    def halved(self) -> _Level | None:
        """The next coarser one, where bending counts for a quarter; none where no hole would be left."""
        from torch.nn.functional import interpolate

        height, width = self.hole.shape[-2:]
        if max(height, width) <= COARSEST or min(height, width) < NARROW:
            return None
        hole = (halved(1 - self.hole) == 0).to(self.hole.dtype)
        if not bool(hole.any()):
            return None
        size = (hole.shape[2] - 1, hole.shape[3] - 1)
        return _Level.of(hole, interpolate(self.tense, size=size, mode="area"), self.bending / 4)


def _levels(hole: Tensor, tense: Tensor, bending: Tensor) -> tuple[_Level, ...]:
    """From the finest on."""
    levels: list[_Level] = []
    level: _Level | None = _Level.of(hole, tense, bending)
    while level is not None:
        levels.append(level)
        level = level.halved()
    return tuple(levels)


def _solve(images: Tensor, levels: Sequence[_Level], sweeps: int) -> Tensor:
    """The finest of the ``levels``, begun with the next coarser one; ``images`` are 0 in the hole."""
    hole = levels[0].hole
    height, width = images.shape[-2:]
    if max(height, width) <= COARSEST or min(height, width) < NARROW:
        mean = images.sum((2, 3), keepdim=True) / (1 - hole).sum((2, 3), keepdim=True).clamp(min=1)
        return _relaxed(images + hole * mean, levels, COARSEST_SWEEPS)
    coarse = 4 * halved(images) / (4 * halved(1 - hole)).clamp(min=1)
    if len(levels) > 1:
        coarse = _solve(coarse, levels[1:], COARSE_SWEEPS)
    return _relaxed(images + hole * doubled(coarse, height, width), levels, sweeps)


def _relaxed(field: Tensor, levels: Sequence[_Level], sweeps: int) -> Tensor:
    """Conjugate gradients from ``field`` on, preconditioned on all sizes at once."""
    level = levels[0]
    rest = -_pull(field, level.tense, level.bending) * level.hole
    ahead = _preconditioned(rest, levels)
    way, energy = ahead, (rest * ahead).sum((2, 3), keepdim=True)
    for _ in range(sweeps):
        pull = _pull(way, level.tense, level.bending) * level.hole
        length = energy / (way * pull).sum((2, 3), keepdim=True).clamp(min=1e-20)
        field = field + length * way
        rest = rest - length * pull
        ahead = _preconditioned(rest, levels)
        left = (rest * ahead).sum((2, 3), keepdim=True)
        way = ahead + left / energy.clamp(min=1e-20) * way
        energy = left
    return field


def _preconditioned(rest: Tensor, levels: Sequence[_Level]) -> Tensor:
    """The sum of what the diagonals of all levels make of ``rest`` (Bramble, Pasciak & Xu, 1990)."""
    first, coarser = levels[0], levels[1:]
    ahead = rest * first.inverse
    if not coarser:
        return ahead
    height, width = rest.shape[-2:]
    coarse = _preconditioned(_restricted(rest) * coarser[0].hole, coarser)
    return ahead + first.hole * _prolonged(coarse, height, width)


def _prolonged(field: Tensor, height: int, width: int) -> Tensor:
    """Bilinearly to twice the size, 0 beyond the edges: the transpose of :func:`_restricted`."""
    from torch.nn.functional import conv_transpose2d

    one = field.reshape(-1, 1, *field.shape[-2:])
    finer = conv_transpose2d(one, _tent(field), stride=2, padding=1)
    return finer.reshape(*field.shape[:2], *finer.shape[-2:])[..., :height, :width]


def _restricted(field: Tensor) -> Tensor:
    """Sums at half the size, each sample shared out bilinearly."""
    from torch.nn.functional import conv2d, pad

    height, width = field.shape[-2:]
    one = pad(field, (0, width % 2, 0, height % 2)).reshape(-1, 1, height + height % 2, width + width % 2)
    coarser = conv2d(one, _tent(field), stride=2, padding=1)
    return coarser.reshape(*field.shape[:2], *coarser.shape[-2:])


def _tent(like: Tensor) -> Tensor:
    side = like.new_tensor([0.25, 0.75, 0.75, 0.25])
    return (side[:, None] * side)[None, None]


def _pull(field: Tensor, tense: Tensor, bending: Tensor) -> Tensor:
    """``(−div M ∇ + β L²)`` of ``field``."""
    falling, rising = _differences(field)
    first, second, between = tense.chunk(3, 1)
    along, across = first * falling + between * rising, second * rising + between * falling
    pull = excess(excess(field)).mul_(16.0 * bending)
    pull[..., 1:, 1:] += along
    pull[..., :-1, :-1] -= along
    pull[..., 1:, :-1] += across
    pull[..., :-1, 1:] -= across
    return pull


def _diagonal(hole: Tensor, tense: Tensor, bending: Tensor) -> Tensor:
    """What :func:`_pull` answers at a sample of one among zeros."""
    import torch

    first, second, _ = tense.chunk(3, 1)
    diagonal = torch.ones_like(hole) * (20.0 * bending)
    diagonal[..., 1:, 1:] += first
    diagonal[..., :-1, :-1] += first
    diagonal[..., 1:, :-1] += second
    diagonal[..., :-1, 1:] += second
    return diagonal
