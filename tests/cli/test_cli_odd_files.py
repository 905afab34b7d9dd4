"""Odd and broken pictures end in exit code 0, or in 2 and one sentence, on the terminal too."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from odd_files import HEIGHT, WIDTH, odd_files, png, whole_files

from scripts.check_odd_files import CommandResult, check_file

FILES = dict(odd_files(cuts=1, flips=3))


@pytest.fixture(scope="module")
def hole(tmp_path_factory):
    """A mask for pictures of the usual size."""
    path = tmp_path_factory.mktemp("mask") / "hole.png"
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[18:22, 20:26] = 255
    cv2.imwrite(str(path), mask)
    return path


def ends_well(answer):
    assert answer.code in (0, 2), answer
    assert answer.err.count("\n") == (1 if answer.code else 0), answer.err
    assert "Error" not in answer.err


@pytest.mark.parametrize("name", list(FILES))
def test_an_odd_file_is_read_or_refused_in_one_sentence(cli, tmp_path, hole, name):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    listed = sorted(os.listdir(tmp_path))
    answer = cli("info", path)
    ends_well(answer)
    if answer.code == 0:
        json.loads(answer.out)
    answer = cli("restore", path, "--mask", hole, "-o", tmp_path / "out.tif", "--engine", "spline")
    ends_well(answer)
    assert sorted(os.listdir(tmp_path)) == sorted([*listed, *(["out.tif"] if answer.code == 0 else [])])
    assert path.read_bytes() == FILES[name]


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".png", ".tif"))])
def test_an_odd_mask_is_read_or_refused_in_one_sentence(cli, tmp_path, name):
    (tmp_path / "scan.tif").write_bytes(whole_files()["strips.tif"])
    (tmp_path / name).write_bytes(FILES[name])
    words = ["restore", tmp_path / "scan.tif", "--mask", tmp_path / name, "-o", tmp_path / "out.tif"]
    ends_well(cli(*words, "--engine", "spline"))


def test_sound_files_are_all_restored_but_the_palette(cli, tmp_path, hole):
    for name, data in whole_files().items():
        (tmp_path / name).write_bytes(data)
        words = ["restore", tmp_path / name, "--mask", hole, "-o", tmp_path / "out.tif", "--force"]
        answer = cli(*words, "--engine", "spline")
        assert answer.code == (2 if name.startswith("palette") else 0), answer


def test_libraries_print_nothing_on_the_terminal(tmp_path, hole):
    """In a process of its own: what C code writes to its stderr is seen there alone."""
    rows = b"".join(b"\0" + bytes(range(3, 3 + WIDTH * 3)) for _ in range(HEIGHT))
    noisy = tmp_path / "noisy.png"
    noisy.write_bytes(png(WIDTH, HEIGHT, 8, 2, rows, FILES["checksum.png"][33:54]))
    command = [sys.executable, "-m", "imagest_core", "restore", noisy, "--mask", hole, "--engine", "spline"]
    done = subprocess.run([*command, "-o", tmp_path / "out.tif"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    cv2.imwrite(str(tmp_path / "clean.jpg"), np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    cut = (tmp_path / "clean.jpg").read_bytes()[:-100]
    (tmp_path / "clean.jpg").write_bytes(cut)
    code = "import cv2; cv2.imread(r'%s')" % (tmp_path / "clean.jpg")
    wrapped = (
        "import os, sys\nfrom imagest_core.cli.native import libraries_silenced\n"
        "from imagest_core.printable import print_error\n"
        f"with libraries_silenced():\n    {code}\n    os.write(2, b'noise')\n"
        "    print('more', file=sys.stderr)\n    print_error('ours')\nprint('after', file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", wrapped], capture_output=True, text=True)
    assert done.stderr == "imagest: ours\nafter\n"


def test_check_of_a_folder_reports_failures(tmp_path):
    assert CommandResult(0, "{}", "", 1.0, 10**8).faults == []
    assert CommandResult(2, "", "imagest: no.\n", 1.0, 10**8).faults == []
    for bad in (
        CommandResult(1, "", "imagest: a fault.\n", 1.0, 0),
        CommandResult(0, "", "warning\n", 1.0, 0),
        CommandResult(2, "", "a\nb\n", 1.0, 0),
        CommandResult(0, "", "", 16.0, 0),
        CommandResult(0, "", "", 1.0, 2 * 10**9),
        CommandResult(-11, "", "", 1.0, 0),
    ):
        assert len(bad.faults) == 1


@pytest.mark.slow
def test_files_are_checked_in_separate_processes(tmp_path):
    (tmp_path / "strips.tif").write_bytes(whole_files()["strips.tif"])
    (tmp_path / "cut.tif").write_bytes(whole_files()["strips.tif"][:-9])
    for name, code in (("strips.tif", 0), ("cut.tif", 2)):
        found = check_file(tmp_path / name, masks=False)
        assert [end.code for _, end, _ in found] == [code, code]
        assert all(end.err.count("\n") == (code == 2) and end.peak > 10**6 for _, end, _ in found)
