"""The solvers accept NumPy arrays and torch tensors."""

from __future__ import annotations

import numpy as np

from imagest_core.restoration.inpainting.pde import anisotropic_spline, fill_image
from imagest_core.restoration.inpainting.tensors import as_tensors


def test_tensors_and_arrays_give_the_same_fill():
    rng = np.random.default_rng(1)
    image = rng.random((24, 32, 3), np.float32)
    mask = np.zeros((24, 32), bool)
    mask[8:14, 10:20] = True
    images, masks = as_tensors(image, mask, count=2)
    assert (tuple(images.shape), tuple(masks.shape)) == ((2, 3, 24, 32), (2, 1, 24, 32))
    expected = fill_image(anisotropic_spline, image, mask)
    for filled in anisotropic_spline(images, masks).permute(0, 2, 3, 1).numpy():
        np.testing.assert_allclose(filled[mask], expected[mask], atol=1e-4)
