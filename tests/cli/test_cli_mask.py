"""``imagest mask``: a mask the next command can use, or one sentence."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tifffile

from imagest_core.damage.classes import LOSS
from imagest_core.damage.mask_parts import read_mask_parts
from imagest_core.painting.picture_files import read_picture, write_picture


@pytest.fixture
def damaged(scan, holes, tmp_path):
    """The scan with its holes white."""
    samples = tifffile.imread(scan)
    samples[holes] = 62000
    path = tmp_path / "damaged.tif"
    tifffile.imwrite(path, samples, photometric="rgb", metadata=None)
    plain = tmp_path / "clean.tif"
    tifffile.imwrite(plain, tifffile.imread(scan), photometric="rgb", metadata=None)
    return path


def test_the_difference_to_a_clean_picture(cli, damaged, holes, tmp_path):
    out = tmp_path / "found.png"
    answer = cli("mask", damaged, "-o", out, "--clean", tmp_path / "clean.tif", "--dilate", 0, "--no-align")
    assert (answer.code, answer.err) == (0, "")
    assert "found by difference: 2 regions" in answer.out
    found = read_picture(out, 0) > 127
    near = cv2.dilate(holes.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    assert found[holes].mean() > 0.98
    assert not found[~near].any()


def test_dilation_grows_what_was_found(cli, damaged, tmp_path):
    sizes = []
    for pixels in (0, 2):
        out = tmp_path / f"grown{pixels}.png"
        clean = ["--clean", tmp_path / "clean.tif", "--no-align"]
        assert cli("mask", damaged, "-o", out, *clean, "--dilate", pixels).code == 0
        sizes.append(np.count_nonzero(read_picture(out, 0)))
    assert sizes[1] > 1.3 * sizes[0]


def test_losses_by_the_colour_of_the_ground(cli, damaged, holes, tmp_path):
    out = tmp_path / "found.png"
    answer = cli("mask", damaged, "-o", out, "--method", "losses", "--ground", "#f2f2f2", "--dilate", 0)
    assert (answer.code, answer.err) == (0, "")
    found = read_picture(out, 0) > 127
    near = cv2.dilate(holes.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    loss = cv2.erode(holes.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    assert found[loss].mean() > 0.95
    assert not found[~near].any()


def test_cracks_are_what_is_looked_for_without_a_clean_picture(cli, scan, tmp_path):
    samples = tifffile.imread(scan)
    line = np.zeros(samples.shape[:2], np.uint8)
    cv2.polylines(line, [np.array([(10, 20), (60, 45), (110, 60), (170, 120)])], False, 1, 2)
    samples[line > 0] = samples[line > 0] // 6
    cracked, out = tmp_path / "cracked.tif", tmp_path / "found.png"
    tifffile.imwrite(cracked, samples, photometric="rgb", metadata=None)
    answer = cli("mask", cracked, "-o", out)
    assert (answer.code, answer.err) == (0, "")
    assert "found by cracks" in answer.out
    found = read_picture(out, 0) > 127
    assert found[line > 0].mean() > 0.8
    assert found[cv2.dilate(line, np.ones((9, 9), np.uint8)) == 0].mean() < 0.01


@pytest.mark.parametrize(
    "arguments",
    [
        ["--method", "difference"],
        ["--method", "cracks", "--clean", "clean.tif"],
        ["--clean", "nowhere.tif"],
        ["--dilate", "99", "--clean", "clean.tif"],
        ["--opening", "-1"],
        ["--ground", "white"],
        ["--method", "cracks", "--ground", "#ffffff"],
        ["--method", "losses", "--polarity", "dark"],
        ["--method", "losses", "--tolerance", "0"],
        ["--method", "magic"],
    ],
)
def test_mismatching_files_are_refused_and_nothing_is_written(cli, damaged, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    answer = cli("mask", damaged, "-o", "out.png", *arguments)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


def test_scan_is_never_written_and_an_old_mask_only_with_force(cli, damaged, tmp_path):
    clean = ["--clean", tmp_path / "clean.tif", "--no-align"]
    before = damaged.read_bytes()
    assert cli("mask", damaged, "-o", damaged, *clean, "--force").code == 2
    assert damaged.read_bytes() == before
    old = tmp_path / "old.png"
    old.write_bytes(b"old")
    assert cli("mask", damaged, "-o", old, *clean).code == 2
    assert cli("mask", damaged, "-o", old, *clean, "--force").code == 0


def test_equal_pictures_give_no_mask(cli, tmp_path, damaged):
    clean = tmp_path / "clean.tif"
    answer = cli("mask", clean, "-o", tmp_path / "out.png", "--clean", clean, "--no-align")
    assert answer.code == 2
    assert "No damage" in answer.err


def test_the_rim_is_cleaned_and_reported(cli, soft_edged, tmp_path):
    sizes = []
    for rim in ("off", "auto"):
        out = tmp_path / f"{rim}.png"
        given = ["--method", "losses", "--ground", "#f2f2f2", "--dilate", 0, "--rim", rim]
        answer = cli("mask", soft_edged, "-o", out, *given)
        assert (answer.code, answer.err) == (0, "")
        assert ("px wide" in answer.out) == (rim == "auto")
        sizes.append(np.count_nonzero(read_picture(out, 0)))
    assert sizes[1] > 1.1 * sizes[0]


def test_a_wrong_rim_is_one_sentence(cli, damaged, tmp_path):
    for rim in ("0", "33", "wide"):
        answer = cli("mask", damaged, "-o", tmp_path / "out.png", "--rim", rim)
        assert answer.code == 2
        assert f"auto, off or a number of pixels from 1 to 32, not '{rim}'" in answer.err


@pytest.fixture
def strokes(holes, tmp_path):
    """A picture of strokes: most of the loss, and some rows of paint."""
    inner = cv2.erode(holes.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    picture = np.zeros(holes.shape, np.uint8)
    picture[::9] = 128
    picture[holes] = 0
    picture[inner] = 255
    path = tmp_path / "strokes.png"
    write_picture(path, picture)
    return path


def test_a_mask_is_learned_and_the_model_used_again(cli, damaged, holes, strokes, tmp_path):
    out, model = tmp_path / "found.png", tmp_path / "plaster.safetensors"
    arguments = ["--examples", strokes, "--save-model", model, "--dilate", 0]
    answer = cli("mask", damaged, "-o", out, "--method", "examples", *arguments)
    assert (answer.code, answer.err) == (0, "")
    assert "found by examples" in answer.out
    found = read_picture(out, 0) > 127
    assert (found & holes).sum() / (found | holes).sum() > 0.75
    again = tmp_path / "again.png"
    answer = cli("mask", damaged, "-o", again, "--method", "examples", "--model", model, "--dilate", 0)
    assert (answer.code, answer.err) == (0, "")
    assert np.array_equal(read_picture(again, 0) > 127, found)
    layered = ["--method", "examples", "--model", model, "--layer", tmp_path / "missing.tif"]
    answer = cli("mask", damaged, "-o", tmp_path / "new.png", *layered)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "learned from the scan alone" in answer.err
    content = bytearray(model.read_bytes())
    content[-40] ^= 4
    model.write_bytes(content)
    answer = cli("mask", damaged, "-o", tmp_path / "new.png", "--method", "examples", "--model", model)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "plaster.safetensors" in answer.err
    assert not (tmp_path / "new.png").exists()


def test_strokes_of_several_classes_give_an_indexed_mask(cli, damaged, holes, strokes, tmp_path):
    picture = read_picture(strokes, 0)
    indexed = np.select([picture == 255, picture == 128], [1, 2]).astype(np.uint8)
    indexed[:60, :40][indexed[:60, :40] == 2] = 3
    write_picture(strokes, indexed)
    out, model = tmp_path / "found.png", tmp_path / "model.safetensors"
    given = ["--class", "1=loss", "--class", "2=intact", "--class", "3=stain"]
    arguments = ["mask", damaged, "-o", out, "--method", "examples", "--examples", strokes]
    answer = cli(*arguments, *given, "--save-model", model)
    assert (answer.code, answer.err) == (0, "")
    assert "classes: 1=loss, 4=stain" in answer.out
    parts = {each.value: each for each in read_mask_parts(out).parts}
    assert set(parts) == {"1", "4"}
    assert parts["1"].colour == LOSS.colour
    again = ["mask", damaged, "--method", "examples", "--model", model]
    answer = cli(*again, "-o", tmp_path / "again.png")
    assert "classes: 1=loss, 4=stain" in answer.out
    write_picture(tmp_path / "all.png", np.full_like(picture, 255))
    answer = cli(*again, "-o", tmp_path / "again.tif", "--protect", tmp_path / "all.png")
    assert "written as .png" in answer.err, "before damage is searched for"

    restored = tmp_path / "restored.tif"
    restoring = ["restore", damaged, "--mask", out, "-o", restored, "--engine", "harmonic"]
    answer = cli(*restoring)
    assert answer.code == 2
    assert "--class 1=loss" in answer.err
    assert cli(*restoring, "--class", "1=loss", "--class", "4=stain").code == 0

    for wrong in (["--class", "1=protected"], ["--class", "9=loss"], given[:2], []):
        answer = cli(*arguments, *wrong, "--force")
        assert answer.code == 2
        assert answer.err.count("\n") == 1
    answer = cli("mask", damaged, "-o", out, "--force", "--class", "1=loss")
    assert "--class belongs to the method examples" in answer.err


def test_coloured_strokes_are_no_mask(cli, damaged, holes, tmp_path):
    coloured = np.zeros((*holes.shape, 3), np.uint8)
    coloured[holes] = 255, 0, 0
    write_picture(tmp_path / "strokes.png", coloured)
    arguments = ["--method", "examples", "--examples", tmp_path / "strokes.png"]
    answer = cli("mask", damaged, "-o", tmp_path / "out.png", *arguments)
    assert answer.code == 2
    assert "The strokes strokes.png contain other values" in answer.err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("empty", "are empty"),
        ("damage", "mark only damage"),
        ("intact", "mark only intact"),
        ("size", "same size"),
        ("values", "other values"),
        ("text", "can't be read"),
        ("missing", "no mask file"),
    ],
)
def test_unusable_examples_get_one_sentence(cli, damaged, holes, tmp_path, change, sentence):
    picture = np.zeros(holes.shape, np.uint8)
    match change:
        case "damage":
            picture[holes] = 255
        case "intact":
            picture[:9] = 128
        case "size":
            picture = np.full((20, 30), 128, np.uint8)
        case "values":
            picture[:9], picture[20:30] = 128, 90
    path, out = tmp_path / "strokes.png", tmp_path / "out.png"
    if change == "text":
        path.write_text("strokes")
    elif change != "missing":
        write_picture(path, picture)
    model = tmp_path / "model.safetensors"
    arguments = ["--method", "examples", "--examples", path, "--save-model", model]
    answer = cli("mask", damaged, "-o", out, *arguments)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert sentence in answer.err
    assert not out.exists()
    assert not model.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--examples", "strokes.png", "--model", "strokes.png"],
        ["--model", "strokes.png"],
        ["--model", "missing.safetensors"],
        ["--model", "."],
        ["--model", "strokes.png", "--save-model", "new.safetensors"],
        ["--examples", "strokes.png", "--save-model", "new.pkl"],
        ["--examples", "strokes.png", "--save-model", "out.png"],
        ["--examples", "strokes.png", "--scale", "3"],
        ["--examples", "strokes.png", "--polarity", "dark"],
    ],
)
def test_wrong_options_of_examples_are_refused(cli, damaged, strokes, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    answer = cli("mask", damaged, "-o", "out.png", "--method", "examples", *arguments)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == before


def test_mask_is_limited_to_a_selection_and_keeps_out_of_protected_pixels(cli, damaged, holes, tmp_path):
    out, protect = tmp_path / "found.png", tmp_path / "protect.png"
    kept = np.zeros_like(holes)
    kept[:, :60] = True
    write_picture(protect, kept.astype(np.uint8) * 255)
    selection = tmp_path / "selection.png"
    write_picture(selection, np.pad(np.full((80, 180), 255, np.uint8), ((0, 60), (0, 0))))
    limits = ["--protect", protect, "--within", selection]
    found = ["mask", damaged, "-o", out, "--clean", tmp_path / "clean.tif", "--no-align"]
    answer = cli(*found, *limits, "--rim", 4)
    assert (answer.code, answer.err) == (0, "")
    marked = read_picture(out, 0) > 0
    assert marked[:80, 60:].any()
    assert not marked[kept].any()
    assert not marked[80:].any()


def test_a_learned_mask_with_a_clean_rim_is_black_and_white(cli, damaged, strokes, tmp_path):
    out, protect = tmp_path / "found.png", tmp_path / "protect.png"
    kept = np.zeros(read_picture(strokes, 0).shape, np.uint8)
    kept[:, :60] = 255
    write_picture(protect, kept)
    learning = ["mask", damaged, "-o", out, "--method", "examples", "--examples", strokes]
    answer = cli(*learning, "--protect", protect, "--rim", 4)
    assert (answer.code, answer.err) == (0, "")
    assert "classes:" not in answer.out
    assert set(np.unique(read_picture(out, 0))) == {0, 255}
    assert not read_picture(out, 0)[kept > 0].any()
