"""Projects with file names that are not UTF-8, and with invalid neighbouring files."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from imagest_core.errors import OutputError
from imagest_core.export.painting import last_export, stored_path
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.document import Document
from imagest_core.project.files import files_of
from imagest_core.project.painting_reference import copy_next_to
from imagest_core.project.recovery.backups import backups_folder_of
from imagest_core.project.storage.lock import Holder, lock_path, read_holder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file names are Unicode there")


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    return Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))


def test_project_of_a_scan_with_a_non_utf8_name(scan: Path, odd: Path) -> None:
    odd.mkdir()
    moved = scan.rename(odd / "scan.tif")
    with open_painting(moved) as painting:
        Document.create(painting, odd / "work.imagest").close()
        unnamed = Document.for_painting(painting)
        assert unnamed.write_error == ""
        unnamed.close()
    with Document.open(odd / "work.imagest") as document:
        assert document.state.painting.path == moved
        assert document.find_painting().path == moved
        assert moved in document.files
    assert moved in files_of(odd / "work.imagest")
    assert backups_folder_of(odd / "work.imagest").name.startswith("work-")


def test_finds_an_export_with_a_non_utf8_name(cli, scan: Path, odd: Path, tmp_path: Path) -> None:
    odd.mkdir()
    project = tmp_path / "work.imagest"
    with open_painting(scan) as painting, Document.create(painting, project) as document:
        row = {"time": "2026-05-01T10:00:00", "operator": "me", "path": stored_path(odd / "out.tif")}
        document.store.record_export({**row, "sha256": "0" * 64, "pixels": 5, "runs": "{}", "record": "{}"})
        assert last_export(document) == odd / "out.tif"
    assert cli("project", "info", project, "--json").code == 0


def test_ignores_invalid_lock_files(tmp_path: Path) -> None:
    lock = lock_path(tmp_path / "work.imagest")
    os.mkfifo(lock)
    assert read_holder(lock) is None
    lock.unlink()
    for text in ("[" * 4000, "{}", "null", '{"user": 1, "host": [], "pid": {}, "time": 0}', "x" * 10_000):
        lock.write_text(text)
        assert read_holder(lock) is None


def test_holder_is_named_with_a_time_to_read() -> None:
    text = str(Holder.current())
    assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d$", text)
    for other in ("yesterday", 5):
        assert str(Holder("a", "b", 1, other)) == f"a on b (process 1) since {other}"


def test_copy_of_the_scan_never_overwrites_another_file(painting: Painting, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with Document.create(painting, folder / "work.imagest") as document:
        reference = document.state.painting
    (folder / "scan.tif").write_bytes(b"another")
    with pytest.raises(OutputError, match="exists already"):
        copy_next_to(reference, folder / "work.imagest")
    (folder / "scan.tif").unlink()
    assert copy_next_to(reference, folder / "work.imagest").path == folder / "scan.tif"
    assert (folder / "scan.tif").read_bytes() == painting.path.read_bytes()
