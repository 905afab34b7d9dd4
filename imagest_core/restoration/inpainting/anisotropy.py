"""Coefficients of the anisotropic spline, estimated from the intact paint around a hole.

The tension tensor M is the structure tensor of the intact paint to a negative power, scaled to determinant 1,
as in coherence-enhancing diffusion (Weickert, "Anisotropic Diffusion in Image Processing", Teubner 1998). In
the hole it is a weighted mean over intact paint whose weight falls with about the square of the distance.
Where paint has no direction M is the identity. Bending β falls where samples are mostly grain.
"""

from __future__ import annotations

from array_api_compat import array_namespace

from imagest_core.restoration.inpainting.grid_transfer import Field, block_mean, upsample

BENDING = 1.0
"""β in px² in smooth paint…"""
GRAINY_BENDING = 0.15
"""…and in grainy paint."""
GRAIN = (2.2, 3.1)
"""From smooth to grainy: mean squared Laplacian over mean squared gradient; white noise has 5."""
POWER = 2.5
"""M is the structure tensor to the power of −POWER, scaled to determinant 1."""
MAX_LOG_EIGENVALUE = 4.0
"""Bound on the magnitude of the logarithm of M's eigenvalues."""
CONTRAST = 0.5
"""Exponent by which strong edges are weighted down: 0 keeps squared contrast, 1 ignores contrast."""
FAINT = 0.1
"""Share of the mean squared contrast below which paint counts as faint."""
FALLOFF = 0.25
"""Weight of paint at twice the distance."""


def tension_of(known: Field, hole: Field, power: float = POWER) -> Field:
    """Half of the tension tensor M (determinant 1) on the cells between four pixels: (n, 3, h − 1, w − 1).

    ``known`` (n, c, h, w) is 0 in the hole, ``hole`` (n, 1, h, w) is 1 there. The components are along the
    cell's diagonals ↘ and ↙ and their mixed term.
    """
    xp = array_namespace(known)
    intact = 1 - hole
    cells = intact[..., 1:, 1:] * intact[..., :-1, :-1] * intact[..., 1:, :-1] * intact[..., :-1, 1:]
    falling, rising = diagonal_differences(known)
    products = (falling * falling, rising * rising, falling * rising)
    structure = xp.concat([xp.mean(part, axis=1, keepdims=True) for part in products], axis=1)
    strength = structure[:, 0:1] + structure[:, 1:2]
    count = xp.clip(xp.sum(cells, axis=(2, 3), keepdims=True), min=1)
    mean = xp.sum(strength * cells, axis=(2, 3), keepdims=True) / count
    structure = structure / (strength + FAINT * mean + 1e-9) ** CONTRAST
    gathered = _gather(xp.concat([structure * cells, cells], axis=1))
    structure = gathered[:, :3] / xp.clip(gathered[:, 3:], min=1e-12)
    return _power(structure, power) / 2


def _power(structure: Field, power: float) -> Field:
    """Symmetric 2 × 2 tensors (n, 3, …) to the power of −``power``, scaled to determinant 1."""
    xp = array_namespace(structure)
    first, second, mixed = (structure[:, i : i + 1] for i in range(3))
    middle, half = (first + second) / 2, (first - second) / 2
    length = xp.clip(xp.sqrt(half * half + mixed * mixed), min=1e-12)
    ratio = (middle + length) / xp.clip(middle - length, min=1e-12)
    angle = xp.clip(0.5 * power * xp.log(xp.clip(ratio, min=1.0)), max=MAX_LOG_EIGENVALUE)
    scale = xp.sinh(angle) / length
    even = xp.cosh(angle)
    return xp.concat([even - scale * half, even + scale * half, -scale * mixed], axis=1)


def bending_of(known: Field, hole: Field) -> Field:
    """β of each picture, (n, 1, 1, 1); arguments as for :func:`tension_of`."""
    xp = array_namespace(known)
    grey = xp.mean(known, axis=1, keepdims=True)
    intact = 1 - hole
    rows = intact[..., :-2, :] * intact[..., 1:-1, :] * intact[..., 2:, :]
    inner = rows[..., :-2] * rows[..., 1:-1] * rows[..., 2:]
    down, across = grey[..., 1:, :] - grey[..., :-1, :], grey[..., 1:] - grey[..., :-1]
    gradient = down[..., :-1, 1:-1] ** 2 + across[..., 1:-1, :-1] ** 2
    laplacian = (down[..., 1:, 1:-1] - down[..., :-1, 1:-1]) + (
        across[..., 1:-1, 1:] - across[..., 1:-1, :-1]
    )
    rough, steep = (xp.sum(part * inner, axis=(2, 3), keepdims=True) for part in (laplacian**2, gradient))
    smooth, grainy = GRAIN
    share = xp.clip((rough / xp.clip(steep, min=1e-9) - smooth) / (grainy - smooth), min=0, max=1)
    return BENDING * (GRAINY_BENDING / BENDING) ** share


def diagonal_differences(field: Field) -> tuple[Field, Field]:
    """Differences along the diagonals ↘ and ↙ of each cell, (n, c, h − 1, w − 1)."""
    return field[..., 1:, 1:] - field[..., :-1, :-1], field[..., 1:, :-1] - field[..., :-1, 1:]


def _gather(field: Field) -> Field:
    """At each place the sum of ``field`` (n, c, h, w), weighted by :data:`FALLOFF` with distance."""
    height, width = field.shape[-2:]
    if max(height, width) <= 2:
        return field
    return field + FALLOFF * upsample(_gather(block_mean(field)), height, width)
