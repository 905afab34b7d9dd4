from __future__ import annotations

from pathlib import Path

from app.benchmarks.stage import write_scan
from imagest_core.painting.reader import open_painting


def test_open_synthetic_scan(tmp_path: Path) -> None:
    with open_painting(write_scan(tmp_path / "made.tif", 700, 600)) as painting:
        assert (painting.width, painting.height, painting.depth) == (700, 600, 16)
        assert "Adobe" in painting.profile_name
