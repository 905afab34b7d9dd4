"""A small scan and its mask, as files."""

from __future__ import annotations

from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile

from imagest_core.painting.picture_files import write_picture

WIDTH, HEIGHT = 180, 140


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A 16-bit RGB TIFF, Deflate in strips, with a profile and 300 dpi."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    smooth = np.dstack([x * 200 + 9000, y * 250 + 5000, (x + y) * 120 + 4000])
    path = tmp_path / "scan.tif"
    tifffile.imwrite(
        path,
        (smooth + rng.integers(0, 900, smooth.shape)).astype(np.uint16),
        photometric="rgb",
        rowsperstrip=16,
        compression="zlib",
        predictor=True,
        iccprofile=imagecodecs.cms_profile("adobergb"),
        resolution=(300, 300),
        metadata=None,
    )
    return path


@pytest.fixture
def holes() -> np.ndarray:
    """(h, w) bool: a loss and a crack."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(mask, (60, 50), 9, 1, -1)
    cv2.line(mask, (90, 20), (150, 110), 1, 2)
    return mask.astype(bool)


@pytest.fixture
def mask(tmp_path: Path, holes: np.ndarray) -> Path:
    """The mask of :func:`holes` as a PNG."""
    path = tmp_path / "mask.png"
    write_picture(path, holes.astype(np.uint8) * 255)
    return path


@pytest.fixture
def soft_edged(scan: Path, holes: np.ndarray, tmp_path: Path) -> Path:
    """The scan with white holes and a soft, 4 px wide rim around them."""
    distance = cv2.distanceTransform((~holes).view(np.uint8), cv2.DIST_L2, 5)
    cover = np.clip(1.1 - distance / 4.5, 0, 1)[..., np.newaxis]
    samples = tifffile.imread(scan) * (1 - cover) + 62000 * cover
    path = tmp_path / "soft.tif"
    tifffile.imwrite(path, np.rint(samples).astype(np.uint16), photometric="rgb", metadata=None)
    return path
