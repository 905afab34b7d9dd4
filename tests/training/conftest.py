from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_model import picture

from imagest_core.painting.picture_files import write_picture


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of a dozen toy works, two tiles each."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for work in range(12):
        for tile in range(2):
            write_picture(folder / f"{work:04d}-{tile}.png", picture(72, seed=work * 10 + tile))
    return folder


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """A folder with one drawn craquelure map."""
    folder = tmp_path / "maps"
    folder.mkdir()
    crack = np.zeros((96, 96), np.uint8)
    cv2.polylines(crack, [np.array([[5, 5], [40, 50], [90, 60]])], False, 255, 2)
    write_picture(folder / "one.png", crack)
    return folder


@pytest.fixture(autouse=True)
def own_accelerator() -> None:
    """Let each test choose its number format: accelerate keeps that of the first training of a process."""
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
