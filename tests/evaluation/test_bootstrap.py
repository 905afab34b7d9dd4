from __future__ import annotations

import math

import numpy as np
import pytest

from imagest_core.evaluation.bootstrap import mean_interval, paired_difference


def test_equal_values_leave_no_doubt() -> None:
    interval = mean_interval([2.0] * 5)
    assert (interval.mean, interval.low, interval.high, interval.count) == (2, 2, 2, 5)


def test_the_same_seed_gives_the_same_bounds() -> None:
    values = np.random.default_rng(0).normal(size=12).tolist()
    assert mean_interval(values, 3) == mean_interval(values, 3) != mean_interval(values, 4)


def test_the_width_is_that_of_the_mean_of_a_normal_sample() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    interval = mean_interval(values.tolist())
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(400), rel=0.05)


def test_intervals_hold_the_truth_about_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagest_core.evaluation.bootstrap.RESAMPLES", 500)
    generator = np.random.default_rng(2)
    intervals = [mean_interval(generator.normal(size=40).tolist(), seed) for seed in range(200)]
    assert 0.88 <= np.mean([each.low <= 0 <= each.high for each in intervals]) <= 0.99


def test_pairing_sees_a_small_steady_gain_among_unlike_works() -> None:
    generator = np.random.default_rng(3)
    works = generator.normal(20, 5, 30)
    better = works + 0.3 + generator.normal(0, 0.1, 30)
    gain = paired_difference(better.tolist(), works.tolist())
    assert gain.excludes_zero
    assert gain.low > 0.2
    assert mean_interval(better.tolist()).low < mean_interval(works.tolist()).high


def test_values_that_are_missing_are_left_out_in_pairs() -> None:
    gain = paired_difference([1.0, math.nan, math.inf, 3.0], [0.0, 5.0, math.inf, 2.0])
    assert (gain.mean, gain.count) == (1.0, 2)


def test_no_measurements_give_no_interval() -> None:
    interval = mean_interval([math.nan])
    assert interval.count == 0
    assert math.isnan(interval.mean)
    assert not interval.excludes_zero


def test_single_case_gives_no_verdict() -> None:
    interval = mean_interval([3.0])
    assert (interval.mean, interval.count, interval.excludes_zero) == (3.0, 1, False)
    assert math.isnan(interval.low)


def test_lists_of_unequal_length_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="same cases"):
        paired_difference([1.0], [1.0, 2.0])
