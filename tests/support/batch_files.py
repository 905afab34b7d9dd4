"""Small scans with masks beside them, as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from imagest_core.painting.picture_files import write_picture

WIDTH, HEIGHT = 64, 48


def make_scan(path: Path, seed: int = 0, *, mask: bool = True, width: int = WIDTH) -> Path:
    """Write a grained picture (16-bit; 8-bit for PNG) and, beside it, a mask with one loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :width]
    picture = np.dstack([x * 400 + 9000, y * 500 + 5000, (x + y) * 240 + 4000])
    picture = (picture + rng.integers(0, 900, picture.shape)).astype(np.uint16)
    if path.suffix == ".png":
        write_picture(path, (picture >> 8).astype(np.uint8))
    else:
        tifffile.imwrite(path, picture, photometric="rgb", rowsperstrip=16, metadata=None)
    if mask:
        make_mask(path.with_name(f"{path.stem}-mask.png"), width)
    return path


def make_mask(path: Path, width: int = WIDTH) -> Path:
    """Write a mask with one loss."""
    mask = np.zeros((HEIGHT, width), np.uint8)
    mask[10:18, 12:30] = 255
    write_picture(path, mask)
    return path


def tree(folder: Path) -> list[str]:
    """The visible files in a folder."""
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in files if not name.startswith("."))
