"""Projects whose files have names that are no UTF-8, or neighbours that mean no good."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from imagest_core.errors import OutputError
from imagest_core.export.painting import last_export, stored_path
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.document import Document
from imagest_core.project.files import files_of, inputs_of
from imagest_core.project.painting_reference import copy_beside
from imagest_core.project.recovery.backups import folder_of
from imagest_core.project.storage.lock import lock_path, read_holder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file names are Unicode there")


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    return Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))


def test_a_scan_with_such_a_name_has_a_project(scan: Path, odd: Path) -> None:
    odd.mkdir()
    moved = scan.rename(odd / "scan.tif")
    with open_painting(moved) as painting:
        Document.create(painting, odd / "work.imagest").close()
        unnamed = Document.of_painting(painting)
        assert unnamed.trouble == ""
        unnamed.close()
    with Document.open(odd / "work.imagest") as document:
        assert document.state.painting.path == moved
        assert document.find_painting().path == moved
        assert moved in inputs_of(document)
    assert moved in files_of(odd / "work.imagest")
    assert folder_of(odd / "work.imagest").name.startswith("work-")


def test_an_export_with_such_a_name_is_found_again(cli, scan: Path, odd: Path, tmp_path: Path) -> None:
    odd.mkdir()
    project = tmp_path / "work.imagest"
    with open_painting(scan) as painting, Document.create(painting, project) as document:
        row = {"time": "2026-05-01T10:00:00", "operator": "me", "path": stored_path(odd / "out.tif")}
        document.store.note_export({**row, "sha256": "0" * 64, "pixels": 5, "runs": "{}", "record": "{}"})
        assert last_export(document) == odd / "out.tif"
    assert cli("project", "info", project, "--json").code == 0


def test_a_lock_that_is_a_pipe_or_nonsense_is_not_waited_for(tmp_path: Path) -> None:
    lock = lock_path(tmp_path / "work.imagest")
    os.mkfifo(lock)
    assert read_holder(lock) is None
    lock.unlink()
    for text in ("[" * 4000, "{}", "null", '{"user": 1, "host": [], "pid": {}, "time": 0}', "x" * 10_000):
        lock.write_text(text)
        assert read_holder(lock) is None


def test_a_copy_beside_the_project_never_stands_for_another_scan(painting: Painting, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with Document.create(painting, folder / "work.imagest") as document:
        reference = document.state.painting
    (folder / "scan.tif").write_bytes(b"another")
    with pytest.raises(OutputError, match="exists already"):
        copy_beside(reference, folder / "work.imagest")
    (folder / "scan.tif").unlink()
    assert copy_beside(reference, folder / "work.imagest").path == folder / "scan.tif"
    assert (folder / "scan.tif").read_bytes() == painting.path.read_bytes()
