"""Rolling backups: whole, bounded, and made by the document itself beside the work."""

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
from imagest_core.project.recovery.rolling_backup import Rolling

A, B = Box(10, 10, 40, 30), Box(300, 200, 20, 20)


@pytest.fixture
def project(document: Document, brush) -> Iterator[Path]:
    brush(document, A, 1)
    document.close()
    assert document.path is not None
    yield document.path
    assert not [thread for thread in threading.enumerate() if thread.name == "backup"]


def test_opening_makes_one_that_a_gesture_does_not_wait_for(project: Path, brush) -> None:
    with Document.open(project) as document:
        brush(document, B, 1)
        document._rolling.wait()
        [made] = backups.backups(project)
        with Document.look_at(made) as kept:
            assert kept.state.damage.count() in (A.area, A.area + B.area)


def test_opening_what_has_not_changed_makes_none(project: Path) -> None:
    for _ in range(3):
        with Document.open(project) as document:
            document._rolling.wait()
    assert len(backups.backups(project)) == 1


def test_gestures_make_more_but_not_faster_than_the_pause(project: Path, brush) -> None:
    with Document.open(project) as document:
        document._rolling.wait()
        for pause in (3600.0, 0.0):
            document._rolling = Rolling(gestures=5, pause=pause)
            for step in range(5):
                brush(document, Box(step * 20, 100 + int(pause) % 7, 10, 10), 2)
            document._rolling.wait()
            assert len(backups.backups(project)) == (1 if pause else 2)


def test_a_backup_under_way_sees_one_moment(project: Path, brush, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gestures go on while the pages are copied; the copy is the project as it was at the beginning."""
    monkeypatch.setattr(backups, "_PAGES", 1)
    with Document.open(project) as document:
        document._rolling.stop()
        for step in range(3):
            brush(document, Box(step * 20, 0, 10, 10), 2)
        expected = document.state.damage.copy()
        left = iter(range(3))

        def work() -> bool:
            if next(left, None) is not None:
                brush(document, Box(300, 100, 50, 50), 3)
                document.undo()
                brush(document, Box(400, 100, 9, 9), 3)
            return False

        made = backups.back_up(project, progress=Progress(cancelled=work))
        assert document.state.damage.count(3) == 81
    assert made is not None
    with Document.look_at(made) as kept:
        assert kept.state.damage == expected


def test_one_that_is_given_up_leaves_nothing(project: Path, brush) -> None:
    with pytest.raises(Cancelled):
        backups.back_up(project, progress=Progress(cancelled=lambda: True))
    assert not list(backups.folder_of(project).iterdir())


def test_what_a_killed_one_left_is_removed(project: Path) -> None:
    folder = backups.folder_of(project)
    folder.mkdir(parents=True)
    (folder / "2026-01-01.part").write_bytes(b"x")
    (folder / "2026-01-01.part-journal").write_bytes(b"x")
    made = backups.back_up(project)
    assert list(folder.iterdir()) == [made]


def test_a_backup_that_fails_is_told_once_and_stops_nothing(project: Path, data_folder: Path, brush) -> None:
    data_folder.mkdir(exist_ok=True)
    (data_folder / "backups").write_text("a file where the folder should be")
    said: list[str] = []
    with Document.open(project) as document:
        document.warned.connect(said.append)
        document._rolling.wait()
        for step in range(3):
            brush(document, Box(step * 20, 0, 10, 10), 2)
        assert document.saved
    [sentence] = said
    assert "can't be written" in sentence


def test_an_older_good_one_stays_when_the_project_is_damaged(project: Path, brush) -> None:
    good = backups.back_up(project)
    with Document.open(project) as document:
        brush(document, B, 2)
    content = bytearray(project.read_bytes())
    content[3 * 4096 : 3 * 4096 + 200] = os.urandom(200)
    project.write_bytes(content)
    with pytest.raises((OutputError, ProjectError), match=r"work\.imagest is damaged"):
        backups.back_up(project)
    assert backups.backups(project) == [good]


def test_backups_of_an_unnamed_project_go_with_it(painting: Painting, tmp_path: Path, brush) -> None:
    with Document.of_painting(painting) as document:
        brush(document, A, 1)
        made = document.back_up()
        assert made is not None
        digest = file_sha256(made)
        document.save_as(tmp_path / "named.imagest")
    assert not made.exists()
    assert [file_sha256(path) for path in backups.backups(tmp_path / "named.imagest")] == [digest]


def test_looking_makes_none(project: Path) -> None:
    with Document.look_at(project) as document:
        assert document.back_up() is None
    assert not backups.backups(project)


def test_backups_roll_and_are_whole_projects(document: Document, brush) -> None:
    assert document.path is not None
    for step in range(8):
        brush(document, Box(step * 20, 0, 10, 10), 1)
        document.back_up()
    kept = backups.backups(document.path)
    assert len(kept) == backups.KEPT
    with Document.look_at(kept[0]) as newest, Document.look_at(kept[-1]) as oldest:
        assert (newest.state.damage.count(), oldest.state.damage.count()) == (800, 400)


def test_nothing_new_makes_no_backup(document: Document, brush) -> None:
    brush(document, A, 1)
    assert document.back_up() is not None
    assert document.back_up() is None


def test_backups_are_bounded_in_bytes_but_one_is_always_kept(document: Document, brush) -> None:
    assert document.path is not None
    for step in range(3):
        brush(document, Box(step * 20, 0, 10, 10), 1)
        backups.back_up(document.path, largest=1)
    assert len(backups.backups(document.path)) == 1
