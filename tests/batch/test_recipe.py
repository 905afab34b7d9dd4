"""A saved recipe derives the same mask again, for other scans too."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import tifffile
from batch_files import make_scan

from imagest_core.damage.detection.recipe import Recipe, derive_with, load_recipe, recipe_of, save_recipe
from imagest_core.damage.mask_io import read_mask
from imagest_core.errors import InputError
from imagest_core.painting.picture_files import write_picture
from imagest_core.painting.reader import open_painting


@pytest.fixture
def cracked(tmp_path):
    """A picture with a dark crack."""
    picture = np.full((80, 120, 3), 180, np.uint8)
    picture += np.random.default_rng(1).integers(0, 6, picture.shape, np.uint8)
    picture[20:23, 10:110] = 40
    path = tmp_path / "cracked.tif"
    tifffile.imwrite(path, picture, photometric="rgb")
    return path


def test_the_command_saves_what_it_did(cli, cracked, tmp_path):
    recipe, mask = tmp_path / "recipe.json", tmp_path / "mask.png"
    answer = cli(
        "mask", cracked, "-o", mask, "--widest", 5, "--dilate", 2, "--save-recipe", recipe, "--rim", 2
    )
    assert answer.code == 0, answer.err
    loaded = load_recipe(recipe)
    assert loaded == Recipe("cracks", {"dilate": 2, "widest": 5}, 2)
    plain = tmp_path / "plain.png"
    assert cli("mask", cracked, "-o", plain, "--widest", 5, "--dilate", 2).code == 0
    with open_painting(cracked) as painting:
        derived = derive_with(loaded, painting)
    assert np.array_equal(derived.read(derived.box) > 0, read_mask(plain).read(derived.box) > 0)


def test_a_learned_model_is_named_relative_and_by_its_hash(cli, cracked, tmp_path):
    strokes = np.zeros((80, 120), np.uint8)
    strokes[20:23, 20:60], strokes[40:60, 20:100] = 255, 128
    write_picture(tmp_path / "strokes.png", strokes)
    (tmp_path / "models").mkdir()
    model, recipe = tmp_path / "models" / "cracks.safetensors", tmp_path / "recipe.json"
    examples = ("--method", "examples", "--examples", tmp_path / "strokes.png", "--threshold", 0.5)
    saved = ("--save-model", model, "--save-recipe", recipe)
    answer = cli("mask", cracked, "-o", tmp_path / "mask.png", *examples, *saved)
    assert answer.code == 0, answer.err
    assert json.loads(recipe.read_text())["model"] == "models/cracks.safetensors"
    with open_painting(cracked) as painting:
        derived = derive_with(load_recipe(recipe), painting)
    assert np.array_equal(
        derived.read(derived.box) > 0, read_mask(tmp_path / "mask.png").read(derived.box) > 0
    )
    model.write_bytes(model.read_bytes() + b" ")
    with pytest.raises(InputError, match="not the one"):
        load_recipe(recipe)
    model.unlink()
    with pytest.raises(InputError, match="missing"):
        load_recipe(recipe)


@pytest.mark.parametrize(
    "options",
    [("--method", "examples", "--examples", "s.png"), ("--clean", "c.tif")],
)
def test_what_fits_one_scan_only_is_no_recipe(cli, cracked, tmp_path, options):
    answer = cli("mask", cracked, "-o", tmp_path / "m.png", *options, "--save-recipe", tmp_path / "r.json")
    assert answer.code == 2
    assert "recipe" in answer.err
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"version": 2},
        {"method": "difference"},
        {"method": "examples"},
        {"method": ["cracks"]},
        {"parameters": {"widest": "x"}},
        {"parameters": {"unknown": 1}},
        {"parameters": {"widest": 100000}},
        {"parameters": {"widest": True}},
        {"parameters": {"widest": "7"}},
        {"parameters": {"widest": 7.5}},
        {"parameters": {"tone": float("nan")}},
        {"parameters": {"polarity": ["dark"]}},
        {"version": True},
        {"unknown": 1},
        {"model_sha256": "0" * 64},
        {"method": "losses", "parameters": {"ground": "#zzzzzz"}},
        {"method": "losses", "parameters": {"ground": [300, 0, 0]}},
        {"method": "losses", "parameters": {"ground": [0.5, 0.5]}},
        {"method": "examples", "parameters": {}, "model": "a\0b", "model_sha256": "0" * 64},
        {"method": "examples", "parameters": {}, "model": "missing", "model_sha256": ""},
        {"method": "examples", "parameters": {}, "model": "missing", "model_sha256": "0" * 64},
        {"parameters": 3},
        {"rim": -1},
        {"model": "m"},
    ],
)
def test_other_json_is_refused_in_one_sentence(tmp_path, change):
    path = tmp_path / "recipe.json"
    save_recipe(recipe_of("cracks", {"widest": 5}), path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError) as refused:
        load_recipe(path)
    assert not any(word in str(refused.value) for word in ("NoneType", "int()", "str", "Polarity", "codec"))


def test_a_field_that_is_given_twice_is_refused(tmp_path):
    path = tmp_path / "recipe.json"
    save_recipe(recipe_of("cracks", {"widest": 5}), path)
    path.write_text(path.read_text().replace('"rim": 0', '"rim": 0, "rim": 1'))
    with pytest.raises(InputError, match="rim is given twice"):
        load_recipe(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("kind", ["pipe", "broken"])
def test_a_batch_with_an_unusable_model_does_not_start(cli, tmp_path, kind):
    folder, model = tmp_path / "scans", tmp_path / "model.safetensors"
    folder.mkdir()
    make_scan(folder / "scan.tif")
    model.write_bytes(b"no model")
    recipe = tmp_path / "recipe.json"
    save_recipe(recipe_of("examples", {}, model=model), recipe)
    if kind == "pipe":
        model.unlink()
        os.mkfifo(model)
    answer = cli("batch", folder, "-o", tmp_path / "out", "--recipe", recipe, "--engine", "harmonic")
    assert answer.code == 2
    assert "model.safetensors" in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_batch_does_not_wait_for_pipes_in_its_folder(cli, tmp_path):
    folder, out = tmp_path / "scans", tmp_path / "out"
    folder.mkdir()
    make_scan(folder / "scan.tif")
    assert cli("batch", folder, "-o", out, "--engine", "harmonic").code == 0
    settings = out / ".imagest-batch" / "settings.json"
    settings.unlink()
    os.mkfifo(settings)
    answer = cli("batch", folder, "-o", out, "--engine", "harmonic")
    assert answer.code == 2
    assert "regular file" in answer.err


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_recipe_is_refused(tmp_path, content):
    path = tmp_path / "recipe.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="isn't a mask recipe"):
        load_recipe(path)
    with pytest.raises(InputError):
        load_recipe(tmp_path / "missing.json")


def test_losses_take_a_colour(tmp_path):
    path = tmp_path / "recipe.json"
    save_recipe(recipe_of("losses", {"ground": (0.5, 0.25, 0.0), "tolerance": 3.0}), path)
    assert load_recipe(path).check_parameters().ground == (0.5, 0.25, 0.0)


def test_a_batch_derives_missing_masks(cli, tmp_path, cracked):
    folder = tmp_path / "scans"
    folder.mkdir()
    cracked.rename(folder / "cracked.tif")
    make_scan(folder / "masked.tif")
    recipe = tmp_path / "recipe.json"
    save_recipe(recipe_of("cracks", {"widest": 5}), recipe)
    out = tmp_path / "out"
    answer = cli("batch", folder, "-o", out, "--recipe", recipe, "--engine", "harmonic")
    assert answer.code == 0, answer.out + answer.err
    assert read_mask(out / "cracked-mask.png").count() > 100
    assert (out / "masked.tif").exists()
    assert not (out / "masked-mask.png").exists()
    assert cli("batch", folder, "-o", out, "--recipe", recipe, "--engine", "harmonic").code == 0
