"""The clean-up of parts as arrays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from imagest_core.damage.detection.cleanup import Cleanup
from imagest_core.damage.detection.part_cleanup import clean_part
from imagest_core.damage.detection.trainable import cleaned
from imagest_core.damage.map import DamageMap


def random_labels(seed: int, classes: int, share: float, sigma: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.standard_normal((300, 340)).astype(np.float32), (0, 0), sigma)
    labels = rng.integers(1, classes + 1, (30, 34)).repeat(10, axis=0).repeat(10, axis=1) * 3
    return np.where(field > np.quantile(field, 1 - share), labels, 0).astype(np.uint8)


@pytest.mark.parametrize(
    "parameters",
    [
        Cleanup(),
        Cleanup(closing=0, min_area=0, dilate=0),
        Cleanup(opening=1, closing=3, dilate=4),
        Cleanup(opening=4, min_area=60, dilate=0),
        Cleanup(opening=0, closing=2, min_area=1),
    ],
)
@pytest.mark.parametrize(
    ("classes", "share", "sigma"), [(1, 0.1, 1.0), (1, 0.2, 6.0), (3, 0.15, 2.0), (2, 0.4, 9.0)]
)
def test_a_part_is_cleaned_up_as_a_map(parameters: Cleanup, classes: int, share: float, sigma: float) -> None:
    labels = random_labels(classes, classes, share, sigma)
    raw = DamageMap(labels.shape[1], labels.shape[0])
    raw.write(raw.box, labels)
    np.testing.assert_array_equal(clean_part(labels, parameters), cleaned(raw, parameters).read(raw.box))


def test_nothing_stays_nothing() -> None:
    assert not clean_part(np.zeros((20, 30), np.uint8), Cleanup()).any()
