"""``imagest restore`` and ``demo`` on the command line."""

from __future__ import annotations

import argparse
import errno
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import failing_engines
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from tiny_model import tiny_checkpoint

import resources
from imagest_core.cli.options import add_request_options, request_of
from imagest_core.damage.mask_io import read_mask
from imagest_core.models.cache import loaded_models
from imagest_core.painting.geometry import Box
from imagest_core.painting.picture_files import read_picture, write_picture
from imagest_core.painting.reader import open_painting
from imagest_core.restoration.engines import registry as engines
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.style_selection import checked_style
from imagest_core.style.reference import StyleReference
from imagest_core.style.suggest import suggest_regions


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_samples_outside_the_dilated_mask_are_the_scans(cli, scan, mask, holes, tmp_path):
    out = tmp_path / "out.tif"
    answer = cli("restore", scan, "--mask", mask, "-o", out, "--engine", "harmonic")
    assert (answer.code, answer.err) == (0, "")
    before, after = tifffile.imread(scan), tifffile.imread(out)
    dilated = cv2.dilate(holes.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    assert np.array_equal(after[~dilated], before[~dilated])
    assert (after[holes] != before[holes]).any(axis=1).mean() > 0.99


def test_summary_reports_fill_and_verification(cli, scan, mask, holes, tmp_path):
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--engine", "harmonic")
    dilated = int(cv2.dilate(holes.astype(np.uint8), np.ones((3, 3), np.uint8)).sum())
    assert "2 regions" in answer.out
    assert f"{dilated:,} pixels" in answer.out
    assert f"{(holes.size - dilated) * 3:,} samples outside" in answer.out


def test_same_request_gives_identical_bytes(cli, scan, mask, tmp_path):
    for name in ("a.tif", "b.tif"):
        assert cli("restore", scan, "--mask", mask, "-o", tmp_path / name, "--engine", "telea").code == 0
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_record_contains_the_parameters(cli, scan, mask, tmp_path):
    record = tmp_path / "record.json"
    arguments = ["--engine", "harmonic", "--context", 0.25, "--growth", 2, "--record", record]
    assert cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", *arguments).code == 0
    written = json.loads(record.read_text())
    assert written["request"]["engine"] == "harmonic"
    assert (written["request"]["context"], written["request"]["dilation"]) == (0.25, 2)


@pytest.mark.parametrize("style", ["50,40,20,20", "170,130,20,20"])
def test_a_style_region_on_damage_or_outside_is_refused(cli, scan, mask, tmp_path, style):
    command = ["restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--engine", "harmonic"]
    answer = cli(*command, "--style", style)
    assert answer.code == 2
    assert style in answer.err
    assert not (tmp_path / "out.tif").exists()


def test_unused_style_reference_is_reported(cli, scan, mask, tmp_path):
    command = ["restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--engine", "harmonic"]
    answer = cli(*command, "--style", "5,100,30,30")
    assert answer.code == 0
    assert "harmonic uses no style reference" in answer.out


def test_an_engine_that_needs_a_style_gets_intact_regions(scan, mask):
    with open_painting(scan) as painting:
        damage = read_mask(mask, (painting.width, painting.height))
        picked = checked_style(painting, damage, RestorationRequest.of("imagest"), None)
        assert picked is not None
        assert picked.suggested
        assert picked.regions
        assert not any(damage.read(region).any() for region in picked.regions)


def test_printed_regions_are_recorded_and_match_the_window(cli, scan, mask, tmp_path):
    folder, record = tiny_checkpoint(tmp_path / "toy"), tmp_path / "record.json"
    options = ["--model", folder, "--steps", 1, "--device", "cpu", "--record", record]
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", *options)
    loaded_models.clear()
    assert answer.code == 0
    style = json.loads(record.read_text(encoding="utf-8"))["style"]
    line = next(line for line in answer.out.splitlines() if line.startswith("style regions suggested: "))
    printed = [[int(value) for value in box.split(",")] for box in line.split(": ")[1].split()]
    assert style == {"regions": printed, "donor": None, "suggested": True}
    with open_painting(scan) as painting:
        shown = suggest_regions(painting, read_mask(mask, (painting.width, painting.height)))
    assert printed == [list(box) for box in shown]


def test_a_reference_that_touches_damage_can_be_cut_to_its_intact_part(scan, mask):
    request, drawn = RestorationRequest.of("imagest"), Box(10, 10, 80, 80)
    with open_painting(scan) as painting:
        damage = read_mask(mask, (painting.width, painting.height))
        assert damage.read(drawn).any()
        used = checked_style(painting, damage, request, StyleReference((drawn,)), trim=True)
    (region,) = used.regions
    assert drawn.contains(region)
    assert not damage.dilated(1).read(region).any()


def test_existing_file_is_replaced_only_with_force(cli, scan, mask, tmp_path):
    out = tmp_path / "out.tif"
    out.write_bytes(b"precious")
    command = ["restore", scan, "--mask", mask, "-o", out, "--engine", "harmonic"]
    assert cli(*command).code == 2
    assert out.read_bytes() == b"precious"
    assert cli(*command, "--force").code == 0
    assert tifffile.imread(out).dtype == np.uint16


def wrong_masks(folder, shape):
    """Yield unusable masks, each with a word of its error message."""
    full = np.full(shape, 255, np.uint8)
    cases = {"empty": (full * 0, "empty"), "full": (full, "intact"), "small": (full[:-1], "size")}
    for name, (pixels, word) in cases.items():
        write_picture(folder / f"{name}.png", pixels)
        yield folder / f"{name}.png", word
    (folder / "text.png").write_text("no picture")
    yield folder / "text.png", "read"
    yield folder / "nowhere.png", "no mask file"


def test_unusable_mask_is_refused_and_nothing_is_written(cli, scan, tmp_path, holes):
    for mask, word in wrong_masks(tmp_path, holes.shape):
        answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--engine", "harmonic")
        assert answer.code == 2, mask
        assert word in answer.err
        assert answer.err.count("\n") == 1
        assert not (tmp_path / "out.tif").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--engine", "magic"],
        ["--growth", "9"],
        ["--blend", "999"],
        ["--steps", "0"],
        ["--device", "tpu"],
        ["--context", "0"],
        *(
            ["--engine", engine, *wrong]
            for engine in ("harmonic", "imagest")
            for wrong in (
                ["--guidance", "nan"],
                ["--guidance", "inf"],
                ["--guidance", "1e308"],
                ["--detail", "nan"],
                ["--style-strength", "-inf"],
                ["--context", "1e308"],
                ["--variation", "9" * 40],
                ["--batch", "9" * 40],
                ["--model", "nonexist"],
                ["--prompt", "a red cloak"],
            )
        ),
        ["--page", "3"],
        ["--style-image", "nowhere.png", "--engine", "harmonic", "--page", "9"],
    ],
)
def test_impossible_request_is_refused(cli, scan, mask, tmp_path, arguments):
    before = files(tmp_path)
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", *arguments)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--mode", "faithful", "--guidance", 2],
            "The engine imagest in faithful mode doesn't use --guidance; leave it out or use --mode textured",
        ),
        (["--mode", "faithful", "--seed", 2], "doesn't use --seed; leave it out or use --mode textured."),
        (["--engine", "harmonic", "--seed", 2], "The engine harmonic doesn't use --seed; leave it out."),
        (["--blend", 2], "doesn't use --blend; leave it out."),
    ],
)
def test_unused_parameters_are_refused(cli, scan, mask, tmp_path, arguments, sentence):
    before = files(tmp_path)
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", *arguments)
    assert answer.code == 2
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert files(tmp_path) == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_values_of_every_engine_can_be_given():
    for engine, option, value in (
        ("stable-diffusion", "--scheduler", "lcm"),
        ("imagest", "--scheduler", "dpm++2m"),
        ("pipeline", "--guidance", "50"),
    ):
        parser = argparse.ArgumentParser()
        add_request_options(parser)
        request = request_of(parser.parse_args(["--engine", engine, option, value]))
        assert str(request.get(option.removeprefix("--"))).removesuffix(".0") == value


def test_values_of_another_engine_are_refused(cli, scan, mask, tmp_path):
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--scheduler", "lcm")
    assert answer.code == 2
    assert "is one of dpm++2m, ddim, not 'lcm'" in answer.err


def test_missing_gpu_is_refused_for_engines_without_gpu(cli, scan, mask, tmp_path):
    answer = cli(
        "restore", scan, "--mask", mask, "-o", tmp_path / "o.tif", "--engine", "harmonic", "--device", "cuda"
    )
    assert answer.code == 2
    assert "No usable CUDA GPU" in answer.err
    assert not (tmp_path / "o.tif").exists()


def test_record_contains_operator_damage_and_writing_notes(cli, tmp_path, mask):
    cv2.imwrite(str(tmp_path / "scan.png"), np.full((140, 180, 3), 90, np.uint8))
    command = ["restore", tmp_path / "scan.png", "--mask", mask, "-o", tmp_path / "out.tif"]
    answer = cli(*command, "--engine", "harmonic", "--operator", "A. Nobody", "--record", tmp_path / "r.json")
    assert answer.code == 0
    record = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert record["operator"] == "A. Nobody"
    assert [(each["name"], each["policy"]) for each in record["classes"]] == [("loss", "fill")]
    assert record["classes"][0]["pixels"] == record["mask"]["pixels"]
    assert any("lossless TIFF of exactly the decoded samples" in note for note in record["writing_notes"])
    for note in (*record["painting"]["notes"], *record["writing_notes"]):
        assert f"note: {note}" in answer.out
    assert "seed" not in record["used"]
    nameless = cli(*command, "--engine", "harmonic", "--force", "--record", tmp_path / "r.json")
    assert "(it names no operator; give --operator NAME)" in nameless.out


def test_scan_changed_during_the_restoration_is_refused(cli, scan, mask, tmp_path, monkeypatch):
    monkeypatch.setitem(engines.ENGINES, "rewriting", failing_engines.ENGINES["rewriting"])
    monkeypatch.setattr(failing_engines.RewritingEngine, "scan", scan, raising=False)
    before = files(tmp_path)
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--engine", "rewriting")
    assert answer.code == 2
    assert "scan.tif has changed since it was opened" in answer.err
    assert answer.err.count("\n") == 1
    assert files(tmp_path) == before


def test_no_result_is_left_if_the_record_cannot_be_written(cli, scan, mask, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = files(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        answer = cli(
            "restore", scan, "--mask", mask, "-o", tmp_path / "out.tif", "--engine", "harmonic",
            "--record", tmp_path / "record.json",
        )  # fmt: skip
    assert answer.code == 2
    assert files(tmp_path) == before


def test_scan_and_mask_are_never_written(cli, scan, mask, tmp_path):
    link = tmp_path / "link.tif"
    link.symlink_to(scan)
    before = scan.read_bytes(), mask.read_bytes()
    for out, record in (
        (scan, None),
        (link, None),
        (mask, None),
        (tmp_path / "o.tif", scan),
        (tmp_path / "o.tif", mask),
    ):
        extra = ["--record", record] if record else []
        answer = cli("restore", scan, "--mask", mask, "-o", out, "--engine", "harmonic", "--force", *extra)
        assert answer.code == 2
    assert (scan.read_bytes(), mask.read_bytes()) == before
    assert not (tmp_path / "o.tif").exists()


@pytest.mark.parametrize("name", ["out.png", "out.jpg", "out"])
def test_result_must_be_named_as_a_tiff(cli, scan, mask, tmp_path, name):
    answer = cli("restore", scan, "--mask", mask, "-o", tmp_path / name, "--engine", "harmonic")
    assert answer.code == 2
    assert "out.tif" in answer.err
    assert not (tmp_path / name).exists()


def test_result_and_record_must_be_different_files(cli, scan, mask, tmp_path):
    out = tmp_path / "out.tif"
    assert cli("restore", scan, "--mask", mask, "-o", out, "--record", out, "--engine", "harmonic").code == 2
    assert not out.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_during_the_work_leaves_no_file(tmp_path, number):
    scan, mask = (
        shutil.copy(path, tmp_path) for path in (resources.sample_painting(), resources.sample_mask())
    )
    command = [
        sys.executable,
        "-m",
        "imagest_core",
        "restore",
        scan,
        "--mask",
        mask,
        "-o",
        tmp_path / "out.tif",
    ]
    terminal, stderr = pty.openpty()
    before = files(tmp_path)
    work = subprocess.Popen(
        [*command, "--engine", "biharmonic"], stderr=stderr, stdout=subprocess.PIPE, text=True
    )
    os.close(stderr)
    assert b"[" in os.read(terminal, 1000), "the bar shows that the work is under way"
    started = time.monotonic()
    work.send_signal(number)
    out, _ = work.communicate(timeout=60)
    os.close(terminal)
    assert (work.returncode, out) == (130, "")
    assert time.monotonic() - started < 20
    assert files(tmp_path) == before


def test_demo_restores_and_shows_the_sample(cli, tmp_path):
    answer = cli("demo", "-o", tmp_path / "out", "--engine", "harmonic")
    assert (answer.code, answer.err) == (0, "")
    assert files(tmp_path / "out") == ["demo-before-after.png", "demo-record.json", "demo-restored.tif"]
    for name in files(tmp_path / "out"):
        assert name in answer.out
    assert read_picture(tmp_path / "out" / "demo-before-after.png").shape == (900, 2412, 3)
    assert cli("demo", "-o", tmp_path / "out", "--engine", "harmonic").code == 0, "again, over the first"


def test_protected_pixels_and_a_selection_limit_the_fill(cli, scan, mask, holes, tmp_path):
    out, protect = tmp_path / "out.tif", tmp_path / "protect.png"
    kept = np.zeros_like(holes)
    kept[:, :60] = True
    write_picture(protect, kept.astype(np.uint8) * 255)
    limits = ["--protect", protect, "--within", "0,0,180,80", "--record", tmp_path / "record.json"]
    answer = cli("restore", scan, "--mask", mask, "-o", out, "--engine", "harmonic", *limits)
    assert (answer.code, answer.err) == (0, "")
    assert f"{kept.sum():,} protected pixels unchanged" in answer.out
    changed = (tifffile.imread(scan) != tifffile.imread(out)).any(axis=2)
    assert changed[:80, 60:].any()
    assert not changed[kept].any()
    assert not changed[80:].any()
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["mask"]["protected"] == record["verification"]["protected"] == kept.sum()
    assert record["within"]["box"] == {"x": 0, "y": 0, "width": 180, "height": 80} or record["within"][
        "box"
    ] == [0, 0, 180, 80]
    style = ["--style", "10,10,60,60", "--force"]
    refused = cli("restore", scan, "--mask", mask, "-o", out, "--engine", "harmonic", *limits, *style)
    assert refused.code == 2
    assert "protected" in refused.err


@pytest.mark.parametrize(
    ("within", "sentence"),
    [
        ("500,500,10,10", "outside the picture"),
        ("1,2,3", "region is X,Y,W,H"),
        ("0,0,5,5", "selection contains no damage"),
        ("missing.png", "no mask file"),
    ],
)
def test_useless_selection_is_refused(cli, scan, mask, tmp_path, within, sentence):
    out = tmp_path / "out.tif"
    answer = cli("restore", scan, "--mask", mask, "-o", out, "--engine", "harmonic", "--within", within)
    assert answer.code == 2
    assert sentence in answer.err
    assert not out.exists()


def test_classes_of_an_indexed_mask_are_filled_recorded_and_protected(cli, scan, holes, tmp_path):
    out, indexed = tmp_path / "out.tif", tmp_path / "indexed.png"
    labels = np.zeros(holes.shape, np.uint8)
    labels[holes] = 1
    labels[:, :60][labels[:, :60] == 0] = 2
    labels[100:110, 100:110] = 3
    Image.fromarray(labels).save(indexed)
    command = ["restore", scan, "--mask", indexed, "-o", out, "--engine", "harmonic"]
    assert cli(*command).code == 2
    classes = ["--class", "1=loss", "--class", "2=protected", "--class", "3=overpaint"]
    answer = cli(*command, *classes, "--record", tmp_path / "record.json")
    assert (answer.code, answer.err) == (0, "")
    changed = (tifffile.imread(scan) != tifffile.imread(out)).any(axis=2)
    assert changed[labels == 1].any()
    assert not changed[labels >= 2].any()
    record = json.loads((tmp_path / "record.json").read_text())
    assert {item["name"]: item["policy"] for item in record["classes"]} == {
        "loss": "fill",
        "overpaint": "record",
        "protected": "protect",
    }
    assert cli(*command, "--class", "9=loss", "--force").code == 2
