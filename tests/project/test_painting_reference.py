"""The scan is located by its content, wherever it was moved."""

from __future__ import annotations

import os
from pathlib import Path

from imagest_core.painting.reader import Painting
from imagest_core.project.document import Document
from imagest_core.project.painting_reference import copy_next_to, find_painting, reference_to
from imagest_core.project.storage.folders import unnamed_project


def test_finds_an_unchanged_scan(painting: Painting) -> None:
    located = find_painting(reference_to(painting))
    assert (located.path, located.changed, located.note) == (painting.path, False, "")


def test_finds_a_scan_with_another_date(painting: Painting, scan: Path) -> None:
    reference = reference_to(painting)
    os.utime(scan, (1, 1))
    located = find_painting(reference)
    assert located.path == scan
    assert not located.note
    assert located.reference.modified == 10**9


def test_finds_a_renamed_scan_in_recent_folders(painting: Painting, scan: Path, tmp_path: Path) -> None:
    reference, recent = reference_to(painting), tmp_path / "recent"
    recent.mkdir()
    (recent / "decoy.tif").write_bytes(bytes(scan.stat().st_size))
    scan.rename(recent / "other.tif")
    assert find_painting(reference).path is None
    located = find_painting(reference, recent=[tmp_path / "nowhere", recent])
    assert located.path == recent / "other.tif"
    assert "has moved" in located.note


def test_stores_the_new_location(document: Document, scan: Path, tmp_path: Path) -> None:
    scan.rename(tmp_path / "renamed.tif")
    document.find_painting()
    document.close()
    assert document.path is not None
    with Document.open(document.path) as reopened:
        assert reopened.state.painting.path == tmp_path / "renamed.tif"


def test_copies_the_scan_on_request(document: Document, scan: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parcel"
    folder.mkdir()
    copied = copy_next_to(document.state.painting, folder / "work.imagest")
    assert copied.path.read_bytes() == scan.read_bytes()
    assert find_painting(copied).path == folder / "scan.tif"


def test_damaged_unnamed_project_falls_back_to_memory(painting: Painting) -> None:
    path = unnamed_project(painting.path, painting.sha256())
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\0" + bytes(9000))
    document = Document.for_painting(painting)
    assert document.path is None
    assert "rescue" in document.write_error
    document.close()
