"""Scans and masks as other programs write them, through the commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from lut_profiles import lut_profile


@pytest.fixture
def unusable(tmp_path: Path, scan: Path) -> Path:
    """The scan with a profile that works in one direction only."""
    path = tmp_path / "one-way.tif"
    tifffile.imwrite(path, tifffile.imread(scan), photometric="rgb", iccprofile=lut_profile(back=False))
    return path


def test_srgb_is_assumed_only_when_it_is_asked_for(cli, unusable: Path, mask: Path, tmp_path: Path):
    out, made = tmp_path / "out.tif", tmp_path / "made.png"
    commands = (
        ("info", unusable),
        ("restore", unusable, "--mask", mask, "-o", out, "--engine", "harmonic"),
        ("mask", unusable, "-o", made),
    )
    for command in commands:
        answer = cli(*command)
        assert (answer.code, answer.err.count("\n")) == (2, 1), command
        assert "one-way.tif has a colour profile that works in one direction only" in answer.err
        assert "--assume-srgb" in answer.err
    assert not out.exists()
    assert not made.exists()
    for command in commands[:2]:
        answer = cli(*command, "--assume-srgb")
        assert (answer.code, answer.err) == (0, ""), command
        assert "sRGB is assumed instead" in answer.out
    assert json.loads(cli(*commands[0], "--assume-srgb").out)["srgb_assumed"] is True
    with tifffile.TiffFile(out) as file:
        assert file.pages[0].tags[34675].value == lut_profile(back=False)


def test_lookup_profile_restores_and_reports_its_error(cli, scan: Path, mask: Path, tmp_path: Path):
    source, out = tmp_path / "lut.tif", tmp_path / "out.tif"
    tifffile.imwrite(source, tifffile.imread(scan), photometric="rgb", iccprofile=lut_profile())
    answer = cli("restore", source, "--mask", mask, "-o", out, "--engine", "harmonic")
    assert (answer.code, answer.err) == (0, "")
    assert "note: The colour profile Lookup is a lookup table: converting there and back" in answer.out


def test_saved_selections_are_kept_by_a_restoration(
    cli, scan: Path, mask: Path, holes: np.ndarray, tmp_path: Path
):
    source, out = tmp_path / "layers.tif", tmp_path / "out.tif"
    rgb = tifffile.imread(scan)
    selections = np.random.default_rng(2).integers(0, 65536, (*rgb.shape[:2], 3), np.uint16)
    samples = np.dstack([rgb, selections])
    options = {"photometric": "rgb", "planarconfig": "contig", "extrasamples": [0, 0, 0]}
    tifffile.imwrite(source, samples, compression="lzw", rowsperstrip=16, metadata=None, **options)
    answer = cli("restore", source, "--mask", mask, "-o", out, "--engine", "harmonic")
    assert (answer.code, answer.err) == (0, "")
    after = tifffile.imread(out)
    assert np.array_equal(after[..., 3:], selections)
    assert (after[holes][:, :3] != rgb[holes]).any()


def test_an_unclear_mask_is_refused_with_its_values(cli, scan: Path, mask: Path, tmp_path: Path):
    from imagest_core.painting.picture_files import read_picture, write_picture

    labels = read_picture(mask, 0) // 255
    labels[:5] = 2
    write_picture(tmp_path / "labels.png", labels)
    answer = cli("restore", scan, "--mask", tmp_path / "labels.png", "-o", tmp_path / "out.tif")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "labels.png is not clearly black and white (values 0, 1, 2)" in answer.err
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["icc_lut4_16.tif", "sparse_tile.tif", "ori_byte.tif"])
def test_what_was_refused_without_need_is_restored(cli, shared: Path, tmp_path: Path, name: str):
    faulty = shared / "faulty"
    mask = tmp_path / "mask.png"
    mask.write_bytes((faulty / "mask-ok.png").read_bytes())
    if name == "ori_byte.tif":
        from imagest_core.painting.picture_files import read_picture, write_picture

        write_picture(mask, np.rot90(read_picture(mask, 0), -1))
    answer = cli("restore", faulty / name, "--mask", mask, "-o", tmp_path / "out.tif", "--engine", "harmonic")
    assert (answer.code, answer.err) == (0, "")
    assert "all identical" in answer.out
