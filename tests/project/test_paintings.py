"""The scan is found again by what it is, wherever it went."""

from __future__ import annotations

import os
from pathlib import Path

from imagest_core.painting.reader import Painting
from imagest_core.project.document import Document
from imagest_core.project.painting_reference import copy_beside, find_painting, reference_to
from imagest_core.project.storage.folders import unnamed_project


def test_an_untouched_scan_is_where_it_was(painting: Painting) -> None:
    found = find_painting(reference_to(painting))
    assert (found.path, found.changed, found.note) == (painting.path, False, "")


def test_a_scan_that_was_only_copied_over_is_the_same(painting: Painting, scan: Path) -> None:
    reference = reference_to(painting)
    os.utime(scan, (1, 1))
    found = find_painting(reference)
    assert found.path == scan
    assert not found.note
    assert found.reference.modified == 10**9


def test_a_scan_is_found_in_recent_folders_under_another_name(
    painting: Painting, scan: Path, tmp_path: Path
) -> None:
    reference, recent = reference_to(painting), tmp_path / "recent"
    recent.mkdir()
    (recent / "decoy.tif").write_bytes(bytes(scan.stat().st_size))
    scan.rename(recent / "other.tif")
    assert find_painting(reference).path is None
    found = find_painting(reference, recent=[tmp_path / "nowhere", recent])
    assert found.path == recent / "other.tif"
    assert "has moved" in found.note


def test_a_new_place_is_remembered(document: Document, scan: Path, tmp_path: Path) -> None:
    scan.rename(tmp_path / "renamed.tif")
    document.find_painting()
    document.close()
    assert document.path is not None
    with Document.open(document.path) as again:
        assert again.state.painting.path == tmp_path / "renamed.tif"


def test_the_scan_is_copied_when_asked(document: Document, scan: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parcel"
    folder.mkdir()
    copied = copy_beside(document.state.painting, folder / "work.imagest")
    assert copied.path.read_bytes() == scan.read_bytes()
    assert find_painting(copied).path == folder / "scan.tif"


def test_a_damaged_unnamed_project_does_not_stop_the_work(painting: Painting) -> None:
    path = unnamed_project(painting.path, painting.sha256())
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\0" + bytes(9000))
    document = Document.of_painting(painting)
    assert document.path is None
    assert "rescue" in document.trouble
    document.close()
