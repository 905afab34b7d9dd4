from __future__ import annotations

import numpy as np
import pytest
from scans import smooth_picture, some_damage

from imagest_core.restoration.compositing.boundary import blend_boundary, match_boundary
from imagest_core.restoration.inpainting.pde import fill_image, harmonic


def test_colour_shift_is_removed_and_texture_is_kept() -> None:
    image, mask = smooth_picture(120, 120), np.zeros((120, 120), bool)
    mask[40:80, 30:90] = True
    shifted = image + np.where(mask[..., None], np.float32([0.2, -0.1, 0.05]), 0).astype(np.float32)
    matched = match_boundary(shifted, image, mask)
    assert np.abs((matched - image)[mask]).mean() < 0.03
    assert np.array_equal(matched[~mask], shifted[~mask])
    grain = (matched - shifted)[45:75, 35:85]
    assert np.abs(np.diff(grain, axis=0)).max() < 0.02


def test_matching_ignores_samples_under_the_mask() -> None:
    image, mask = smooth_picture(80, 80), some_damage(80, 80, 5)
    fill = smooth_picture(80, 80, seed=9)
    hidden = np.where(mask[..., None], np.float32(np.nan), image)
    assert np.array_equal(match_boundary(fill, image, mask), match_boundary(fill, hidden, mask))


def test_blending_changes_only_the_given_width() -> None:
    image, mask = smooth_picture(60, 60), np.zeros((60, 60), bool)
    mask[15:45, 15:45] = True
    fill = np.where(mask[..., None], np.float32(2), image)
    led = blend_boundary(fill, image, mask, np.full((60, 60), 4.0))
    assert np.array_equal(led[~mask], image[~mask])
    assert np.array_equal(led[19:41, 19:41], fill[19:41, 19:41])
    near = fill_image(harmonic, image, mask)
    assert led[15, 30] == pytest.approx(0.8 * near[15, 30] + 0.2 * 2, abs=1e-5)
    assert np.array_equal(blend_boundary(fill, image, mask, np.zeros((60, 60))), fill)
