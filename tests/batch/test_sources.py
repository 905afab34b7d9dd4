"""Which files of a folder or a list are scans, which are masks, and what the results are called."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from batch_files import make_mask, make_scan

from imagest_core.batch.sources import find_sources
from imagest_core.errors import InputError


def names(sources):
    return [str(source.name) for source in sources]


def test_scans_of_subfolders_keep_them_and_masks_are_no_scans(scans, tmp_path):
    found = find_sources(scans, "-mask", tmp_path / "out")
    assert names(found) == ["a.tif", "b.tif", "north wing/c.tif"]
    assert [source.mask.name for source in found] == ["a-mask.png", "b-mask.png", "c-mask.png"]


def test_another_suffix_finds_other_masks(scans, tmp_path):
    make_mask(scans / "a_damage.tif")
    found = find_sources(scans, "_damage", tmp_path / "out")
    assert names(found)[:2] == ["a-mask.tif", "a.tif"], "a picture with another suffix is a scan"
    assert found[1].mask == scans / "a_damage.tif"


def test_hidden_files_and_the_batch_folder_are_left_out(scans):
    make_scan(scans / "out" / "a.tif")
    make_scan(scans / ".thumbs" / "a.tif")
    make_scan(scans / ".a.tif", mask=False)
    (scans / "notes.txt").write_text("no scan")
    assert names(find_sources(scans, "-mask", scans / "out")) == ["a.tif", "b.tif", "north wing/c.tif"]


def test_results_of_an_earlier_batch_are_left_out(scans, tmp_path):
    make_scan(scans / "restored" / "a.tif", mask=False)
    (scans / "restored" / ".imagest-batch").mkdir()
    assert names(find_sources(scans, "-mask", tmp_path / "out")) == ["a.tif", "b.tif", "north wing/c.tif"]


def test_a_scan_that_is_listed_twice_is_refused(scans, tmp_path):
    (tmp_path / "list.txt").write_text("scans/a.tif\nscans/b.tif\nscans/./a.tif\n")
    with pytest.raises(InputError, match=r"a\.tif is listed twice"):
        find_sources(tmp_path / "list.txt", "-mask", tmp_path / "out")


@pytest.mark.parametrize("second", ["a.png", "A.TIFF"])
def test_two_scans_with_one_result_are_refused(scans, tmp_path, second):
    make_scan(scans / "x.png", mask=False).rename(scans / second)
    with pytest.raises(InputError, match="would both become"):
        find_sources(scans, "-mask", tmp_path / "out")


def test_a_list_names_scans_and_masks(scans, tmp_path):
    listed = tmp_path / "list.txt"
    elsewhere = make_scan(tmp_path / "elsewhere" / "d.tif", mask=False)
    mask = make_mask(tmp_path / "d damage.png")
    listed.write_text(
        f"# north wing\nscans/north wing/c.tif\n\nscans/a.tif\n{elsewhere}\t{mask}\nscans/a-mask.png\n",
        encoding="utf-8-sig",
    )
    found = find_sources(listed, "-mask", tmp_path / "out")
    assert names(found) == ["scans/north wing/c.tif", "scans/a.tif", "elsewhere/d.tif"]
    assert found[2].mask == mask
    assert found[1].mask == scans / "a-mask.png"


def test_a_scan_is_no_list(scans, tmp_path):
    for wrong in (scans / "a.tif", tmp_path / "missing"):
        with pytest.raises(InputError):
            find_sources(wrong, "-mask", tmp_path / "out")


def test_a_folder_without_scans_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="There is no scan"):
        find_sources(tmp_path / "empty", "-mask", tmp_path / "out")


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "scans/a-mask.png\n", "\ufeff"])
def test_a_list_without_scans_is_refused(scans, cli, tmp_path, text):
    listed = tmp_path / "list.txt"
    listed.write_text(text, encoding="utf-8")
    answer = cli("batch", listed, "-o", tmp_path / "out", "--engine", "harmonic")
    sentence = f"The list {listed} names no scan: write one path a line (names that end in -mask are masks)."
    assert (answer.code, answer.out, answer.err) == (2, "", f"imagest: {sentence}\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("file", ["", "a-mask.png", "notes.txt"])
def test_a_folder_without_scans_is_refused_by_the_command(cli, tmp_path, file):
    (folder := tmp_path / "empty").mkdir()
    if file:
        (folder / file).write_bytes(b"")
    answer = cli("batch", folder, "-o", tmp_path / "out", "--engine", "harmonic")
    sentence = f"There is no scan in {folder}: choose a folder with scans."
    assert (answer.code, answer.out, answer.err) == (2, "", f"imagest: {sentence}\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("suffix", ["", "a/b", ".png"])
def test_a_suffix_is_the_end_of_a_name(scans, tmp_path, suffix):
    with pytest.raises(InputError, match="suffix"):
        find_sources(scans, suffix, tmp_path / "out")


def test_a_subfolder_that_can_t_be_read_is_named(scans, tmp_path, monkeypatch):
    (scans / "locked").mkdir()
    scandir = os.scandir

    def locked(path):
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    with pytest.raises(InputError, match=r"scans/locked can't be read: Permission denied\."):
        find_sources(scans, "-mask", tmp_path / "out")


def test_folders_of_the_system_are_left_out(scans, tmp_path):
    for name in ("lost+found", "$RECYCLE.BIN", "System Volume Information"):
        make_scan(scans / name / "deleted.tif")
    assert len(find_sources(scans, "-mask", tmp_path / "out")) == 3
