"""Losses infilled with what patches of paint look like (:class:`imagest_core.models.infill.PatchMixture`).

From coarse to fine: on each level patches over the hole's rim are laid on a grid; each takes the component
that fits it best, and what it lacks is the mean of that component given its intact samples (the conditional
mean of a Gaussian). Of overlapping answers those count for more that saw more intact paint near by. Deep in
the hole, where no patch sees much that is intact, the spline it starts from and the coarser levels count for
more: the shares below were measured on simulated damage (docs/quality.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from imagest_core.models.infill import GREY, PatchTables, best_component, halved, shape_of
from imagest_core.restoration.request import Quality
from imagest_core.restoration.texture.padding import mirrored

DEPTHS = (0.0, 1.0, 2.0, 3.2, 5.0, 7.5, 10.5, 14.0)
"""Px from the rim, at each level's own size."""
FINEST = (0.73, 0.73, 0.54, 0.31, 0.1, 0.0, 0.0, 0.0)
"""Share of the patches' answer at these depths, by regression on simulated damage of held-out works."""
HALF = (0.0, 0.0, 0.33, 0.39, 0.12, 0.0, 0.0, 0.0)
QUARTER = (0.0, 0.09, 0.29, 0.25, 0.06, 0.03, 0.0, 0.0)
EIGHTH = (0.0, 0.05, 0.17, 0.22, 0.17, 0.17, 0.03, 0.0)
LEVELS = (FINEST, HALF, QUARTER, EIGHTH)
"""By level, each half the size of the one before."""
INTACT = 0.25
"""Share of a patch that has to be intact."""
NEAR = 4.0
"""Px: intact samples this near (σ of a Gaussian) to a missing one make its answer count."""
BATCH = 1 << 24
"""Numbers in the largest array of one batch of patches."""


@dataclass(frozen=True)
class InfillEffort:
    """``strides``: px between patches on the finest level and on the coarser ones; ``rounds``: how often
    components are chosen anew; ``study``: whether the paint round the damage is studied first."""

    strides: tuple[int, int] = (4, 4)
    rounds: int = 2
    study: bool = True


EFFORTS: Mapping[Quality, InfillEffort] = {
    Quality.DRAFT: InfillEffort((8, 8), 1, study=False),
    Quality.STANDARD: InfillEffort((4, 4), 2),
    Quality.FINE: InfillEffort((3, 4), 3),
}


def infill(
    picture: Tensor,
    hole: Tensor,
    tables: Sequence[PatchTables],
    effort: InfillEffort | None = None,
    check: Callable[[], None] = lambda: None,
) -> Tensor:
    """``picture`` (3, h, w) in 0–1, its ``hole`` (h, w) pre-filled, with the hole filled from patches.

    ``tables`` of each level from the finest on; the last ones serve all that are coarser.
    Outside the hole it comes back as it was. ``check`` is called again and again and may raise ``Cancelled``.
    """
    return _level(picture, hole, tables, effort or InfillEffort(), 0, check)


def _level(
    picture: Tensor,
    hole: Tensor,
    tables: Sequence[PatchTables],
    effort: InfillEffort,
    level: int,
    check: Callable[[], None],
) -> Tensor:
    """The coarser levels' answer first, then this level's patches over it."""
    coarser = halved(picture, hole) if level + 1 < len(LEVELS) else None
    if coarser is not None and bool(coarser[1].any()):
        answer = _level(*coarser, tables, effort, level + 1, check)
        height, width = hole.shape
        change = functional.interpolate((answer - coarser[0])[None], scale_factor=2.0, mode="bilinear")[0]
        picture = torch.where(hole, picture + change[:, :height, :width], picture)
    depth = _depth(hole)
    shares = LEVELS[level]
    reach = DEPTHS[max(i for i, share in enumerate(shares) if share) + 1]
    known = tables[min(level, len(tables) - 1)]
    patches = _Patches.over(hole, depth, reach, known.side, effort.strides[min(level, 1)])
    if not len(patches.places):
        return picture
    share = torch.from_numpy(np.interp(depth, DEPTHS, shares).astype(np.float32)).to(picture.device)
    found = patches.answer(picture, known, effort.rounds, check)
    return torch.where(hole, picture + share * (found - picture), picture)


def _depth(hole: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Px from the hole's rim."""
    inside = hole.cpu().numpy().astype(np.uint8)
    return np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)


@dataclass(frozen=True)
class _Patches:
    """Patches of one level, those that lack the least first.

    ``places`` (n, side²) of their samples in the bordered picture; ``order`` (n, side²) of the samples in
    a patch, the missing ones first; ``missing`` (n,), how many those are.
    """

    shape: tuple[int, int]
    border: int
    places: Tensor
    order: Tensor
    missing: Tensor

    @classmethod
    def over(
        cls,
        hole: Tensor,
        depth: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
        reach: float,
        side: int,
        stride: int,
    ) -> _Patches:
        """Patches of a grid with samples of the hole at most ``reach`` px deep and enough intact ones."""
        border = side // 2
        bordered = mirrored(hole[None].float(), border)[0] > 0.5
        near = mirrored((hole & (torch.from_numpy(depth).to(hole.device) <= reach))[None].float(), border)[0]
        height, width = bordered.shape
        count = functional.avg_pool2d(torch.stack([near, bordered.float()])[:, None], side, stride)[:, 0]
        rows, columns = ((count[0] > 0) & (count[1] <= 1 - INTACT)).nonzero().T * stride
        across = torch.arange(side, device=hole.device)
        inner = (across[:, None] * width + across).reshape(-1)
        places = (rows * width + columns)[:, None] + inner
        missing = bordered.reshape(-1)[places]
        by_missing = missing.sum(1).argsort(stable=True)
        places, missing = places[by_missing], missing[by_missing]
        order = missing.logical_not().to(torch.uint8).argsort(dim=1, stable=True)
        return cls((height, width), border, places, order, missing.sum(1))

    def answer(self, picture: Tensor, tables: PatchTables, rounds: int, check: Callable[[], None]) -> Tensor:
        """The patches' answers laid over the picture; the components are chosen anew in each round."""
        flat = mirrored(picture, self.border).reshape(3, -1)
        parts = [_Part.of(self, part, flat, tables.side) for part in self._batches(tables.side)]
        for _ in range(rounds):
            sums, weights = torch.zeros_like(flat), torch.zeros_like(flat[0])
            for part in parts:
                check()
                part.choose(flat, tables)
                sums.index_add_(1, part.at, part.means[part.lacks].T * part.weight)
                weights.index_add_(0, part.at, part.weight)
            flat = torch.where(weights > 0, sums / weights.clamp(min=1e-12), flat)
        height, width = self.shape
        border = self.border
        return flat.reshape(3, height, width)[:, border : height - border, border : width - border]

    def _batches(self, side: int) -> list[slice]:
        """Patches that lack about as much, as many at a time as memory allows."""
        parts, start, total = [], 0, len(self.places)
        while start < total:
            most = int(self.missing[min(start + 255, total - 1)])
            stop = min(total, start + max(16, min(256, BATCH // (max(most, 1) * side**2))))
            parts.append(slice(start, stop))
            start = stop
        return parts


class _Part:
    """Some patches, and the means of what they lack, ``means`` (n, most, 3), of which ``lacks`` (n, most)
    are meant: ``at`` (m,) these places, each counting by its ``weight`` (m,)."""

    def __init__(self, places: Tensor, first: Tensor, lacks: Tensor, samples: Tensor, side: int) -> None:
        self.lacks = lacks
        self._places, self._first = places, first
        self._intact = torch.ones_like(samples[0]).scatter(1, first, (~lacks).float())
        self._mean = (samples * self._intact).sum(2, keepdim=True) / self._intact.sum(1)[:, None]
        self._known = ((samples - self._mean) * self._intact).permute(1, 2, 0)
        self.at = places.gather(1, first)[lacks]
        self.weight = _intact_near(self._intact, side).gather(1, first)[lacks]
        self._chosen = torch.full_like(places[:, 0], -1)
        self.means = self._known.new_zeros(*first.shape, 3)

    @classmethod
    def of(cls, patches: _Patches, part: slice, flat: Tensor, side: int) -> _Part:
        """Of a bordered picture ``flat`` (3, places)."""
        places, missing = patches.places[part], patches.missing[part]
        most = int(missing[-1])
        lacks = torch.arange(most, device=flat.device) < missing[:, None]
        return cls(places, patches.order[part][:, :most], lacks, flat[:, places], side)

    def choose(self, flat: Tensor, tables: PatchTables) -> None:
        """Choose the components by what stands in ``flat``; where one stays its means do, too."""
        grey = torch.einsum("cns,c->ns", flat[:, self._places], flat.new_tensor(GREY))
        chosen = best_component(shape_of(grey), tables)
        changed = (chosen != self._chosen).nonzero()[:, 0]
        if len(changed):
            self.means[changed] = self._conditional(changed, chosen[changed], tables.precision)
        self._chosen = chosen

    def _conditional(self, some: Tensor, chosen: Tensor, precision: Tensor) -> Tensor:
        """Means (k, most, 3) of what ``some`` patches of ``chosen`` components lack given what is intact."""
        first, lacks = self._first[some], self.lacks[some]
        rows = precision[chosen[:, None], first]
        inner = rows.gather(2, first[:, None].expand(-1, first.shape[1], -1))
        one = torch.eye(first.shape[1], device=first.device)
        inner = torch.where(lacks[:, :, None] & lacks[:, None], inner, one)
        pull = (rows @ self._known[some]) * lacks[..., None]
        return self._mean[:, some].permute(1, 2, 0) - torch.cholesky_solve(pull, torch.linalg.cholesky(inner))


def _intact_near(intact: Tensor, side: int) -> Tensor:
    """The weight (n, side²) of each sample's answer: the square of the share of its own patch, near to it,
    that is intact."""
    across = torch.arange(side, dtype=intact.dtype, device=intact.device)
    bell = torch.exp(-0.5 * ((across[:, None] - across) / NEAR).square())
    bell = bell / bell.sum(0).max()
    share = bell @ intact.reshape(-1, side, side) @ bell
    return (share.reshape(len(intact), -1) + 0.01).square()
