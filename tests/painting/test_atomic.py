"""Files are written completely or not at all."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from imagest_core.errors import OutputError
from imagest_core.painting import atomic
from imagest_core.painting.atomic import MARGIN, all_or_none, check_room, replacing
from imagest_core.printable import megabytes_apart
from imagest_core.progress import Cancelled


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_file_is_renamed_when_finished(tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    with replacing(out) as temporary:
        temporary.write_bytes(b"new")
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".out.tif.")
        assert not out.exists()
    assert out.read_bytes() == b"new"
    assert names(tmp_path) == ["out.tif"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, Cancelled, OSError])
@pytest.mark.parametrize("old", [False, True])
def test_exception_leaves_the_old_file_or_none(tmp_path: Path, error: type[BaseException], old: bool) -> None:
    out = tmp_path / "out.tif"
    if old:
        out.write_bytes(b"old")

    def body() -> None:
        with replacing(out, force=True) as temporary:
            temporary.write_bytes(b"new")
            raise error

    with pytest.raises(error):
        body()
    assert names(tmp_path) == (["out.tif"] if old else [])
    assert not old or out.read_bytes() == b"old"


def refused(out: Path, sentence: str, **options: object) -> None:
    with pytest.raises(OutputError, match=sentence), replacing(out, **options):
        pytest.fail("the body must not run")


def test_invalid_targets_are_refused(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    source.write_bytes(b"source")
    out.write_bytes(b"old")
    (tmp_path / "link.tif").symlink_to(source)
    os.link(source, tmp_path / "twin.tif")
    (tmp_path / "folder.tif").mkdir()
    refused(out, "exists already")
    for name in ("source.tif", "link.tif", "twin.tif"):
        refused(tmp_path / name, "is the source itself", force=True, source=source)
        refused(tmp_path / name, "is the source itself", source=source)
    refused(tmp_path / "folder.tif", "is not a file", force=True)
    refused(tmp_path / "missing" / "out.tif", "doesn't exist")
    refused(tmp_path / ("n" * 300), "too long")
    refused(tmp_path / "new.tif", "MB are free", room=1 << 60)
    assert source.read_bytes() == b"source"
    assert out.read_bytes() == b"old"


def test_file_created_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out.tif"

    def body() -> None:
        with replacing(out) as temporary:
            temporary.write_bytes(b"ours")
            out.write_bytes(b"theirs")

    with pytest.raises(OutputError, match="exists already"):
        body()
    assert out.read_bytes() == b"theirs"
    assert names(tmp_path) == ["out.tif"]


def test_symbolic_link_is_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.tif", tmp_path / "link.tif"
    real.write_bytes(b"old")
    link.symlink_to(real)
    with replacing(link, force=True) as temporary:
        temporary.write_bytes(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_permissions_are_those_of_the_old_file_or_the_default(tmp_path: Path) -> None:
    old, new, plain = tmp_path / "old", tmp_path / "new", tmp_path / "plain"
    old.write_bytes(b"")
    old.chmod(0o640)
    plain.write_bytes(b"")
    for out in (old, new):
        with replacing(out, force=True):
            pass
    assert old.stat().st_mode & 0o777 == 0o640
    assert new.stat().st_mode == plain.stat().st_mode


def test_longest_file_name_can_be_written(tmp_path: Path) -> None:
    out = tmp_path / ("ä" * 125 + ".tif")
    with replacing(out) as temporary:
        assert len(os.fsencode(temporary.name)) <= 255
    assert out.exists()


def test_only_files_of_dead_processes_are_removed(tmp_path: Path) -> None:
    out, host = tmp_path / "out.tif", atomic._host()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = f".out.tif.{ended.pid}-{host}-01234567.part"
    kept = [
        f".out.tif.{os.getpid()}-{host}-01234567.part",
        f".out.tif.{ended.pid}-{'0' * 8}-01234567.part",
        f".other.tif.{ended.pid}-{host}-01234567.part",
        f"out.tif.{ended.pid}.part",
    ]
    for name in (dead, *kept):
        (tmp_path / name).write_bytes(b"left")
    with replacing(out):
        assert not (tmp_path / dead).exists()
    assert names(tmp_path) == sorted([*kept, "out.tif"])


WAITING = """
import signal, sys, time
from pathlib import Path
from imagest_core.painting.atomic import MARGIN, all_or_none, check_room, replacing
from imagest_core.printable import megabytes_apart
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore SIGINT by default
with replacing(Path(sys.argv[1]), force=True) as temporary:
    temporary.write_bytes(b"half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_killed_process_leaves_the_old_file(tmp_path: Path, number: signal.Signals) -> None:
    out = tmp_path / "out.tif"
    out.write_bytes(b"old")
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(out)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
    assert out.read_bytes() == b"old"
    assert len(names(tmp_path)) == (2 if number == signal.SIGKILL else 1)
    with replacing(out, force=True) as temporary:
        temporary.write_bytes(b"new")
    assert names(tmp_path) == ["out.tif"]
    assert out.read_bytes() == b"new"


def test_journal_of_a_temporary_database_is_removed(tmp_path: Path) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True).stdout
    for ending in ("part", "part-journal", "part-wal", "part-shm"):
        (tmp_path / f".out.tif.{int(dead)}-{atomic._host()}-01234567.{ending}").write_bytes(b"x")
    with replacing(tmp_path / "out.tif") as temporary:
        temporary.write_bytes(b"new")
    assert names(tmp_path) == ["out.tif"]


UNWRITABLE = """
import os, sys
from pathlib import Path
from imagest_core.errors import OutputError
from imagest_core.painting.atomic import MARGIN, all_or_none, check_room, replacing
from imagest_core.printable import megabytes_apart
if os.getuid() == 0:
    os.setuid(65534)
try:
    with replacing(Path(sys.argv[1])):
        pass
except OutputError as error:
    print(error)
"""


def test_read_only_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for parent in (folder, *folder.parents):
        if os.access(parent, os.W_OK) and parent.stat().st_uid == os.getuid() and "pytest" in str(parent):
            parent.chmod(0o755)
    folder.chmod(0o555)
    answer = subprocess.run(
        [sys.executable, "-c", UNWRITABLE, str(folder / "out.tif")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "is not writable" in answer.stdout
    assert names(folder) == []


# Groups of files


def written_together(
    files: list[Path],
    *,
    force: bool = False,
    fails: type[BaseException] | None = None,
    then: Callable[[Path], None] = Path.stat,
) -> None:
    with all_or_none(files, force=force) as written:
        for path in files[:2]:
            with replacing(path, force=force) as temporary:
                temporary.write_bytes(b"new")
            written(path)
            then(path)
        if fails is not None:
            raise fails


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("fails", [OutputError, Cancelled, KeyboardInterrupt])
def test_group_of_files_is_written_completely_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: type[BaseException], links: bool
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError()))
    new, old, late = (tmp_path / name for name in ("new", "old", "late"))
    for path in (old, late):
        path.write_bytes(b"old")
    with pytest.raises(fails):
        written_together([new, old, late], force=True, fails=fails)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["late", "old"]
    assert old.read_bytes() == late.read_bytes() == b"old"
    written_together([new, old], force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["late", "new", "old"]
    assert new.read_bytes() == old.read_bytes() == b"new"


def test_file_of_another_process_is_not_undone(tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"

    def appears(_: Path) -> None:
        theirs.write_bytes(b"theirs")

    with pytest.raises(OutputError, match="exists already"):
        written_together([mine, theirs], then=appears)
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]
    assert theirs.read_bytes() == b"theirs"
    with pytest.raises(OutputError, match="exists already"), all_or_none([mine, theirs]):
        pytest.fail("theirs is there")


def test_the_room_that_is_missing_can_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    free = 40_000 + MARGIN
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(free, 0, free))
    with pytest.raises(OutputError, match=r"needs ([\d.,]+) MB, but only ([\d.,]+) MB") as raised:
        check_room(tmp_path / "a.tif", 200_000)
    needed, shown = re.findall(r"([\d.,]+) MB", str(raised.value))
    assert float(needed) > float(shown)
    assert megabytes_apart(9_000_000, 1_000_000) == ("9", "1")
    assert megabytes_apart(1_100_000, 1_000_000) == ("1.1", "1.0")
