"""Hashing and flushing a file in a thread while other work continues."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from imagest_core.errors import PaintingError
from imagest_core.painting.background import ahead, hash_in_background, sync_in_background
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.progress import Progress


@pytest.fixture
def painting(tmp_path: Path) -> Iterator[Painting]:
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, np.zeros((900, 1200, 3), np.uint8), photometric="rgb")
    with open_painting(path) as opened:
        yield opened


def test_hash_is_known_after_the_body(painting: Painting) -> None:
    with hash_in_background(painting, Progress()):
        pass
    expected = hashlib.sha256(painting.path.read_bytes()).hexdigest()
    painting.path.unlink()
    assert painting.sha256() == expected


def test_changed_scan_is_refused_before_the_body(painting: Painting) -> None:
    painting.path.write_bytes(painting.path.read_bytes() + b"x")
    started = False
    with pytest.raises(PaintingError, match="has changed"), hash_in_background(painting, Progress()):
        started = True
    assert not started


def test_error_of_the_body_stops_the_thread(painting: Painting) -> None:
    before = threading.active_count()
    with pytest.raises(ValueError, match="body"), hash_in_background(painting, Progress()):
        raise ValueError("body")
    assert threading.active_count() == before


def test_error_of_flushing_is_raised(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), sync_in_background(tmp_path / "missing.tif", Progress()):
        pass


def test_items_are_computed_ahead_in_order() -> None:
    computed: list[int] = []

    def items() -> Iterator[int]:
        for item in range(5):
            computed.append(item)
            yield item

    assert list(ahead(items())) == [0, 1, 2, 3, 4]
    assert computed == [0, 1, 2, 3, 4]


def test_error_of_an_item_computed_ahead_is_raised_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise PaintingError("broken")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(PaintingError, match="broken"):
        next(found)
