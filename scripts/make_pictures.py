"""Create the README's pictures from the sample: ``python -m scripts.make_pictures``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

import resources
from imagest_core.arrays import Image8
from imagest_core.cli import main as imagest
from imagest_core.cli.demo import shown
from imagest_core.painting.picture_files import write_picture

FOLDER = Path(__file__).parents[1] / "docs" / "images"
DETAIL = (slice(560, 760), slice(480, 760))
GAP = 8


def row(pictures: list[Image8]) -> Image8:
    """Join images of the same height side by side on white."""
    gap = np.full((pictures[0].shape[0], GAP, 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)]
    return np.hstack(parts[1:])


def halved(picture: Image8) -> Image8:
    return cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def save(name: str, picture: Image8) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_picture(FOLDER / name, picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    print(f"{name}: {(FOLDER / name).stat().st_size / 1e3:.0f} kB")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        code = imagest(["demo", "-o", folder, *sys.argv[1:]])
        if code:
            return code
        after = shown(Path(folder, "demo-restored.tif"))
    before, clean = shown(resources.sample_painting()), shown(resources.sample_clean())
    save("before-after.jpg", row([halved(before), halved(after)]))
    save("detail.jpg", row([picture[DETAIL] for picture in (before, after, clean)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
