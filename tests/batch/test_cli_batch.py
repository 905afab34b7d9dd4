"""``imagest batch``: what it prints, how it ends, and that a kill or a cancel loses nothing."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from batch_files import make_scan, tree

ENGINE = ("--engine", "harmonic")


def started(*arguments):
    command = [sys.executable, "-m", "imagest_core", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


def table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def results(folder):
    return {name: (folder / name).read_bytes() for name in tree(folder) if name.endswith(".tif")}


def test_the_table_names_each_scan_and_the_files_have_all(cli, scans, tmp_path):
    (scans / "b-mask.png").unlink()
    out = tmp_path / "out"
    answer = cli("batch", scans, "-o", out, *ENGINE)
    assert answer.code == 1
    lines = answer.out.splitlines()
    assert lines[0].startswith("failed     b.tif")
    assert "has no mask" in lines[0]
    assert lines[1].startswith("done       a.tif")
    assert "paintings: 2 done, 1 failed" in answer.out
    folder = out / ".imagest-batch"
    rows = table(folder / "summary.csv")
    assert [(row["name"], row["state"]) for row in rows] == [
        ("a.tif", "done"),
        ("b.tif", "failed"),
        ("north wing/c.tif", "done"),
    ]
    stored = json.loads((folder / "summary.json").read_text())
    assert stored["jobs"]["failed"] == 1
    assert stored["paintings"][0]["filled"] > 100


def test_a_file_in_the_way_is_named_in_the_table(cli, scans, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "b.tif").write_text("mine")
    answer = cli("batch", scans, "-o", out, *ENGINE)
    assert (answer.code, answer.err) == (1, "")
    assert "b.tif exists already and isn't from this batch: move it away." in answer.out
    assert "paintings: 2 done, 1 failed" in answer.out
    assert (out / "b.tif").read_text() == "mine"


def test_options_of_restore_reach_the_record(cli, scans, tmp_path):
    options = ("--growth", 2, "--operator", "A. C.", "--rim", "auto")
    assert cli("batch", scans, "-o", tmp_path / "out", *ENGINE, *options).code == 0
    record = json.loads((tmp_path / "out" / "a.json").read_text())
    assert (record["request"]["dilation"], record["operator"]) == (2, "A. C.")
    assert record["rim"]["limit"] == 8


@pytest.mark.parametrize(
    "options",
    [
        ("--steps", "3"),
        ("--engine", "none"),
        ("--mask-suffix", "-other"),
        ("--recipe", "missing.json"),
        ("--jobs", "2", "--ray", "auto"),
        ("--workers", "2"),
        ("--cores", "4"),
        ("--style-image", "nope.png"),
        ("--style-image", __file__),
        ("--style", "0,0,2,2"),
    ],
)
def test_wrong_options_are_refused_before_anything_starts(cli, scans, tmp_path, options):
    chosen = () if "--engine" in options else ENGINE
    answer = cli("batch", scans, "-o", tmp_path / "out", *chosen, *options)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert not (tmp_path / "out").exists()


def test_a_name_that_a_spreadsheet_would_compute_is_quoted(cli, tmp_path):
    make_scan(tmp_path / "scans" / "=1+1.tif")
    assert cli("batch", tmp_path / "scans", "-o", tmp_path / "out", *ENGINE).code == 0
    text = (tmp_path / "out" / ".imagest-batch" / "summary.csv").read_text()
    assert "'=1+1.tif" in text


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_the_same_command_continues_after_a_kill_or_a_cancel(cli, scans, tmp_path, number):
    for seed in range(3, 12):
        make_scan(scans / f"more{seed}.tif", seed)
    out, alone = tmp_path / "out", tmp_path / "alone"
    process = started("batch", scans, "-o", out, *ENGINE)
    wait_for(lambda: len(list((out / ".imagest-batch" / "done").glob("0*"))) >= 2)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    done = set(os.listdir(out / ".imagest-batch" / "done"))
    assert 2 <= len(done) < 12
    if number == signal.SIGINT:
        assert not os.listdir(out / ".imagest-batch" / "running")
        assert not list(out.rglob(".*.part"))
    first = {path: path.stat().st_mtime_ns for path in out.glob("*.tif")}
    assert cli("batch", scans, "-o", out, *ENGINE).code == 0
    assert sum(path.stat().st_mtime_ns == before for path, before in first.items()) >= 2
    assert cli("batch", scans, "-o", alone, *ENGINE).code == 0
    assert results(out) == results(alone)
    assert not list(out.rglob(".*.part"))


def test_several_processes_write_the_same_bytes(cli, scans, tmp_path):
    out, alone = tmp_path / "out", tmp_path / "alone"
    process = started("batch", scans, "-o", out, *ENGINE, "--jobs", 2)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert cli("batch", scans, "-o", alone, *ENGINE).code == 0
    assert results(out) == results(alone)
    hosts = {row["host"] for row in table(out / ".imagest-batch" / "summary.csv")}
    assert len(hosts) == 1
