"""Paired bootstrap intervals (Efron 1979, percentile method), seeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over ``count`` cases and the bounds of its bootstrap interval.

    NaN if nothing was measured; a single case has a mean but no bounds.
    """

    mean: float
    low: float
    high: float
    count: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


def mean_interval(values: Sequence[float], seed: int = 0, level: float = LEVEL) -> Interval:
    """Return the mean of ``values`` and its interval at ``level``, by resampling the cases.

    Cases without a finite value are ignored. The same seed gives the same bounds.
    """
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        return Interval(*(float("nan"),) * 3, 0)
    if known.size == 1:
        return Interval(float(known[0]), float("nan"), float("nan"), 1)
    low, high = np.quantile(_resampled_means(known, seed), [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(known.mean()), float(low), float(high), known.size)


def paired_difference(
    first: Sequence[float], second: Sequence[float], seed: int = 0, level: float = LEVEL
) -> Interval:
    """Return the mean of ``first`` minus ``second`` by case, as works differ more than engines do."""
    if len(first) != len(second):
        raise ValueError("paired values must be of the same cases")
    with np.errstate(invalid="ignore"):  # infinite minus infinite is NaN and ignored
        return mean_interval((np.asarray(first) - np.asarray(second)).tolist(), seed, level)


def _resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    return _draws(values.size, seed, RESAMPLES) @ values / values.size


@lru_cache(maxsize=8)
def _draws(count: int, seed: int, resamples: int) -> NDArray[np.float64]:
    """Return how often each of ``count`` cases is drawn in each resample, (resamples, count)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(count, np.full(count, 1 / count), resamples).astype(np.float64)
