"""A copy of a scan that a thread makes while the fills are computed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from tiff_samples import Kind, noise, write_source

from imagest_core.errors import OutputError
from imagest_core.painting.compare import part_digests
from imagest_core.painting.file_copy import EarlyCopy
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.painting.writer import Patch, copying_early, write_painting
from imagest_core.progress import Cancelled, Progress

PATCH = Patch(Box(2, 3, 60, 50), noise(50, 60))


def make_source(folder: Path) -> Path:
    source = folder / "source.tif"
    write_source(source, Kind(tiled=True))
    return source


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_result_is_that_of_a_copy_made_at_the_end(tmp_path: Path) -> None:
    source, early, late = make_source(tmp_path), tmp_path / "early.tif", tmp_path / "late.tif"
    with open_painting(source) as painting:
        with copying_early(painting, early) as copy:
            assert copy is not None
            write_painting(painting, [PATCH], early, check=lambda _: None, copy=copy)
        write_painting(painting, [PATCH], late, check=lambda _: None)
    assert early.read_bytes() == late.read_bytes()
    assert names(tmp_path) == {"source.tif", "early.tif", "late.tif"}


def test_digests_of_the_parts_follow_the_copy(tmp_path: Path) -> None:
    source = make_source(tmp_path)
    with open_painting(source) as painting, copying_early(painting, tmp_path / "out.tif") as copy:
        assert copy is not None
        end = time.monotonic() + 60
        while copy.digests is None and time.monotonic() < end:
            time.sleep(0.01)
        assert copy.digests == part_digests(painting, Progress())


def test_unused_copy_is_removed(tmp_path: Path) -> None:
    source = make_source(tmp_path)
    with open_painting(source) as painting:
        with copying_early(painting, tmp_path / "out.tif"):
            assert len(names(tmp_path)) == 2
        assert names(tmp_path) == {"source.tif"}
        with pytest.raises(Cancelled), copying_early(painting, tmp_path / "out.tif"):
            raise Cancelled
    assert names(tmp_path) == {"source.tif"}


def test_scan_that_becomes_a_new_file_is_not_copied(tmp_path: Path) -> None:
    from PIL import Image

    source = tmp_path / "source.png"
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(source)
    with open_painting(source) as painting, copying_early(painting, tmp_path / "out.tif") as copy:
        assert copy is None
        assert names(tmp_path) == {"source.png"}


def test_existing_result_is_refused_before_anything_is_copied(tmp_path: Path) -> None:
    source, out = make_source(tmp_path), tmp_path / "out.tif"
    out.write_bytes(b"kept")
    with open_painting(source) as painting:
        with pytest.raises(OutputError, match="exists"), copying_early(painting, out):
            pass
        with pytest.raises(OutputError), copying_early(painting, source, force=True):
            pass
    assert out.read_bytes() == b"kept"


def test_failed_copy_is_repeated(tmp_path: Path) -> None:
    """The thread can't write; the result is complete all the same."""
    source, out, plain = make_source(tmp_path), tmp_path / "out.tif", tmp_path / "plain.tif"
    failed = EarlyCopy(source, tmp_path / "missing" / "copy.tif")
    with open_painting(source) as painting:
        write_painting(painting, [PATCH], out, check=lambda _: None, copy=failed)
        write_painting(painting, [PATCH], plain, check=lambda _: None)
    assert out.read_bytes() == plain.read_bytes()
    assert not failed.move_to(out, Progress())


def test_waiting_for_the_copy_can_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event

    from imagest_core.painting import file_copy

    source, go = make_source(tmp_path), Event()
    monkeypatch.setattr(file_copy, "sync", lambda path: go.wait(10))
    with open_painting(source) as painting, copying_early(painting, tmp_path / "out.tif") as copy:
        assert copy is not None
        with pytest.raises(Cancelled):
            copy.move_to(tmp_path / "out.tif", Progress(cancelled=lambda: True))
        go.set()
    assert names(tmp_path) == {"source.tif"}
