"""Studying the paint at hand: the infill learns from what is intact round the damage before it fills.

A mixture learned from many paintings is the prior; each of its components takes over the covariance
of those patches here that it fits best, as far as there are any (maximum a posteriori, as in Luo, Chan &
Nguyen, "Adaptive image denoising by mixture adaptation", TIP 2016). Which component fits a patch is still
told by the mixture as it was learned: that is as good, and cheaper. What it gains: docs/quality.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from imagest_core.models.infill import (
    GREY,
    PatchMixture,
    PatchTables,
    best_component,
    halved,
    precisions,
    shape_of,
    turns,
)

LACK = 0.2
"""A patch may lack this share of its samples to be studied: between cracks hardly one is whole."""
MOST = 3000
"""Patches studied of one picture; they overlap."""
OVERLAP = 15.0
"""As many overlapping patches tell as much as one."""
CHUNK = 64
TRUST = (10.0, 20.0)
"""As many patches as what was learned from other paintings counts for, in each component: at the
picture's own size and at half of it. Coarser levels stay as they were learned."""

Seen = Sequence[Tensor]
"""Shapes of patches (n, side²) at each size of :data:`TRUST`."""


class Study:
    """A learned mixture, and what it becomes for one painting; pictures are (3, h, w) in 0–1."""

    def __init__(self, mixture: PatchMixture, tables: PatchTables) -> None:
        self._side, self._tables = mixture.config.side, tables
        self._learned = mixture.covariances()
        self._ways = turns(self._side)

    def look(self, picture: Tensor, hole: Tensor) -> Seen:
        """Patches of ``picture`` that lack little; its ``hole`` (h, w) is pre-filled."""
        seen = [self._patches(picture, hole)]
        for _ in TRUST[1:]:
            picture, hole = halved(picture, hole)
            seen.append(self._patches(picture, hole))
        return seen

    def studied(self, *seen: Seen) -> tuple[PatchTables, ...]:
        """The tables of each size after what was ``seen`` was studied; last those for all coarser ones."""
        levels = [self._learn(torch.cat(patches), trust) for patches, trust in zip(zip(*seen), TRUST)]
        return (*levels, self._tables)

    def _patches(self, picture: Tensor, hole: Tensor) -> Tensor:
        """Shapes (n, side²), at most :data:`MOST`."""
        side = self._side
        if min(hole.shape) < side:
            return picture.new_zeros(0, side**2)
        lack = functional.avg_pool2d(hole[None].float(), side, 1)[0]
        rows, columns = (lack <= LACK).nonzero().T
        if len(rows) > MOST:
            chosen = torch.linspace(0, len(rows) - 1, MOST, device=rows.device).long()
            rows, columns = rows[chosen], columns[chosen]
        grey = torch.einsum("chw,c->hw", picture, picture.new_tensor(GREY))
        found = grey.unfold(0, side, 1).unfold(1, side, 1)[rows, columns]
        return shape_of(found.reshape(-1, side**2))

    def _learn(self, patches: Tensor, trust: float) -> PatchTables:
        """The tables after ``patches`` (n, side²); as they were where there are none."""
        tables = self._tables.to(patches.device)
        if not len(patches):
            return tables
        sums, counts = self._sums(patches, _best(patches, tables))
        weight = (trust + counts / OVERLAP)[:, None, None]
        covariances = (self._learned * trust + sums / OVERLAP) / weight
        return replace(tables, precision=precisions(covariances, self._side).to(patches.device))

    def _sums(self, patches: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Of each component's patches, turned as it is, the scatter (c, side², side²) and the number (c,)."""
        learned = self._learned
        sums, counts = torch.zeros_like(learned), learned.new_zeros(len(learned))
        patches, labels = patches.cpu(), labels.cpu()
        for label in sorted(set(labels.tolist())):
            way, component = divmod(label, len(learned))
            own = patches[labels == label][:, self._ways[way]]
            sums[component] += (own.T @ own).double()
            counts[component] += len(own)
        return sums, counts


def _best(patches: Tensor, tables: PatchTables) -> Tensor:
    """The component of each patch, so many at a time as stay near the processor."""
    return torch.cat([best_component(part, tables) for part in torch.split(patches, CHUNK)])
