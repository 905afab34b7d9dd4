from __future__ import annotations

import math

import numpy as np
import pytest

from imagest_core.evaluation.distributions import frechet, kernel_distance


def features(count: int, width: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, width))


def test_a_shift_is_its_squared_length() -> None:
    first = features(30)
    assert frechet(first + np.array([3, 0, 0, 4, 0]), first) == pytest.approx(25)


def test_one_dimension_is_means_and_deviations() -> None:
    """(μ₁ − μ₂)² + (σ₁ − σ₂)², the closed form."""
    first = features(50, 1)
    second = 1 + 3 * first
    expected = (first.mean() - second.mean()) ** 2 + (first.std(ddof=1) - second.std(ddof=1)) ** 2
    assert frechet(first, second) == pytest.approx(expected)


def test_the_root_is_that_of_the_covariances() -> None:
    from scipy.linalg import sqrtm

    first, second = features(40), features(30, seed=1) * 2
    ours, theirs = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    means = ((first.mean(0) - second.mean(0)) ** 2).sum()
    assert frechet(first, second) == pytest.approx(
        means + np.trace(ours + theirs - 2 * sqrtm(ours @ theirs).real)
    )


def test_fewer_pictures_than_features_are_no_trouble() -> None:
    first = features(4, 200)
    assert frechet(first, first) == pytest.approx(0, abs=1e-9)
    assert frechet(first, features(4, 200, seed=1)) > 1


def test_kid_of_two_pairs_by_hand() -> None:
    """d = 1: kernel (xy + 1)³ of {0, 1} and {2, 3}."""
    first, second = np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]])
    within, across = 1 + (2 * 3 + 1) ** 3, (1 + 1 + 3**3 + 4**3) / 4
    assert kernel_distance(first, second) == pytest.approx(within - 2 * across)


def test_kid_of_equal_distributions_is_about_zero() -> None:
    same = [kernel_distance(features(60, seed=n), features(60, seed=n + 100)) for n in range(20)]
    assert abs(np.mean(same)) < 0.1 < kernel_distance(features(60), features(60, seed=1) + 1)


def test_single_picture_is_refused_as_a_distribution() -> None:
    assert math.isnan(frechet(features(1), features(3)))
    assert math.isnan(kernel_distance(features(3), features(1)))
