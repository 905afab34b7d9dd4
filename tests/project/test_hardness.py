"""Full disks, read-only and vanished folders, two processes, other versions, backups."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from imagest_core.errors import OutputError, ProjectError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, results, settings
from imagest_core.project.recovery import backups
from imagest_core.project.state import Subject
from imagest_core.project.storage import store
from imagest_core.project.storage.folders import unnamed_projects
from imagest_core.project.storage.lock import lock_path
from imagest_core.project.storage.schema import APPLICATION_ID, STEPS

A, B = Box(10, 10, 40, 30), Box(300, 200, 20, 20)


def mounted(folder: Path, *options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], check=True)


class Disk:
    """A folder that can be made full, and have room again."""

    def __init__(self, folder: Path, fill: Callable[[], None], free: Callable[[], None]) -> None:
        self.folder, self.fill, self.free = folder, fill, free


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """A small disk where one may be mounted, else a limit in SQLite itself."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if mounted(folder, "size=2m"):
        filler = folder / "filler"
        yield Disk(folder, lambda: fill_up(filler), filler.unlink)
        unmount(folder)
    else:
        limit = {"pages": 2**30}
        connect = store.connect
        monkeypatch.setattr(store, "connect", lambda path: limited(connect(path), limit["pages"]))
        yield Disk(folder, lambda: limit.update(pages=1), lambda: limit.update(pages=2**30))


def fill_up(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def limited(db: sqlite3.Connection, pages: int) -> sqlite3.Connection:
    db.execute(f"PRAGMA max_page_count = {pages}")
    return db


# Disks


def test_a_full_disk_loses_nothing(disk: Disk, painting: Painting, tmp_path: Path, brush, make_run) -> None:
    document = Document.create(painting, disk.folder / "work.imagest")
    brush(document, A, 1)
    document.close()
    document = Document.open(disk.folder / "work.imagest")
    seen: list[str] = []
    document.troubled.connect(seen.append)
    disk.fill()
    for step in range(20):
        document.do(settings.set_notes(document.state, "x" * 20_000 + str(step)))
    document.do(results.add_run(make_run(1, [A], 7)))
    brush(document, B, 2)
    assert not document.saved
    assert len(seen) == 1
    assert "work.imagest" in seen[0]
    assert "the work is still open" in seen[0]
    with pytest.raises(OutputError, match="still open"):
        document.close()
    disk.free()
    brush(document, B.moved(0, 30), 2)
    assert document.saved
    assert seen[-1] == ""
    state = document.state
    document.close()
    again = Document.open(disk.folder / "work.imagest")
    assert again.state == state
    assert len(again.history.done) == 24
    again.abandon()


def test_from_a_full_disk_the_work_can_be_saved_on_another(
    disk: Disk, painting: Painting, tmp_path: Path, brush, make_run
) -> None:
    document = Document.create(painting, disk.folder / "work.imagest")
    document.do(results.add_run(make_run(1, [B], 8)))
    disk.fill()
    for _ in range(60):
        document.do(settings.set_notes(document.state, document.state.notes + "y" * 10_000))
    document.do(results.add_run(make_run(2, [A], 7)))
    assert document.trouble
    document.save_as(tmp_path / "elsewhere.imagest")
    assert document.saved
    assert not document.trouble
    document.close()
    again = Document.open(tmp_path / "elsewhere.imagest")
    assert [run.content.tile((0, 0)).samples.max() for run in (again.state.runs[2],)] == [7]
    assert len(again.state.notes) == 600_000
    assert again.undo()
    again.abandon()


def test_no_project_is_left_half_made_on_a_full_disk(disk: Disk, painting: Painting) -> None:
    disk.fill()
    with pytest.raises(OutputError):
        Document.create(painting, disk.folder / "work.imagest")
    assert {path.name for path in disk.folder.iterdir()} <= {"filler"}


def test_work_goes_on_when_its_folder_vanishes(painting: Painting, tmp_path: Path, brush, make_run) -> None:
    folder = tmp_path / "share"
    folder.mkdir()
    document = Document.create(painting, folder / "work.imagest")
    document.do(results.add_run(make_run(1, [A], 7)))
    shutil.rmtree(folder)
    brush(document, A, 1)
    assert "isn't where it was" in document.trouble
    brush(document, B, 1)
    document.save_as(tmp_path / "here.imagest")
    document.close()
    again = Document.open(tmp_path / "here.imagest")
    assert again.state.damage.count() == A.area + B.area
    assert again.state.runs[1].content.tile((0, 0)).samples.max() == 7
    assert len(again.history.done) == 3
    again.abandon()


def test_work_goes_on_when_its_folder_comes_back(painting: Painting, tmp_path: Path, brush) -> None:
    folder, away = tmp_path / "share", tmp_path / "away"
    folder.mkdir()
    document = Document.create(painting, folder / "work.imagest")
    folder.rename(away)
    brush(document, A, 1)
    assert document.trouble
    away.rename(folder)
    brush(document, B, 1)
    assert document.saved
    document.close()
    with Document.open(folder / "work.imagest") as again:
        assert again.state.damage.count() == A.area + B.area


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A folder, and what makes it read-only (a mount, since root may write anything else)."""
    folder = tmp_path / "sealed"
    folder.mkdir()
    if mounted(folder, "size=8m"):
        yield folder, lambda: subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        unmount(folder)
    else:
        yield folder, lambda: folder.chmod(0o555)
        folder.chmod(0o755)


@pytest.mark.parametrize("crashed", [False, True])
def test_a_read_only_folder_can_be_looked_at(
    sealed, painting: Painting, tmp_path: Path, brush, crashed
) -> None:
    folder, seal = sealed
    project = folder / "work.imagest"
    document = Document.create(painting, project)
    brush(document, A, 1)
    if crashed:
        leave_as_after_a_crash(project)
    document.close()
    if crashed:
        (folder / "crash").rename(project)
        (folder / "crash-wal").rename(folder / "work.imagest-wal")
    seal()
    look = Document.open(project)
    assert look.state.damage.count() == A.area
    assert "work.imagest" in look.read_only or str(folder) in look.read_only
    with pytest.raises(ProjectError, match="to change it"):
        look.do(settings.set_notes(look.state, "x"))
    look.save_as(tmp_path / "copy.imagest")
    look.do(settings.set_notes(look.state, "x"))
    look.close()
    assert project.exists()
    with pytest.raises(OutputError):
        Document.create(painting, folder / "new.imagest")


def leave_as_after_a_crash(project: Path) -> None:
    """Copies of the file and its log as they lie on the disk while the project is open."""
    shutil.copyfile(project, project.with_name("crash"))
    shutil.copyfile(f"{project}-wal", project.with_name("crash-wal"))


def test_where_nothing_can_be_kept_the_work_goes_on_in_memory(
    painting: Painting, data_folder: Path, tmp_path: Path, brush
) -> None:
    data_folder.write_text("a file where the folder should be")
    document = Document.of_painting(painting)
    assert document.path is None
    brush(document, A, 1)
    assert document.trouble
    document.save_as(tmp_path / "named.imagest")
    assert not document.trouble
    document.close()


# Two who want one project

HOLD = """
import sys
from pathlib import Path
from imagest_core.project.document import Document
document = Document.open(Path(sys.argv[1]))
print(document.read_only, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def hold() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Another process that has a project open."""
    started: list[subprocess.Popen[str]] = []

    def start(project: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(project)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_second_process_looks_on_and_is_told_who_has_it(
    document: Document, hold, brush, tmp_path
) -> None:
    brush(document, A, 1)
    document.close()
    assert document.path is not None
    holder = hold(document.path)
    second = Document.open(document.path)
    assert f"process {holder.pid}" in second.read_only
    assert second.state.damage.count() == A.area
    with pytest.raises(ProjectError, match="has it"):
        second.undo()
    with pytest.raises(ProjectError, match="has it"):
        brush(second, B, 1)
    assert second.state.damage.count() == A.area, "a gesture that can't be kept is given up"
    second.save_as(tmp_path / "mine.imagest")
    brush(second, B, 1)
    second.close()
    assert holder.poll() is None


def test_the_lock_of_a_dead_process_is_taken_over(document: Document, hold) -> None:
    document.close()
    assert document.path is not None
    holder = hold(document.path)
    holder.kill()
    holder.wait()
    assert lock_path(document.path).exists()
    with Document.open(document.path) as second:
        assert not second.read_only
    assert not lock_path(document.path).exists()


def test_the_lock_of_another_computer_is_believed_until_taken_over(document: Document) -> None:
    document.close()
    assert document.path is not None
    holder = {"user": "Ada", "host": "studio-2", "pid": 1, "time": "2026-05-01T10:00:00+02:00"}
    lock_path(document.path).write_text(json.dumps(holder))
    with Document.open(document.path) as second:
        assert "Ada on studio-2" in second.read_only
    with Document.open(document.path, take_over=True) as second:
        assert not second.read_only


def test_a_project_that_is_open_is_not_written_over(document: Document, painting: Painting) -> None:
    assert document.path is not None
    other = Document.create(painting)
    with pytest.raises(OutputError, match="has it"):
        other.save_as(document.path, force=True)


# Other versions


def test_a_project_that_could_not_be_replaced_keeps_what_was_only_in_its_log(
    document: Document, brush, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a kill leaves it: gestures in the write-ahead log, the file without them."""
    brush(document, A, 1)
    assert document.path is not None
    old = tmp_path / "old.imagest"
    for end in ("", "-wal"):
        shutil.copyfile(f"{document.path}{end}", f"{old}{end}")

    def refused(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refused)
        with pytest.raises(OutputError):
            document.save_as(old, force=True)
    with Document.open(old) as again:
        assert again.state.damage.count() == A.area


def test_a_newer_version_is_refused_and_left_alone(document: Document) -> None:
    document.close()
    assert document.path is not None
    with closing(sqlite3.connect(document.path)) as db:
        db.execute("PRAGMA user_version = 99")
    before = document.path.read_bytes()
    with pytest.raises(ProjectError, match=r"newer Imagest \(file version 99"):
        Document.open(document.path)
    assert document.path.read_bytes() == before


@pytest.fixture
def first_version(document: Document, make_run) -> Path:
    """The same project as version 1 of the file had it."""
    document.do(results.add_run(make_run(1, [A, B], 5)))
    document.do(decisions.accept(document.state, document.state.runs[1], [2]))
    document.close()
    assert document.path is not None
    old = document.path.with_name("old.imagest")
    with closing(sqlite3.connect(old)) as db:
        db.executescript(f"PRAGMA application_id = {APPLICATION_ID}; {STEPS[0]} PRAGMA user_version = 1;")
        db.execute("ATTACH ? AS new", (str(document.path),))
        for table in ("meta", "tiles", "operations", "runs", "run_tiles"):
            db.execute(f"INSERT INTO {table} SELECT * FROM new.{table}")
        columns = "id, subject, verdict, note, operator, time"
        db.execute(f"INSERT INTO decisions SELECT {columns} FROM new.decisions")
        db.commit()
    return old


def test_an_older_version_is_brought_up_to_date(first_version: Path) -> None:
    with Document.open(first_version) as document:
        assert document.state.decisions[Subject(1, 2)].place == 1
        assert document.store.query("SELECT * FROM exports") == []
        assert document.undo()
    with Document.open(first_version) as document:
        assert not document.state.decisions
    with closing(sqlite3.connect(backups.backups(first_version)[-1])) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


def test_looking_at_an_older_version_leaves_it_alone(first_version: Path) -> None:
    before = first_version.read_bytes()
    with Document.look_at(first_version) as document:
        assert document.state.decisions[Subject(1, 2)].place == 1
    assert first_version.read_bytes() == before


def test_an_unnamed_project_is_kept_beside_the_settings(painting: Painting, data_folder: Path) -> None:
    with Document.of_painting(painting) as document:
        assert document.path is not None
        assert document.path.parent == unnamed_projects()
        assert document.path.is_relative_to(data_folder)
