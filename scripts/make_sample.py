"""Create the bundled sample: ``python -m scripts.make_sample``. Equal versions give equal bytes.

Writes ``resources/sample``: the damaged painting as a scanner would produce it (16-bit TIFF with 12
significant bits, an AdobeRGB-like profile, 300 dpi), its damage mask, and the undamaged state.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from imagest_core.painting.picture_files import write_picture
from scripts.sample.damage import damage
from scripts.sample.noise import Field
from scripts.sample.painting import painting

FOLDER = Path(__file__).parents[1] / "resources" / "sample"
SEED = 1862
DPI = 300
DESCRIPTION = "Afternoon by the pond. Procedural painting, damage simulated; made by this project."


def wide_profile() -> bytes:
    """Return an ICC profile with the primaries and gamma of AdobeRGB (1998)."""
    white = (0.3127, 0.3290, 1.0)
    primaries = (0.64, 0.33, 1.0, 0.21, 0.71, 1.0, 0.15, 0.06, 1.0)
    return imagecodecs.cms_profile("rgb", whitepoint=white, primaries=primaries, gamma=563 / 256)


def scanned(picture: Field, profile: bytes) -> NDArray[np.uint16]:
    """Return 16-bit samples (h, w, 3) in ``profile``, rounded to the scanner's 12 bits."""
    srgb = imagecodecs.cms_profile("srgb")
    wide = imagecodecs.cms_transform(
        np.ascontiguousarray(picture, np.float32),
        srgb,
        profile,
        colorspace="rgb",
        outcolorspace="rgb",
        outdtype="float32",
    )
    steps = np.clip(np.rint(wide * 4095), 0, 4095).astype(np.uint16)
    return steps << 4 | steps >> 8


def write_scan(path: Path, samples: NDArray[np.uint16], profile: bytes) -> None:
    """Write a tiled TIFF with Deflate and the horizontal predictor."""
    tifffile.imwrite(
        path,
        samples,
        photometric="rgb",
        tile=(256, 256),
        compression="zlib",
        compressionargs={"level": 9},
        predictor=True,
        iccprofile=profile,
        resolution=(DPI, DPI),
        resolutionunit="INCH",
        description=DESCRIPTION,
        software="Imagest Workstation, scripts/make_sample.py",
        metadata=None,
    )


def eight_bit(picture: Field) -> NDArray[np.uint8]:
    """Return 8-bit sRGB in OpenCV's channel order."""
    return np.rint(np.clip(picture, 0, 1)[..., ::-1] * 255).astype(np.uint8)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    clean, bare, relief = painting(SEED)
    damaged, mask = damage(clean, bare, relief, SEED + 1)
    profile = wide_profile()
    write_scan(FOLDER / "damaged.tif", scanned(damaged, profile), profile)
    write_picture(FOLDER / "mask.png", mask.astype(np.uint8) * 255, [cv2.IMWRITE_PNG_BILEVEL, 0])
    write_picture(FOLDER / "clean.webp", eight_bit(clean), [cv2.IMWRITE_WEBP_QUALITY, 90])
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")
    print(f"{mask.mean():.1%} of the picture is damaged")


if __name__ == "__main__":
    main()
