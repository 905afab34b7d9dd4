"""The restored scan and its record appear together, or neither does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from imagest_core.painting import atomic
from imagest_core.painting.atomic import all_or_none, replacing

FILL = ("--engine", "harmonic", "--force")


def restore(cli, scan, mask, out, record):
    return cli("restore", scan, "--mask", mask, "-o", out, "--record", record, *FILL)


def hidden(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_without_room_for_the_record_the_old_file_stays(cli, scan, mask, tmp_path, monkeypatch):
    """A write that fails stands for a full disk: the record's own, after the scan was written."""
    out, record = tmp_path / "out.tif", tmp_path / "record.json"
    out.write_bytes(b"old")
    record.write_bytes(b"older")
    written = Path.write_text

    def full(path, *args, **options):
        if ".record.json." in path.name:
            raise OSError(28, "No space left on device")
        return written(path, *args, **options)

    monkeypatch.setattr(Path, "write_text", full)
    answer = restore(cli, scan, mask, out, record)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "record.json" in answer.err
    assert (out.read_bytes(), record.read_bytes()) == (b"old", b"older")
    assert hidden(tmp_path) == []


def test_a_record_that_cannot_get_its_name_takes_the_file_back(cli, scan, mask, tmp_path, monkeypatch):
    out, record = tmp_path / "out.tif", tmp_path / "record.json"
    out.write_bytes(b"old")
    renamed = os.replace

    def refuse(source, target):
        if Path(target).name == "record.json":
            raise PermissionError(13, "Permission denied")
        renamed(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    assert restore(cli, scan, mask, out, record).code == 2
    assert out.read_bytes() == b"old"
    assert not record.exists()
    assert hidden(tmp_path) == []


def test_a_folder_that_takes_no_record_is_noticed_before_the_work(cli, scan, mask, tmp_path, monkeypatch):
    out = tmp_path / "out.tif"
    opened = os.open

    def refuse(path, flags, *rest, **options):
        if ".record.json." in os.fspath(path):
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *rest, **options)

    monkeypatch.setattr(atomic.os, "open", refuse)
    answer = restore(cli, scan, mask, out, tmp_path / "record.json")
    assert (answer.code, "is not writable" in answer.err) == (2, True)
    assert not out.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="file names are Unicode there")
def test_names_that_are_no_utf8_are_recorded_as_text(cli, scan, mask, tmp_path):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/b\xe9\x1b.tif")
    scan.rename(odd)
    record = tmp_path / "record.json"
    answer = restore(cli, odd, mask, os.fsdecode(os.fsencode(tmp_path) + b"/o\xff.tif"), record)
    assert (answer.code, answer.err) == (0, "")
    assert "/o\\xff.tif" in answer.out
    assert json.loads(record.read_text("utf-8"))["painting"]["name"] == "b\\xe9\x1b.tif"
    assert json.loads(cli("info", odd).out)["path"].endswith("b\\xe9\x1b.tif")


def write_both(one: Path, other: Path, fails: type[BaseException] | None = None) -> None:
    with all_or_none([one, other], force=True):
        for path in (one, other):
            with replacing(path, force=True) as temporary:
                temporary.write_bytes(b"new")
        if fails is not None:
            raise fails


@pytest.mark.parametrize("links", [True, False], ids=["hard-links", "no-hard-links"])
@pytest.mark.parametrize("fails", [RuntimeError, KeyboardInterrupt])
def test_a_failure_after_both_were_written_brings_both_back(tmp_path, monkeypatch, fails, links):
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(38, "not here")))
    (tmp_path / "one").write_bytes(b"old")
    with pytest.raises(fails):
        write_both(tmp_path / "one", tmp_path / "other", fails)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert (tmp_path / "one").read_bytes() == b"old"
    write_both(tmp_path / "one", tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "other"]


def test_an_old_file_has_its_name_until_the_new_one_takes_it(tmp_path):
    (tmp_path / "one").write_bytes(b"old")
    with all_or_none([tmp_path / "one", tmp_path / "other"], force=True):
        assert (tmp_path / "one").read_bytes() == b"old"
        assert hidden(tmp_path) == []


KILLED = """
import sys
from pathlib import Path
from imagest_core.painting.atomic import all_or_none, replacing
one, other = Path(sys.argv[1], "one"), Path(sys.argv[1], "other")
with all_or_none([one, other], force=True):
    with replacing(one, force=True) as temporary:
        temporary.write_bytes(b"new")
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_next_write_restores_what_a_killed_process_replaced(tmp_path):
    (tmp_path / "one").write_bytes(b"old")
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "one").read_bytes() == b"new"
    (left,) = hidden(tmp_path)
    assert (tmp_path / left).read_bytes() == b"old"
    with pytest.raises(RuntimeError):
        write_both(tmp_path / "one", tmp_path / "other", RuntimeError)
    assert (tmp_path / "one").read_bytes() == b"old"
    assert hidden(tmp_path) == []


def test_an_export_that_the_project_cannot_note_is_taken_back(cli, scan, tmp_path, monkeypatch):
    from imagest_core.errors import OutputError
    from imagest_core.export import painting as exporting
    from imagest_core.painting.reader import open_painting
    from imagest_core.project.document import Document

    out = tmp_path / "out.tif"
    out.write_bytes(b"old")
    with open_painting(scan) as painting:
        Document.create(painting, tmp_path / "work.imagest").close()

    def fail(document, out, **options):
        with replacing(out, force=True) as temporary:
            temporary.write_bytes(b"new")
        raise OutputError("The disk that holds work.imagest is full.")

    monkeypatch.setattr(exporting, "export_accepted", fail)
    assert cli("project", "export", tmp_path / "work.imagest", "-o", out, "--force").code == 2
    assert out.read_bytes() == b"old"


def test_one_group_within_another_is_undone_with_it(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"

    def body() -> None:
        with all_or_none([one, other], force=True):
            with all_or_none([one], force=True), replacing(one, force=True) as temporary:
                temporary.write_bytes(b"new")
            assert one.exists()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        body()
    assert not one.exists()


def test_the_rim_is_named_or_cleaned_and_recorded(cli, soft_edged, mask, tmp_path):
    out, record = tmp_path / "out.tif", tmp_path / "record.json"
    answer = restore(cli, soft_edged, mask, out, record)
    assert (answer.code, answer.err) == (0, "")
    assert "may still show around these regions: 1" in answer.out
    facts = json.loads(record.read_text())["rim"]
    assert (facts["limit"], facts["pixels"]) == (0, 0)
    assert 1 in facts["remaining"]

    cleaned = tmp_path / "cleaned.json"
    answer = cli(
        "restore", soft_edged, "--mask", mask, "-o", out, "--force", "--record", cleaned, "--rim", 6, *FILL
    )
    assert (answer.code, answer.err) == (0, "")
    assert "grown over its rim by" in answer.out
    data = json.loads(cleaned.read_text())
    assert data["rim"]["limit"] == 6
    assert data["rim"]["pixels"] > 100
    assert 1 not in data["rim"]["remaining"]
    assert data["mask"]["pixels"] == json.loads(record.read_text())["mask"]["pixels"] + data["rim"]["pixels"]
