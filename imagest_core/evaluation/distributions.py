"""Distances between two sets of pictures, from their features (n, d)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating]


def frechet(first: Features, second: Features) -> float:
    """Return the Fréchet distance of two Gaussians (Heusel et al. 2017, eq. 6), ≥ 0; NaN below two pictures.

    With fewer pictures than features the covariances are rank-deficient and the distance is biased
    upwards: compare only sets of one size.
    """
    if min(len(first), len(second)) < 2:
        return float("nan")
    ours, theirs = first.astype(np.float64), second.astype(np.float64)
    means = np.sum((ours.mean(0) - theirs.mean(0)) ** 2)
    spread = np.trace(_covariance(ours)) + np.trace(_covariance(theirs))
    return float(max(means + spread - 2 * _root_trace(ours, theirs), 0.0))


def kernel_distance(first: Features, second: Features) -> float:
    """Return KID: unbiased squared MMD with the kernel (x·y/d + 1)³ (Bińkowski et al. 2018) of whole sets.

    May be below 0; NaN below two pictures.
    """
    if min(len(first), len(second)) < 2:
        return float("nan")
    ours, theirs = first.astype(np.float64), second.astype(np.float64)
    return _mean_of_pairs(ours) + _mean_of_pairs(theirs) - 2 * float(_kernel(ours, theirs).mean())


def _covariance(features: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.cov(features, rowvar=False)).reshape(features.shape[1], -1)


def _root_trace(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return tr √(Σ₁Σ₂): the nuclear norm of X₁X₂ᵀ for centred features of any rank."""
    ours, theirs = ((each - each.mean(0)) / np.sqrt(len(each) - 1) for each in (first, second))
    return float(np.linalg.norm(ours @ theirs.T, "nuc"))


def _kernel(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((first @ second.T / first.shape[1] + 1) ** 3)


def _mean_of_pairs(features: NDArray[np.float64]) -> float:
    kernel, count = _kernel(features, features), len(features)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))
