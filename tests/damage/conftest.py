from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from damage_pictures import Pictures


@pytest.fixture
def saved(tmp_path: Path) -> Pictures:
    """Write a float image as 8-bit PNG and return its path."""

    def save(picture: np.ndarray, name: str = "picture.png") -> Path:
        samples = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
        (tmp_path / name).write_bytes(imagecodecs.png_encode(samples))
        return tmp_path / name

    return save
