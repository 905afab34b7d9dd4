"""Detect whether a scan's file is still the one that was opened."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from imagest_core.errors import PaintingError
from imagest_core.painting import stamp
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.painting.stamp import FileStamp


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tifffile.imwrite(tmp_path / "scan.tif", np.zeros((30, 40, 3), np.uint8), photometric="rgb")
    return tmp_path / "scan.tif"


@pytest.fixture
def painting(path: Path) -> Iterator[Painting]:
    with open_painting(path) as opened:
        yield opened


def flip(path: Path) -> None:
    """Change one sample, but not the file's size, name and modification time."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 255
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_untouched_file_is_unchanged(painting: Painting) -> None:
    painting.check_unchanged()
    painting.check_unchanged(painting.sha256())
    assert painting.sha256() == hashlib.sha256(painting.path.read_bytes()).hexdigest()


@pytest.mark.parametrize("settled", [True, False])
def test_changed_byte_is_detected_with_equal_time_and_size(
    painting: Painting, path: Path, monkeypatch: pytest.MonkeyPatch, settled: bool
) -> None:
    monkeypatch.setattr(stamp, "SETTLED", -1 if settled else stamp.SETTLED)
    painting.sha256()
    painting.check_unchanged()
    flip(path)
    with pytest.raises(PaintingError, match=r"scan\.tif has changed since it was opened"):
        painting.check_unchanged()


def test_change_before_the_first_hash_is_detected(painting: Painting, path: Path) -> None:
    flip(path)
    with pytest.raises(PaintingError, match="has changed"):
        painting.sha256()


def test_touching_a_file_is_not_a_change(painting: Painting, path: Path) -> None:
    digest, before = painting.sha256(), FileStamp.of(path)
    os.utime(path, (1, 1))
    path.chmod(0o600)
    assert FileStamp.of(path).facts != before.facts
    painting.check_unchanged()
    assert painting.sha256() == digest


def test_replaced_and_missing_files_are_changes(painting: Painting, path: Path) -> None:
    painting.sha256()
    other = path.with_name("other.tif")
    other.write_bytes(path.read_bytes())
    os.replace(other, path)
    painting.check_unchanged()
    tifffile.imwrite(other, np.ones((30, 40, 3), np.uint8), photometric="rgb")
    os.replace(other, path)
    with pytest.raises(PaintingError, match="has changed"):
        painting.check_unchanged()
    path.unlink()
    with pytest.raises(PaintingError, match="has changed"):
        painting.check_unchanged()


def test_unexpected_content_is_a_change(painting: Painting) -> None:
    with pytest.raises(PaintingError, match="has changed"):
        painting.check_unchanged("0" * 64)


def test_stamp_is_not_trusted_soon_after_a_change(path: Path) -> None:
    os.utime(path, (1, 1))  # ctime can't be set
    assert not FileStamp.of(path).settled
    assert not FileStamp.of(path).matches(path)
