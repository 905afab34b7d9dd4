"""Rolling backups: complete, limited, and made by the document in the background."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagest_core.errors import OutputError, ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.progress import Cancelled, Progress
from imagest_core.project.document import Document
from imagest_core.project.painting_reference import file_sha256
from imagest_core.project.recovery import backups
from imagest_core.project.recovery.rolling_backup import RollingBackup

A, B = Box(10, 10, 40, 30), Box(300, 200, 20, 20)


@pytest.fixture
def project(document: Document, brush) -> Iterator[Path]:
    brush(document, A, 1)
    document.close()
    assert document.path is not None
    yield document.path
    assert not [thread for thread in threading.enumerate() if thread.name == "backup"]


def test_opening_starts_a_background_backup(project: Path, brush) -> None:
    with Document.open(project) as document:
        brush(document, B, 1)
        document._rolling.wait()
        [backup] = backups.backups(project)
        with Document.open_read_only(backup) as kept:
            assert kept.state.damage.count() in (A.area, A.area + B.area)


def test_no_backup_of_an_unchanged_project(project: Path) -> None:
    for _ in range(3):
        with Document.open(project) as document:
            document._rolling.wait()
    assert len(backups.backups(project)) == 1


def test_gestures_start_backups_at_a_minimum_interval(project: Path, brush) -> None:
    with Document.open(project) as document:
        document._rolling.wait()
        for pause in (3600.0, 0.0):
            document._rolling = RollingBackup(every=5, interval=pause)
            for step in range(5):
                brush(document, Box(step * 20, 100 + int(pause) % 7, 10, 10), 2)
            document._rolling.wait()
            assert len(backups.backups(project)) == (1 if pause else 2)


def test_backup_is_consistent_while_gestures_continue(
    project: Path, brush, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gestures continue while pages are copied; the copy is the project as it was at the start."""
    monkeypatch.setattr(backups, "_PAGES", 1)
    with Document.open(project) as document:
        document._rolling.stop()
        for step in range(3):
            brush(document, Box(step * 20, 0, 10, 10), 2)
        expected = document.state.damage.copy()
        remaining = iter(range(3))

        def work() -> bool:
            if next(remaining, None) is not None:
                brush(document, Box(300, 100, 50, 50), 3)
                document.undo()
                brush(document, Box(400, 100, 9, 9), 3)
            return False

        backup = backups.back_up(project, progress=Progress(cancelled=work))
        assert document.state.damage.count(3) == 81
    assert backup is not None
    with Document.open_read_only(backup) as kept:
        assert kept.state.damage == expected


def test_cancelled_backup_leaves_nothing(project: Path, brush) -> None:
    with pytest.raises(Cancelled):
        backups.back_up(project, progress=Progress(cancelled=lambda: True))
    assert not list(backups.backups_folder_of(project).iterdir())


def test_removes_partial_backups_of_killed_processes(project: Path) -> None:
    folder = backups.backups_folder_of(project)
    folder.mkdir(parents=True)
    (folder / "2026-01-01.part").write_bytes(b"x")
    (folder / "2026-01-01.part-journal").write_bytes(b"x")
    backup = backups.back_up(project)
    assert list(folder.iterdir()) == [backup]


def test_failed_backup_is_reported_once(project: Path, data_folder: Path, brush) -> None:
    data_folder.mkdir(exist_ok=True)
    (data_folder / "backups").write_text("a file where the folder should be")
    messages: list[str] = []
    with Document.open(project) as document:
        document.backup_error_changed.connect(messages.append)
        document._rolling.wait()
        for step in range(3):
            brush(document, Box(step * 20, 0, 10, 10), 2)
        assert document.saved
    [sentence] = messages
    assert "can't be written" in sentence


def test_keeps_older_backups_of_a_damaged_project(project: Path, brush) -> None:
    good = backups.back_up(project)
    with Document.open(project) as document:
        brush(document, B, 2)
    content = bytearray(project.read_bytes())
    content[3 * 4096 : 3 * 4096 + 200] = os.urandom(200)
    project.write_bytes(content)
    with pytest.raises((OutputError, ProjectError), match=r"work\.imagest is damaged"):
        backups.back_up(project)
    assert backups.backups(project) == [good]


def test_backups_move_with_a_newly_named_project(painting: Painting, tmp_path: Path, brush) -> None:
    with Document.for_painting(painting) as document:
        brush(document, A, 1)
        backup = document.back_up()
        assert backup is not None
        digest = file_sha256(backup)
        document.save_as(tmp_path / "named.imagest")
    assert not backup.exists()
    assert [file_sha256(path) for path in backups.backups(tmp_path / "named.imagest")] == [digest]


def test_read_only_documents_make_no_backup(project: Path) -> None:
    with Document.open_read_only(project) as document:
        assert document.back_up() is None
    assert not backups.backups(project)


def test_backups_are_limited_in_number_and_complete(document: Document, brush) -> None:
    assert document.path is not None
    for step in range(8):
        brush(document, Box(step * 20, 0, 10, 10), 1)
        document.back_up()
    kept = backups.backups(document.path)
    assert len(kept) == backups.MAX_BACKUPS
    with Document.open_read_only(kept[0]) as newest, Document.open_read_only(kept[-1]) as oldest:
        assert (newest.state.damage.count(), oldest.state.damage.count()) == (800, 400)


def test_no_second_backup_without_changes(document: Document, brush) -> None:
    brush(document, A, 1)
    assert document.back_up() is not None
    assert document.back_up() is None


def test_backups_are_limited_in_size_but_one_is_kept(document: Document, brush) -> None:
    assert document.path is not None
    for step in range(3):
        brush(document, Box(step * 20, 0, 10, 10), 1)
        backups.back_up(document.path, max_bytes=1)
    assert len(backups.backups(document.path)) == 1


def test_nothing_is_left_of_deleted_backups(document: Document, brush) -> None:
    assert document.path is not None
    folder = backups.backups_folder_of(document.path)
    for step in range(8):
        brush(document, Box(step * 20, 0, 10, 10), 1)
        document.back_up()
    for kept in backups.backups(document.path):
        with Document.open_read_only(kept):
            pass
    before = sorted(document.path.parent.glob(f"{document.path.name}*"))
    for step in range(8):
        brush(document, Box(step * 20, 40, 10, 10), 1)
        document.back_up()
    names = {path.name for path in backups.backups(document.path)}
    assert len(names) == backups.MAX_BACKUPS
    assert {path.name.partition(".imagest")[0] + ".imagest" for path in folder.iterdir()} == names
    assert sorted(document.path.parent.glob(f"{document.path.name}*")) == before


def test_a_backup_that_is_open_as_a_project_is_kept(document: Document, brush) -> None:
    assert document.path is not None
    brush(document, A, 1)
    first = document.back_up()
    with Document.open(first) as opened:
        brush(opened, B, 1)
        for step in range(8):
            brush(document, Box(step * 20, 40, 10, 10), 1)
            document.back_up()
        assert first.exists()
        assert first.with_name(f"{first.name}-wal").exists()
    with Document.open_read_only(first) as again:
        assert again.state.damage.count() == A.area + B.area
