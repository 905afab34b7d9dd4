"""Adaptation of Stable Diffusion at toy size: from captioned pictures to a fill that it changes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from tiny_captioner import tiny_blip, tiny_clip
from tiny_model import picture
from tiny_models import tiny_sd

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError
from imagest_core.models.cache import loaded_models
from imagest_core.models.identity import ModelKind, identify
from imagest_core.models.installed import find_installed
from imagest_core.painting.picture_files import write_picture
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest
from imagest_core.training.adaptation import AdaptationOptions, AdaptationTask, Method
from imagest_core.training.captioned_examples import CaptionedExamples, CaptionedPictures, load_captioned
from imagest_core.training.captions import CaptionRow, read_rows, write_rows
from imagest_core.training.diffusion_plan import plan_training
from imagest_core.training.loop import LoopOptions, Trainer
from imagest_core.training.stable_diffusion import training_hardware

SIDE = 64
CPU = training_hardware("cpu", "no")
TOKEN = "<old-boats>"
PROMPTS = ("a painting of boats", "a painting in the style of " + TOKEN)
RESULTS = {
    "full": (ModelKind.PIPELINE, "model"),
    "dreambooth": (ModelKind.PIPELINE, "model"),
    "lora": (ModelKind.LORA, "lora"),
    "textual-inversion": (ModelKind.TEXTUAL_INVERSION, "textual-inversion"),
}


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    yield
    loaded_models.clear()


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plain model, one for inpainting and one of the XL family."""
    folder = tmp_path_factory.mktemp("bases")
    tiny_sd(folder / "sd1")
    tiny_sd(folder / "inpainting", inpainting=True)
    tiny_sd(folder / "sdxl", family="sdxl")
    return folder


@pytest.fixture
def works(tmp_path: Path) -> Path:
    """A folder with four works."""
    folder = tmp_path / "Claude_Monet"
    folder.mkdir()
    for index in range(4):
        write_picture(folder / f"work-{index}.png", picture(72, seed=index))
    return tmp_path


def toy_options(method: str) -> list[object]:
    toy = ["--method", method, "--side", SIDE, "--device", "cpu", "--precision", "no", "--sample-steps", 1]
    return toy if method != "textual-inversion" else [*toy, "--token", TOKEN]


def examples(holes: bool = False) -> CaptionedExamples:
    pictures = CaptionedPictures([picture(72, seed=i) for i in range(3)], ("a", "b", "c"), (PROMPTS,) * 3)
    return CaptionedExamples(pictures, SIDE, holes=holes)


def task(base: Path, method: str, **others) -> AdaptationTask:
    torch.manual_seed(0)
    options = AdaptationOptions(
        CPU, Method(method), rank=4, token=TOKEN, samples=PROMPTS, sample_side=SIDE, sample_steps=1, **others
    )
    return AdaptationTask(find_installed(str(base)), options)


def fill(scan: Path, model: Path, adapters: str = "", prompt: str = "") -> np.ndarray:
    mask = np.zeros((64, 64), np.bool_)
    mask[20:44, 20:44] = True
    request = RestorationRequest.of(
        "stable-diffusion",
        model=str(model),
        adapters=adapters,
        steps=1,
        device="cpu",
        detail=0.0,
        prompt=prompt,
    )
    with open_painting(scan) as painting:
        result = restore(painting, DamageMap.from_mask(mask), request)
        return np.concatenate([patch.samples.ravel() for patch in result.patches])


@pytest.mark.parametrize(
    ("part", "method"),
    [
        ("artist", "full"),
        ("artist", "lora"),
        ("adapters", "dreambooth"),
        ("adapters", "lora"),
        ("adapters", "textual-inversion"),
    ],
)
def test_from_pictures_to_a_fill(
    tmp_path: Path, works: Path, bases: Path, cli, part: str, method: str
) -> None:
    base, run = bases / "sd1", tmp_path / "run"
    kind, name = RESULTS[method]
    artist = ["--artist", "Claude Monet"] if part == "artist" else []
    answer = cli(
        "train", part, works / "Claude_Monet", "--base", base, "-o", run, *toy_options(method), *artist,
        "--steps", 2, "--rate", 0.05, "--batch", 1,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert "memory: about" in answer.out
    assert "time: about" in answer.out
    result = next((run / name).glob("*.safetensors"), run / name)
    assert identify(result).kind is kind
    assert identify(run / name).kind is kind
    for sample in ("sample-before.png", "sample-after.png"):
        assert (run / sample).read_bytes() == (run / name / sample).read_bytes()
    assert (run / "sample-before.png").read_bytes() != (run / "sample-after.png").read_bytes()
    card = (run / name / "README.md").read_text()
    assert "base sha256" in card
    for path in (*run.rglob("*.json"), *run.rglob("*.md")):
        assert str(tmp_path) not in path.read_text(), path
    assert cli("models", "add", result, "--name", "mine").code == 0
    tifffile.imwrite(tmp_path / "scan.tif", picture(64), photometric="rgb")
    prompt = TOKEN if method == "textual-inversion" else "boats"
    before = fill(tmp_path / "scan.tif", base, prompt=prompt)
    if kind is ModelKind.PIPELINE:
        after = fill(tmp_path / "scan.tif", find_installed("mine").path, prompt=prompt)
    else:
        after = fill(tmp_path / "scan.tif", base, "mine", prompt=prompt)
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("method", ["full", "lora", "textual-inversion"])
def test_an_interrupted_training_ends_like_an_uninterrupted_one(
    tmp_path: Path, bases: Path, method: str
) -> None:
    def trained(folder: Path, *stops: int) -> torch.Tensor:
        for stop in (*stops, None):
            options = LoopOptions(
                folder, steps=4, batch=2, device="cpu", precision="no", warmup=1, average=0.0, constant=True
            )
            trainer = Trainer(task(bases / "sd1", method), examples(), options)
            if stop is None:
                assert trainer.run(Progress()).step == 4
                continue
            reached = trainer.clock.step + stop
            with pytest.raises(Cancelled):
                trainer.run(Progress(cancelled=partial(_has_reached, trainer, reached)))
        return torch.cat([p.detach().flatten() for p in trainer.bare.parameters()])

    whole = trained(tmp_path / "whole")
    assert torch.allclose(whole, trained(tmp_path / "parts", 1, 2), atol=1e-6)


def _has_reached(trainer: Trainer, step: int) -> bool:
    return trainer.clock.step >= step


@pytest.mark.parametrize(("method", "rate"), [("full", 2e-3), ("lora", 2e-2), ("textual-inversion", 0.2)])
def test_the_loss_of_a_toy_set_falls(bases: Path, method: str, rate: float) -> None:
    adapted, data = task(bases / "sd1", method), examples()
    batch = data.collate([data[index] for index in range(4)])
    frozen = {name: p.clone() for name, p in adapted.parts.autoencoder.named_parameters()}
    optimizer = torch.optim.AdamW(adapted.module.parameters(), rate)
    losses = []
    for _ in range(15):
        loss, _ = adapted.loss(adapted.module, batch, 0)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * (0.97 if method != "textual-inversion" else 0.9999)
    assert all(torch.equal(p, frozen[name]) for name, p in adapted.parts.autoencoder.named_parameters())


@pytest.mark.parametrize("base", ["inpainting", "sdxl"])
@pytest.mark.parametrize("method", ["full", "lora", "textual-inversion"])
def test_other_families_and_nine_channels_are_trained(
    bases: Path, tmp_path: Path, base: str, method: str
) -> None:
    adapted, data = task(bases / base, method), examples(holes=base == "inpainting")
    assert adapted.inpainting == (base == "inpainting")
    loss, _ = adapted.loss(adapted.module, data.first(3), 0)
    loss.backward()
    gradients = [p.grad for p in adapted.module.parameters() if p.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    assert adapted.sample().shape == (SIDE, 2 * SIDE, 3)
    result = adapted.weights.save(tmp_path, "mine")
    identity = identify(result)
    assert identity.kind is RESULTS[method][0]
