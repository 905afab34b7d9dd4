"""Pictures from text and style: real classes at toy size."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tiny_models import tiny_ip_adapter, tiny_sd

from imagest_core.models.cache import loaded_models
from imagest_core.synthesis.api import GENERATED, synthesize
from imagest_core.synthesis.request import SynthesisRequest


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("models")
    tiny_sd(folder / "plain")
    tiny_sd(folder / "inpainting", inpainting=True)
    tiny_ip_adapter(folder / "ip")
    for name, grey in (("dark", 40), ("light", 220)):
        Image.new("RGB", (48, 32), (grey, grey // 2, 30)).save(folder / f"{name}.png")
    yield folder
    loaded_models.clear()


BAD_SIZES = (
    *("0x0", "8x8", "65x64", "64x65", "1e9x64", "big", "-64x64", "64x-64", "64", "64x64x64", "4104x64"),
    *("100000000000x64", "64.5x64", "nanx64", "64 x64", "６４x64"),
)


def pictures(model: Path, **values) -> list[np.ndarray]:
    values = {"steps": 2, "width": 64, "height": 64, "device": "cpu", **values}
    request = SynthesisRequest.of("stable-diffusion", model=str(model), **values)
    return [made.picture for made in synthesize(request)]


@pytest.mark.parametrize("name", ["plain", "inpainting"])
def test_text_seed_and_size_decide_the_picture(models: Path, name: str) -> None:
    first, second = pictures(models / name, count=2, prompt="gold")
    assert first.shape == (64, 64, 3)
    assert 0 <= first.min() < first.max() <= 1
    assert not np.array_equal(first, second)
    assert np.array_equal(second, pictures(models / name, seed=1, prompt="gold")[0])
    assert not np.array_equal(first, pictures(models / name, prompt="a blue sky")[0])
    assert pictures(models / name, width=72, height=88, prompt="gold")[0].shape == (88, 72, 3)


def test_style_pictures_change_the_picture(models: Path) -> None:
    values = {"adapters": str(models / "ip")}
    dark, light = (
        pictures(models / "plain", style_images=(models / f"{name}.png",), **values)[0]
        for name in ("dark", "light")
    )
    assert not np.array_equal(dark, light)


@pytest.mark.parametrize(("ending", "depth"), [("png", 8), ("tiff", 16)])
def test_files_have_a_record_and_say_that_they_were_generated(
    models: Path, tmp_path: Path, cli, ending: str, depth: int
) -> None:
    out = tmp_path / "made"
    answer = cli(
        "synthesize", "--model", str(models / "plain"), "--prompt", "gold <&>", "--steps", "2",
        "--size", "64x64", "--seed", "5", "--count", "2", "--format", ending, "-o", str(out),
        "--device", "cpu",
    )  # fmt: skip
    assert answer.code == 0
    picture = out / f"seed-5.{'png' if ending == 'png' else 'tif'}"
    record = json.loads((out / "seed-5.json").read_text())
    assert record["sha256"] == hashlib.sha256(picture.read_bytes()).hexdigest()
    assert datetime.fromisoformat(record["time"]).tzinfo is not None
    assert record["generated"] is True
    assert record["request"]["parameters"]["prompt"] == "gold <&>"
    assert len(record["engine"]["facts"]["weights_sha256"]) == 64
    assert (out / "seed-6.json").is_file()
    if depth == 8:
        with Image.open(picture) as image:
            packet = image.info["XML:com.adobe.xmp"]
    else:
        with tifffile.TiffFile(picture) as file:
            assert file.pages[0].dtype == np.uint16
            packet = bytes(file.pages[0].tags[700].value).decode()
    assert GENERATED in packet
    assert "gold &lt;&amp;&gt;" in packet
    again = cli(
        "synthesize", "--model", str(models / "plain"), "--steps", "2", "--size", "64x64", "--seed", "6",
        "--format", ending, "-o", str(out), "--device", "cpu",
    )  # fmt: skip
    assert again.code == 2
    assert again.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        *((("--size=" + size,), "each a multiple of 8 from 64 to 4,096 px") for size in BAD_SIZES),
        (("--engine", "imagest"), "makes no pictures from text"),
        (("--style-image", "{models}/dark.png"), "reads no style pictures"),
        (("--model", "{models}/dark.png"), "dark.png"),
        (("--count", "0"), "whole number from 1 to 64"),
        (("--style-image", "{models}/missing.png", "--adapters", "{models}/ip"), "missing.png"),
    ],
)
def test_what_can_t_be_made_is_refused_with_one_sentence(
    models: Path, tmp_path: Path, cli, arguments: tuple[str, ...], sentence: str
) -> None:
    given = [argument.format(models=models) for argument in arguments]
    model = [] if "--model" in given else ["--model", str(models / "plain")]
    answer = cli("synthesize", "-o", str(tmp_path / "out"), *model, *given)
    assert answer.code == 2
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("size", ["4096x4096", "2048x1024"])
def test_a_picture_beyond_the_memory_is_refused_before_the_model_is_loaded(
    models: Path, tmp_path: Path, cli, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    monkeypatch.setattr("imagest_core.models.hardware.available_memory", lambda: 8 << 30)
    arguments = ("--model", str(models / "plain"), "--size", size, "--device", "cpu")
    answer = cli("synthesize", "-o", str(tmp_path / "out"), *arguments)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "needs more memory than is free" in answer.err
    assert not (tmp_path / "out").exists()
