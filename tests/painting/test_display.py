from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from imagest_core.painting.color.display import Display
from imagest_core.painting.reader import open_painting

ADOBE = bytes(imagecodecs.cms_profile("adobergb"))


def scan(folder: Path, samples: np.ndarray, profile: bytes | None = None, **options: Any) -> Path:
    path = folder / "scan.tif"
    kind = "rgb" if samples.shape[2] > 2 else "minisblack"
    shown = samples[..., 0] if samples.shape[2] == 1 else samples
    tifffile.imwrite(path, shown, photometric=kind, iccprofile=profile, **options)
    return path


def colours(dtype: type, channels: int = 3) -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.integers(0, np.iinfo(dtype).max, (40, 30, channels), dtype, endpoint=True)


@pytest.mark.parametrize("profile", [None, ADOBE])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_display_matches_working_colour(tmp_path: Path, dtype: type, profile: bytes | None) -> None:
    samples = colours(dtype)
    with open_painting(scan(tmp_path, samples, profile)) as painting:
        pixels = Display(painting)(painting.read())
        expected = np.clip(painting.read_working(), 0, 1) * 255
    assert pixels.dtype == np.uint8
    assert (pixels[..., 3] == 255).all()
    assert np.abs(pixels[..., 2::-1] - expected).max() <= 1.6


@pytest.mark.parametrize("profile", [None, bytes(imagecodecs.cms_profile("gray", gamma=2.2))])
def test_grey_stays_grey(tmp_path: Path, profile: bytes | None) -> None:
    with open_painting(scan(tmp_path, colours(np.uint16, 1), profile)) as painting:
        pixels = Display(painting)(painting.read())
        expected = np.clip(painting.read_working(), 0, 1) * 255
    assert np.abs(pixels[..., 2::-1] - expected).max() <= 1.6


def test_alpha_is_premultiplied(tmp_path: Path) -> None:
    samples = np.full((4, 4, 4), 65535, np.uint16)
    samples[:2, :, 3] = 0
    samples[2:, :, 3] = 32768
    with open_painting(scan(tmp_path, samples, extrasamples=["unassalpha"])) as painting:
        pixels = Display(painting)(painting.read())
    assert (pixels[:2] == 0).all()
    assert (pixels[2:] == 128).all()


def test_wide_gamut_screen_gets_converted_colours(tmp_path: Path) -> None:
    samples = np.zeros((2, 2, 3), np.uint8)
    samples[..., 1] = 255
    with open_painting(scan(tmp_path, samples)) as painting:
        on_srgb, on_wide = Display(painting)(samples)[0, 0], Display(painting, ADOBE)(samples)[0, 0]
    assert on_srgb.tolist() == [0, 255, 0, 255]
    assert on_wide[2] == pytest.approx(144, abs=2)  # sRGB's green in AdobeRGB


def test_invalid_screen_profile_is_ignored(tmp_path: Path) -> None:
    samples = colours(np.uint8)
    with open_painting(scan(tmp_path, samples)) as painting:
        assert np.array_equal(Display(painting, b"no profile")(samples), Display(painting)(samples))
