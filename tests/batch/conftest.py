"""A folder of small scans with masks beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from batch_files import make_scan

from imagest_core.batch.settings import BatchSettings
from imagest_core.restoration.request import RestorationRequest


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder with three scans, one in a subfolder, and their masks."""
    folder = tmp_path / "scans"
    for seed, name in enumerate(("a.tif", "b.tif", "north wing/c.tif")):
        make_scan(folder / name, seed)
    return folder


@pytest.fixture
def settings() -> BatchSettings:
    """Fill with an engine that needs no weights."""
    return BatchSettings(RestorationRequest.of("harmonic"))
