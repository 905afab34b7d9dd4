"""The paper's methods on tiny models of the real classes, and both tables as a user makes them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_perceptual import write_tiny_clip
from tiny_library import RESTORATION, SYNTHESIS, add_models, make_models

from imagest_core.errors import InputError, ModelError
from imagest_core.evaluation.baselines import baselines, title_of
from imagest_core.evaluation.methods import methods
from imagest_core.evaluation.named_methods import parse_method
from imagest_core.evaluation.synthesis_methods import SynthesisMethod, SynthesisSettings
from imagest_core.models.cache import loaded_models
from imagest_core.models.identify import identify
from imagest_core.models.identity import ModelKind
from imagest_core.synthesis.api import GENERATED


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield make_models(tmp_path_factory.mktemp("models"))
    loaded_models.clear()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty library."""
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def full(library: Path, models: Path) -> Path:
    """A library with a model of each kind."""
    add_models(models)
    return library


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.txt"
    path.write_text("a gold field\n\nthe sea at night\n", "utf-8")
    return path


@pytest.fixture
def styles(tmp_path: Path) -> Path:
    folder = tmp_path / "styles"
    folder.mkdir()
    for name, grey in (("dark", 40), ("light", 220)):
        Image.new("RGB", (80, 64), (grey, grey // 2, 30)).save(folder / f"{name}.png")
    return folder


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return {row["name"] or f"{row['figures']}: {row['method']}": row for row in csv.DictReader(file)}


def test_the_library_decides_which_methods_there_are(full: Path) -> None:
    assert [row.name for row in baselines(synthesis=True) if row.name] == SYNTHESIS
    assert [row.name for row in baselines() if row.name] == RESTORATION
    assert [row.title for row in baselines() if row.reason] == ["InST"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("stable-diffusion:sd14+monet:0.5@old boats", "LoRA (SD)"),
        ("stable-diffusion:sd14+monet+word", ""),
        ("stable-diffusion:dreambooth", "DreamBooth (SD)"),
        ("two-stage:stable-diffusion:sd14", "Stable Diffusion with style transfer"),
        ("imagest:textured", ""),
        ("harmonic", ""),
    ],
)
def test_methods_have_the_titles_of_the_paper(full: Path, name: str, title: str) -> None:
    assert title_of(name) == title


def test_an_empty_library_says_what_each_method_needs(library: Path) -> None:
    found = baselines()
    assert not [row.name for row in found if row.name]
    assert {row.title for row in found} >= {"Stable Diffusion", "LoRA (SD)", "Imagest (SD)", "VQGAN"}
    assert all(row.reason for row in found)


def test_names_are_parsed_into_parameters(full: Path) -> None:
    named = parse_method("two-stage:stable-diffusion:sd14+monet:0.5+word@old boats")
    assert (named.engine, named.model, named.transferred) == ("stable-diffusion", "sd14", True)
    assert named.adapters == "monet:0.5, word"
    assert named.values({"prompt": "gold"})["prompt"] == "gold, old boats"
    assert parse_method("stable-diffusion:sd14+word").words == "in the style of <tiny-style>"
    styled = parse_method("imagest-sd:sd14+style+monet")
    assert (styled.style_adapter, styled.adapters) == ("style", "monet")
    (row,) = methods(["stable-diffusion:sd14+word"], (), {"prompt": "a barn", "steps": 3})
    assert row.request.get("prompt") == "a barn, in the style of <tiny-style>"
    assert row.request.get("steps") == 3


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("two-stage", "name the first stage"),
        ("two-stage:vqgan:vq", "name a VQGAN alone"),
        ("vqgan:", "name a VQGAN alone"),
        ("stable-diffusion:sd14+", "no adapter in a method's name"),
        ("stable-diffusion:sd14+style", "doesn't read these models"),
        ("two-stage:harmonic", "doesn't read these models"),
        ("stable-diffusion:sd14+nothing", "There is no model 'nothing'"),
    ],
)
def test_names_that_mean_nothing_are_refused(full: Path, name: str, sentence: str) -> None:
    with pytest.raises((InputError, ModelError), match=sentence):
        methods([name])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("harmonic", "pictures from text are made by"),
        ("vqgan:vq", "makes no pictures from text"),
        ("vqgan:sd14", "is no VQGAN"),
        ("stable-diffusion:vq", "can't run vq"),
    ],
)
def test_methods_that_make_no_pictures_are_refused(full: Path, name: str, sentence: str) -> None:
    with pytest.raises((InputError, ModelError), match=sentence):
        SynthesisMethod(name, SynthesisSettings())


def test_a_vqgan_is_recognised_and_changes_only_the_hole(models: Path) -> None:
    from imagest_core.evaluation.vqgan import load_vqgan
    from imagest_core.progress import Progress

    assert identify(models / "vq").kind is ModelKind.VQ
    picture = np.random.default_rng(0).integers(0, 255, (50, 45, 3)).astype(np.uint8)
    hole = np.zeros((50, 45), bool)
    hole[10:20, 12:30] = True
    for name in ("vq", "amused"):
        network = load_vqgan(str(models / name), "cpu")
        filled = network.fill(picture, hole, "gold", 0, Progress())
        assert np.array_equal(filled[~hole], picture[~hole])
        assert not np.array_equal(filled[hole], picture[hole])
        assert np.array_equal(filled, network.fill(picture, hole, "gold", 0, Progress()))


def test_table_1_is_made_by_one_command(full: Path, prompts: Path, styles: Path, cli) -> None:
    write_tiny_clip(full / "weights" / "clip")
    out = full / "out"
    options = ["--side", 64, "--steps", 2, "--device", "cpu", "--metric-weights", full / "weights"]
    answer = cli("evaluate-synthesis", prompts, "--styles", styles, "-o", out, *options)
    assert answer.code == 0, answer.err
    rows = rows_of(out / "table-1.csv")
    assert [name for name, row in rows.items() if row["figures"] == "measured"] == SYNTHESIS
    for name in SYNTHESIS:
        assert float(rows[name]["seconds"]) > 0
        assert float(rows[name]["memory"]) > 0.1
        assert -1 <= float(rows[name]["clip"]) <= 1
        assert rows[name]["style"] == rows[name]["fid"] == ""
        assert "vgg19.safetensors isn't on this computer" in rows[name]["reason"]
    assert (rows["cited: Imagen"]["style"], rows["cited: Imagen"]["memory"]) == ("5.43", "")
    assert "doesn't run InST" in rows["not run: InST"]["reason"]
    text = (out / "table-1.md").read_text("utf-8")
    assert answer.out.endswith(text)
    assert "| DALL·E 2 | *cited* | 4.97 | 69.25 | 16.72 | – | 11.23 | – |" in text
    with Image.open(out / "table-1.png") as plot, Image.open(out / "sheet.png") as sheet:
        assert plot.width > 600
        assert sheet.height > 2 * 64
    made = sorted((out / "pictures").rglob("*.png"))
    assert len(made) == 2 * len(SYNTHESIS)
    record = json.loads(made[0].with_suffix(".json").read_text("utf-8"))
    assert record["generated"] is True
    assert record["method"] in SYNTHESIS
    with Image.open(made[0]) as picture:
        assert picture.size == (64, 64)
        assert GENERATED in picture.info["XML:com.adobe.xmp"]
    pixels = {method: np.asarray(Image.open(out / "pictures" / method.replace(":", "-") / "0001.png"))
              for method in SYNTHESIS}  # fmt: skip
    plain = pixels.pop(SYNTHESIS[0])
    assert all(not np.array_equal(other, plain) for other in pixels.values())
    again = cli("evaluate-synthesis", prompts, "--styles", styles, "-o", out, *options)
    assert (again.code, again.err.count("\n")) == (2, 1)


def test_table_2_has_every_method_of_the_library(full: Path, cases: Path, cli) -> None:
    out = full / "out"
    options = ["--limit", 1, "--steps", 2, "--device", "cpu"]
    answer = cli("evaluate", cases, "-o", out, *(f"--method={name}" for name in RESTORATION), *options)
    assert answer.code == 0, answer.err
    rows = rows_of(out / "table-2.csv")
    assert [name for name, row in rows.items() if row["figures"] == "measured"] == ["none", *RESTORATION]
    figures = {name: (rows[name]["psnr"], rows[name]["ssim"]) for name in RESTORATION}
    assert len(set(figures.values())) == len(RESTORATION)
    assert rows["vqgan:vq"]["method"] == "VQGAN"
    assert rows["cited: VQGAN"]["psnr"] == "24.3"
    assert "| DALL·E 2 | *cited* | 10.03 | – | 0.225 | 0.892 | 27.1 |" in answer.out


def test_without_names_everything_that_can_run_is_measured(
    full: Path, cases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imagest_core.evaluation.run import Evaluation, chosen_methods

    rows, missing = chosen_methods(Evaluation(cases, full / "out"))
    labels = [row.label for row in rows]
    assert labels[:2] == ["imagest:textured", "spline"]
    assert labels[-len(RESTORATION) :] == RESTORATION
    assert [row.title for row in missing] == ["InST"]
    (full / "data" / "models" / "monet").rename(full / "data" / "monet")
    _, missing = chosen_methods(Evaluation(cases, full / "out"))
    assert "LoRA (SD)" in [row.title for row in missing]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "has no prompt"),
        ("gold\n" + "a" * 1001, "is no prompt"),
        ("gold\x07", "is no prompt"),
        (None, "can't be read"),
    ],
)
def test_files_that_are_no_prompts_are_refused(
    full: Path, styles: Path, cli, content: str | None, sentence: str
) -> None:
    path = full / "bad.txt"
    if content is not None:
        path.write_text(content, "utf-8")
    answer = cli("evaluate-synthesis", path, "--styles", styles, "-o", full / "out")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert sentence in answer.err
    assert not (full / "out").exists()


def test_a_folder_without_pictures_is_refused(full: Path, prompts: Path, cli) -> None:
    for folder, sentence in ((full / "data", "contains no picture"), (full / "absent", "There is no folder")):
        answer = cli("evaluate-synthesis", prompts, "--styles", folder, "-o", full / "out")
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert sentence in answer.err
