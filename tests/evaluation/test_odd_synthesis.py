"""Odd input of ``imagest evaluate-synthesis`` is refused before anything is painted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import load_file, save_file
from test_perceptual import write_tiny_clip
from tiny_models import tiny_sd
from tiny_vqgan import tiny_amused

from imagest_core.errors import ModelError
from imagest_core.evaluation.clip import clip_scorer
from imagest_core.evaluation.synthesis_inputs import MOST_PROMPTS, read_prompts
from imagest_core.models.cache import loaded_models
from imagest_core.models.library import add_model

METHOD = "stable-diffusion:sd"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny_sd(folder / "sd")
    tiny_amused(folder / "amused")
    return folder


@pytest.fixture
def inputs(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``prompts.txt`` and ``styles``, and a library of two models."""
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    for path in models.iterdir():
        add_model(path, path.name, in_place=True)
    (tmp_path / "prompts.txt").write_text("a gold field\nthe sea\n", "utf-8")
    (tmp_path / "styles").mkdir()
    for name, grey in (("dark", 40), ("light", 220)):
        Image.new("RGB", (80, 64), (grey, grey, grey)).save(tmp_path / "styles" / f"{name}.png")
    return tmp_path


@pytest.fixture
def evaluate(inputs: Path, cli) -> Callable[..., object]:
    def run(*options: object, out: object = None) -> object:
        fixed = ("--side", 64, "--steps", 1, "--device", "cpu", "--method", METHOD)
        where = inputs / "out" if out is None else out
        return cli("evaluate-synthesis", inputs / "prompts.txt", "--styles", inputs / "styles", "-o", where,
                   *fixed, *options)  # fmt: skip

    return run


@pytest.fixture
def refused(inputs: Path, evaluate, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs the command where nothing may be painted; returns the sentence."""

    def no_picture(*_: object) -> None:
        raise AssertionError("a picture was begun")

    monkeypatch.setattr("imagest_core.evaluation.synthesis_methods.SynthesisMethod.paint", no_picture)

    def run(*options: object, out: object = None) -> str:
        before = sorted(inputs.rglob("*"))
        answer = evaluate(*options, out=out)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer.err
        assert sorted(inputs.rglob("*")) == before
        return answer.err

    return run


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.png", b""), ("z.tif", b"II*\0" + b"\xff" * 50), ("z.jpg", b"\xff\xd8\xff"), ("a.webp", b"hello")],
)
def test_a_faulty_picture_is_named(inputs: Path, refused, name: str, content: bytes) -> None:
    (inputs / "styles" / name).write_bytes(content)
    assert name in refused()
    (inputs / "reference").mkdir()
    (inputs / "styles" / name).rename(inputs / "reference" / name)
    assert name in refused("--reference", inputs / "reference")


def test_hidden_files_are_no_style_pictures(inputs: Path, evaluate, refused) -> None:
    for path in (inputs / "styles").iterdir():
        path.rename(path.with_name(f"._{path.name}"))
    assert "contains no picture" in refused()


def test_results_never_go_among_the_pictures(inputs: Path, refused) -> None:
    for out in (inputs / "styles", inputs / "styles" / "out"):
        assert "which is only read" in refused(out=out)


@pytest.mark.parametrize("name", ["sheet.png", "table-1.csv", "pictures/stable-diffusion-sd/0002.json"])
def test_existing_results_are_found_first(inputs: Path, refused, name: str) -> None:
    path = inputs / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    assert "exists already" in refused()
    path.unlink()
    path.mkdir()
    assert "is not a file" in refused("--force")


def test_a_file_in_the_place_of_the_pictures_is_named(inputs: Path, refused) -> None:
    (inputs / "out").mkdir()
    (inputs / "out" / "pictures").write_text("mine")
    assert "since a file is there" in refused("--force")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--side", "65", "--method", "vqgan:amused"), "must be a multiple of"),
        (("--method", "stable-diffusion:"), "after the colon"),
        (("--method", "none"), "pictures from text are made by"),
        (("--guidance", "nan"), "--guidance"),
        (("--metric-weights", "{inputs}/styles"), "has no weights of the metrics"),
        (("--reference", "{inputs}/absent"), "There is no folder"),
    ],
)
def test_odd_options_are_refused(inputs: Path, refused, options: tuple[str, ...], sentence: str) -> None:
    assert sentence in refused(*(option.format(inputs=inputs) for option in options))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a\0b\nthe longest prompt\n", "no prompt: write at most"),
        (b"ok\n" + b"y" * 1001, "no prompt: write at most"),
        (b"\n \n\t\n", "has no prompt"),
        (b"a\n" * (MOST_PROMPTS + 1), "100,001 prompts"),
        (b"\xff\xfea\0", "UTF-8"),
    ],
)
def test_files_without_usable_prompts_are_refused(
    inputs: Path, refused, content: bytes, sentence: str
) -> None:
    (inputs / "prompts.txt").write_bytes(content)
    assert sentence in refused()


def test_spaces_of_other_scripts_and_joined_signs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "prompts.txt"
    path.write_text("\ufeff金\u3000地\u00a0a\tb  c\n\U0001f468\u200d\U0001f469\n", "utf-8")
    assert read_prompts(path) == ["金 地 a b c", "\U0001f468\u200d\U0001f469"]
    path.write_text("a\n" * (MOST_PROMPTS + 1), "utf-8")
    assert len(read_prompts(path, 3)) == 3


def test_methods_with_one_folder_name_get_two(inputs: Path, evaluate) -> None:
    answer = evaluate("--limit", 1, "--method", f"{METHOD}@a b", "--method", f"{METHOD}@a/b")
    assert answer.code == 0, answer.err
    names = sorted(path.name for path in (inputs / "out" / "pictures").iterdir())
    assert names == [f"stable-diffusion-sd{end}" for end in ("", "-a-b", "-a-b-2")]
    with Image.open(inputs / "out" / "sheet.png") as sheet:
        assert sheet.width == 10 + 4 * (64 + 10)
    loaded_models.clear()


def test_style_pictures_with_names_that_are_not_utf_8_are_read(inputs: Path, evaluate) -> None:
    if os.name != "posix":
        pytest.skip("the system's names are Unicode")
    odd = Path(os.fsdecode(os.fsencode(inputs / "styles") + b"/\xff\xfe.png"))
    (inputs / "styles" / "dark.png").rename(odd)
    answer = evaluate()
    assert (answer.code, answer.err) == (0, "")
    records = sorted((inputs / "out" / "pictures").rglob("*.json"))
    assert [json.loads(path.read_text("utf-8"))["style"] for path in records] == ["light.png", odd.name]
    loaded_models.clear()


@pytest.mark.parametrize("fault", ["cut", "incomplete", "another model", "no JSON", "no tokenizer"])
def test_a_faulty_clip_model_is_refused_with_one_sentence(
    tmp_path: Path, fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "clip"
    write_tiny_clip(folder)
    weights = folder / "model.safetensors"
    if fault == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif fault == "incomplete":
        tensors = load_file(weights)
        del tensors["visual_projection.weight"]
        save_file(tensors, weights, {"format": "pt"})
    elif fault == "another model":
        (folder / "config.json").write_text('{"model_type": "bert"}')
    else:
        (folder / ("config.json" if fault == "no JSON" else "tokenizer.json")).write_text("{")
    capfd.readouterr()
    with pytest.raises(ModelError, match=r"no (readable|complete) CLIP model"):
        clip_scorer(folder)
    assert capfd.readouterr().err == ""
