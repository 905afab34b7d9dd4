from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from imagest_core.painting.geometry import Box
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reader import open_painting

CODES = range(1, 9)
codes = st.integers(1, 8)


def stored(height: int = 7, width: int = 5) -> np.ndarray:
    return np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)


def upright(samples: np.ndarray, code: int) -> np.ndarray:
    """Return the samples as another library displays them."""
    picture = Image.fromarray(samples)
    picture.getexif()[274] = code
    return np.asarray(ImageOps.exif_transpose(picture))


@pytest.mark.parametrize("code", CODES)
def test_displays_as_pillow_does(code: int) -> None:
    assert np.array_equal(Orientation(code).display(stored()), upright(stored(), code))


@given(codes, st.integers(1, 9), st.integers(1, 9))
def test_store_inverts_display(code: int, height: int, width: int) -> None:
    samples, orientation = stored(height, width), Orientation(code)
    assert np.array_equal(orientation.store(orientation.display(samples)), samples)


@given(codes, st.data())
def test_displayed_box_maps_to_stored_rows(code: int, data: st.DataObject) -> None:
    samples, orientation = stored(), Orientation(code)
    width, height = orientation.size(5, 7)
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    there = samples[orientation.stored_box(box, width, height).slices]
    assert np.array_equal(orientation.display(there), orientation.display(samples)[box.slices])


@pytest.mark.parametrize("value", [0, 9, -1, "6", None, 6.0])
def test_invalid_codes_are_upright(value: object) -> None:
    assert Orientation.of(value).code == 1


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("level", [0, 1, 2])
def test_tiff_is_read_as_displayed(tmp_path: Path, code: int, level: int) -> None:
    samples = np.random.default_rng(code).integers(0, 65536, (45, 70, 3), dtype=np.uint16)
    path = tmp_path / "x.tif"
    options = {
        "photometric": "rgb",
        "tile": (16, 16),
        "compression": "lzw",
        "extratags": [(274, 3, 1, code, True)],
    }
    tifffile.imwrite(path, samples, resolution=(100, 200), resolutionunit=3, **options)
    shown = Orientation(code).display(samples)
    box = Box(3, 6, 29, 35)
    with open_painting(path) as painting, open_painting(path) as whole:
        assert painting.orientation == code
        assert (painting.height, painting.width) == shown.shape[:2]
        assert painting.resolution is not None
        along = (painting.resolution.px_per_mm_x, painting.resolution.px_per_mm_y)
        assert along == ((20, 10) if code >= 5 else (10, 20))
        assert np.array_equal(whole.read(), shown)
        if level == 0:
            assert np.array_equal(painting.read(box), shown[box.slices])
        else:
            scale = 2**level
            rows, columns = range(6, 41, scale), range(3, 32, scale)
            part = shown[:41, :32].astype(float)
            means = [[part[y : y + scale, x : x + scale].mean((0, 1)) for x in columns] for y in rows]
            assert np.abs(painting.read(box, level) - np.array(means)).max() <= 0.51


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("code", [1, 3, 6])
def test_exif_orientation_is_applied(tmp_path: Path, kind: str, code: int) -> None:
    path, exif = tmp_path / f"x.{kind}", Image.Exif()
    exif[274] = code
    Image.fromarray(stored(16, 24)).save(
        path, exif=exif.tobytes(), **({"lossless": True} if kind == "webp" else {})
    )
    decode = {
        "jpeg": imagecodecs.jpeg8_decode,
        "png": imagecodecs.png_decode,
        "webp": imagecodecs.webp_decode,
    }[kind]
    with open_painting(path) as painting:
        assert painting.orientation == code
        assert np.array_equal(painting.read(), Orientation(code).display(decode(path.read_bytes())))
