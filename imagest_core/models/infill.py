"""The infill: what small patches of paint look like, learned from paintings.

A mixture of Gaussians over square patches (Zoran & Weiss, "From learning models of natural image patches to
whole image restoration", ICCV 2011; Yu, Sapiro & Mallat, "Solving inverse problems with piecewise linear
estimators", TIP 2012). Each component says how the samples of one kind of patch (flat, an edge, a weave)
vary together. Paint knows neither left nor right: each component counts in the eight ways in which
a square can be turned and mirrored, learned from all of them together.

A patch is compared by its shape alone: without its mean and divided by its contrast.
:mod:`imagest_core.restoration.patch_infill` fills holes with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

FAINT = 0.008
"""Added to a patch's contrast (RMS, samples in 0–1): fainter patches count as flat."""
GRAIN = 0.005
"""Variance of what no neighbour tells (grain, noise), of a patch of contrast one."""
UNKNOWN_MEAN = 5.0
"""Variance of a patch's mean, which the mixture says nothing of."""
GREY = (0.299, 0.587, 0.114)
COARSE_HOLE = 0.6
"""A sample of a coarser level lies in the hole where more than this share of what it stands for does."""


@dataclass(frozen=True)
class InfillConfig:
    """``side`` of the patches in px (odd), ``components`` of the mixture, ``kept`` principal components by
    which patches are told apart."""

    side: int = 15
    components: int = 20
    kept: int = 48


@dataclass(frozen=True)
class PatchTables:
    """What filling needs, computed once of the mixture; c counts components × 8 ways to turn them.

    ``basis`` (side², kept); ``whitening`` (c, kept, kept) and ``offset`` (c,): the score of a patch's
    coordinates z is ``offset − ½‖whitening z‖²``; ``precision`` (c, side², side²) of patches of contrast one.
    """

    side: int
    basis: Tensor
    whitening: Tensor
    offset: Tensor
    precision: Tensor

    def to(self, device: torch.device) -> PatchTables:
        """The same on another device."""
        parts = (self.basis, self.whitening, self.offset, self.precision)
        return PatchTables(self.side, *(part.to(device) for part in parts))


class PatchMixture(nn.Module):
    """The learned mixture: each covariance's Cholesky factor, its lower triangle row by row, and shares."""

    def __init__(self, config: InfillConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or InfillConfig()
        start = packed(torch.linalg.cholesky(alike(config.side)))
        self.factors = nn.Parameter(start.float().repeat(config.components, 1))
        self.shares = nn.Parameter(torch.full((config.components,), 1.0 / config.components))

    @torch.no_grad()
    def covariances(self) -> Tensor:
        """(components, side², side²) in float64, positive definite whatever the factors were stored as."""
        factors = unpacked(self.factors.double().cpu(), self.config.side**2)
        return factors @ factors.mT

    @torch.no_grad()
    def set(self, covariances: Tensor, shares: Tensor) -> None:
        """Take over symmetric positive definite ``covariances`` (components, side², side²)."""
        self.factors.copy_(packed(torch.linalg.cholesky(covariances.double())))
        self.shares.copy_(shares)

    @torch.no_grad()
    def tables(self) -> PatchTables:
        """What filling needs, on the CPU in float32."""
        return tables_of(self.covariances(), self.shares.double().cpu(), self.config)


@torch.no_grad()
def tables_of(covariances: Tensor, shares: Tensor, config: InfillConfig) -> PatchTables:
    """What filling needs of ``covariances`` (components, side², side²), ``shares`` (components,), float64."""
    side = config.side
    every = turned(covariances, side)
    basis = principal_basis(every.mean(0), config.kept)
    shares = shares.repeat(len(every) // len(covariances))
    whitening, offset = scores(basis.T @ every @ basis, shares / shares.sum())
    return PatchTables(side, basis.float(), whitening.float(), offset.float(), precisions(covariances, side))


def precisions(covariances: Tensor, side: int) -> Tensor:
    """Of patches of contrast one, in all eight ways (8 c, side², side²), float32."""
    whole = covariances + UNKNOWN_MEAN + GRAIN * torch.eye(side**2)
    return turned(torch.cholesky_inverse(torch.linalg.cholesky(whole)).float(), side)


def alike(side: int) -> Tensor:
    """What is supposed before anything is learned: samples that are near each other are alike."""
    at = torch.cartesian_prod(torch.arange(side), torch.arange(side)).double()
    return torch.exp(-torch.cdist(at, at) / side)


def scores(covariances: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    """Whitening and offset, see :class:`PatchTables`, of covariances in the basis (c, kept, kept)."""
    little = 1e-4 * torch.eye(covariances.shape[-1], dtype=covariances.dtype)
    factor = torch.linalg.cholesky(covariances + little)
    offset = torch.log(shares + 1e-6) - torch.diagonal(factor, dim1=1, dim2=2).log().sum(1)
    one = torch.eye(factor.shape[-1], dtype=factor.dtype)
    return torch.linalg.solve_triangular(factor, one.expand_as(factor), upper=False), offset


def principal_basis(covariance: Tensor, kept: int) -> Tensor:
    """The ``kept`` strongest eigenvectors (n, kept)."""
    return torch.linalg.eigh(covariance)[1][:, -kept:]


def turns(side: int) -> list[Tensor]:
    """Eight ways to turn and mirror a square: for each, where the samples of the turned patch stood."""
    square = torch.arange(side**2).reshape(side, side)
    return [torch.rot90(face, k).reshape(-1) for face in (square, square.T) for k in range(4)]


def turned(matrices: Tensor, side: int) -> Tensor:
    """Matrices (k, side², side²) between the samples of a patch, in all eight ways (8 k, side², side²)."""
    return torch.cat([matrices[:, back][:, :, back] for back in (way.argsort() for way in turns(side))])


def shape_of(grey: Tensor) -> Tensor:
    """Patches (n, side²) of grey samples in 0–1, without their means and at contrast one."""
    centred = grey - grey.mean(1, keepdim=True)
    return centred / (centred.square().mean(1, keepdim=True).sqrt() + FAINT)


def best_component(shapes: Tensor, tables: PatchTables) -> Tensor:
    """The component (n,) that fits each patch best, by its shape (n, side²)."""
    coordinates = shapes @ tables.basis
    distance = torch.einsum("ckj,nj->nck", tables.whitening, coordinates).square().sum(2)
    return (tables.offset - 0.5 * distance).argmax(1)


def halved(picture: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
    """A picture (3, h, w) and its hole (h, w) at half their size, rounded up."""
    height, width = hole.shape
    odd = (0, width % 2, 0, height % 2)
    small = functional.avg_pool2d(functional.pad(picture[None], odd, mode="replicate"), 2)[0]
    share = functional.avg_pool2d(functional.pad(hole[None, None].float(), odd, mode="replicate"), 2)[0, 0]
    return small, share > COARSE_HOLE


def packed(factors: Tensor) -> Tensor:
    """Lower triangles (…, n, n) row by row (…, n (n + 1) / 2)."""
    rows, columns = torch.tril_indices(factors.shape[-1], factors.shape[-1])
    return factors[..., rows, columns]


def unpacked(triangles: Tensor, size: int) -> Tensor:
    """The opposite of :func:`packed`."""
    rows, columns = torch.tril_indices(size, size)
    factors = triangles.new_zeros(*triangles.shape[:-1], size, size)
    factors[..., rows, columns] = triangles
    return factors
