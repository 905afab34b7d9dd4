"""Training of the style branch at toy size: from pictures to a fill with the trained adapter."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch
from safetensors.torch import load_file
from tiny_model import picture
from tiny_models import tiny_sd, tiny_single_file
from tiny_style import TINY_ENCODER, tiny_style_config

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError
from imagest_core.models.cache import loaded_models
from imagest_core.models.identify import identify
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import find_installed, installed_models
from imagest_core.painting.geometry import Box
from imagest_core.painting.picture_files import write_picture
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.api import restore
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference
from imagest_core.training.diffusion_plan import plan_training
from imagest_core.training.images import StoredPicture
from imagest_core.training.loop import LoopOptions, Trainer, check_eight_bit
from imagest_core.training.plan import TrainingPlan
from imagest_core.training.stable_diffusion import training_hardware
from imagest_core.training.style_branch import StyleBranchTask, StyleTaskOptions
from imagest_core.training.style_examples import (
    Objective,
    StyledWorks,
    StyleExamples,
    caption_of,
    load_picture_sets,
    style_square,
    styled_work_of,
)

SIDE = 32
CPU = training_hardware("cpu", "no")


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    yield
    loaded_models.clear()


@pytest.fixture
def wikiart(tmp_path: Path) -> Path:
    """A folder in WikiArt's layout."""
    for index in range(24):
        style = ("Impressionism", "High_Renaissance")[index % 2]
        folder = tmp_path / "wikiart" / style
        folder.mkdir(parents=True, exist_ok=True)
        write_picture(folder / f"some-artist_work-{index}.png", picture(72, seed=index))
    return tmp_path / "wikiart"


@pytest.fixture
def options(tmp_path: Path, wikiart: Path) -> list[object]:
    """Options of a training of a few steps."""
    (tmp_path / "encoder.json").write_text(json.dumps(asdict(TINY_ENCODER)))
    toy = ["--encoder", tmp_path / "encoder.json", "--side", SIDE, "--held-out", 2, "--batch", 2]
    return ["train", "style", wikiart, *toy, "--device", "cpu", "--precision", "no", "--evaluate-every", 100]


def task(base: Path, objective: Objective = Objective.RESTORATION, **others) -> StyleBranchTask:
    torch.manual_seed(0)
    works = StyledWorks([picture(72, seed=i) for i in range(3)], (1, 1, 1))
    unseen = StyleExamples(works, (), SIDE, 32, objective, seed=1, drop=0.0)
    layers = ("down_blocks.0.attentions.0", "up_blocks")
    settings = StyleTaskOptions(CPU, shown_steps=2, **others)
    captions = ("", "a painting")
    return StyleBranchTask(
        find_installed(str(base)), tiny_style_config(layers), unseen.first(2), captions, settings
    )


def examples(objective: Objective = Objective.RESTORATION) -> StyleExamples:
    works = StyledWorks([picture(72, seed=i) for i in range(3)], (1, 1, 1))
    return StyleExamples(works, (), SIDE, 32, objective)


def test_from_pictures_to_a_fill_with_the_trained_adapter(tmp_path: Path, options, cli) -> None:
    base, run = tiny_sd(tmp_path / "sd"), tmp_path / "run"
    assert cli("models", "add", base, "--name", "base").code == 0
    answer = cli(*options, "-o", run, "--base", "base", "--steps", 2)
    assert answer.code == 0, answer.err
    assert "memory: about" in answer.out
    assert "time: about" in answer.out
    adapter = run / "style-adapter"
    assert identify(adapter).kind is ModelKind.STYLE_ADAPTER
    config = json.loads((adapter / "config.json").read_text())
    training = config["training"]
    assert (training["steps"], training["base"], training["objective"]) == (2, "base", "restoration")
    assert len(training["base_sha256"]) == 64
    assert training["pictures"] + training["held_out_pictures"] == 24
    assert {"loss", "loss-without-style", "step"} == training["held_out"][-1].keys()
    for path in (adapter / "config.json", adapter / "README.md", run / "settings.json"):
        assert str(tmp_path) not in path.read_text()
    assert (run / "held-out-000002.png").stat().st_size > 0
    assert cli("models", "add", adapter, "--name", "mine").code == 0
    assert "mine" in {model.name for model in installed_models()}
    tifffile.imwrite(tmp_path / "scan.tif", picture(64), photometric="rgb")
    mask = np.zeros((64, 64), np.bool_)
    mask[30:36, 30:40] = True
    request = RestorationRequest.of("imagest-sd", steps=1, device="cpu", detail=0.0)
    with open_painting(tmp_path / "scan.tif") as painting:
        result = restore(painting, DamageMap.from_mask(mask), request, StyleReference((Box(0, 0, 24, 24),)))
    assert result.record.engine.facts["style_branch"] == "mine"


def test_an_interrupted_training_ends_like_an_uninterrupted_one(tmp_path: Path) -> None:
    base = tiny_sd(tmp_path / "sd")

    def trained(folder: Path, *stops: int) -> torch.Tensor:
        for stop in (*stops, None):
            options = LoopOptions(folder, steps=4, batch=2, device="cpu", precision="no", warmup=1)
            trainer = Trainer(task(base), examples(), options)
            if stop is None:
                assert trainer.run(Progress()).step == 4
                continue
            reached = trainer.clock.step + stop
            progress = Progress(cancelled=partial(_has_reached, trainer, reached))
            with pytest.raises(Cancelled):
                trainer.run(progress)
        return torch.cat([value.flatten() for value in trainer.average.values.values()])

    whole = trained(tmp_path / "whole")
    assert torch.allclose(whole, trained(tmp_path / "parts", 1, 1), atol=1e-6)


def _has_reached(trainer: Trainer, step: int) -> bool:
    return trainer.clock.step >= step


def test_the_held_out_loss_falls(tmp_path: Path) -> None:
    options = LoopOptions(
        tmp_path / "run",
        steps=10,
        batch=2,
        learning_rate=2e-3,
        warmup=2,
        device="cpu",
        precision="no",
        average=0.5,
        evaluate_every=1000,
    )
    joint = task(tiny_sd(tmp_path / "sd"), train_unet=True)
    with torch.no_grad():
        before, _ = joint.evaluate(torch.device("cpu"))
    Trainer(joint, examples(), options).run(Progress())
    with (tmp_path / "run" / "losses.csv").open() as file:
        held_out = {
            row["name"]: float(row["value"]) for row in csv.DictReader(file) if row["kind"] == "held-out"
        }
    assert held_out["loss"] < before["loss"] * 0.9


def test_the_branch_alone_learns_a_batch_and_leaves_the_unet(tmp_path: Path) -> None:
    alone = task(tiny_sd(tmp_path / "sd"))
    before = {name: p.clone() for name, p in alone.parts.unet.named_parameters()}
    data = examples()
    batch = data.collate([data[index] for index in range(4)])
    assert batch.strength.any()
    optimizer = torch.optim.AdamW(alone.module.parameters(), 5e-3)
    losses = []
    for _ in range(20):
        loss, _ = alone.loss(alone.module, batch, 0)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * 0.97
    assert all(torch.equal(p, before[name]) for name, p in alone.parts.unet.named_parameters())
    unstyled = replace(batch, strength=torch.zeros_like(batch.strength))
    assert alone.loss(alone.module, unstyled, 0)[0].item() == pytest.approx(losses[0], rel=1e-5)


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize("inpainting", [False, True])
def test_each_objective_trains_four_and_nine_channels(
    tmp_path: Path, objective: Objective, inpainting: bool
) -> None:
    styled = task(tiny_sd(tmp_path / "sd", inpainting), objective)
    data = examples(objective)
    batch = data.collate([data[index] for index in range(4)])
    loss, _ = styled.loss(styled.module, batch, 0)
    loss.backward()
    gradients = [p.grad for p in styled.module.parameters() if p.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    whole = batch.mask.flatten(1).amin(1) == 1
    assert whole.all() if objective is Objective.SYNTHESIS else not whole.all()
    assert not batch.caption[~whole].any(), "restoration has no text"


def test_a_trained_unet_is_saved_as_a_model_beside_the_adapter(tmp_path: Path, options, cli) -> None:
    base, run = tiny_single_file(tmp_path / "sd.safetensors"), tmp_path / "run"
    answer = cli(*options, "-o", run, "--base", base, "--steps", 1, "--train-unet", "--rate", 0.01)
    assert answer.code == 0, answer.err
    identity = identify(run / "model")
    assert (identity.kind, identity.input_channels) == (ModelKind.PIPELINE, 4)
    assert not [path for path in run.rglob("*.json") if str(tmp_path) in path.read_text()]
    trained = load_file(run / "model" / "unet" / "diffusion_pytorch_model.safetensors")
    state = load_file(run / "state.safetensors")
    name = "conv_in.weight"
    assert torch.allclose(trained[name].float(), state[f"average.unet.{name}"], atol=1e-3)
    again = cli(*options, "-o", run, "--base", base, "--steps", 1, "--train-unet", "--rate", 0.01)
    assert again.code == 0, "a finished training writes its results again"


def test_other_trainings_and_wrong_options_are_refused(tmp_path: Path, options, cli) -> None:
    base, run, odd = tiny_sd(tmp_path / "sd"), tmp_path / "run", tmp_path / "odd.json"
    odd.write_text('{"channels": [1e99]}')
    assert cli(*options, "-o", run, "--base", base, "--steps", 1).code == 0
    for wrong, sentence in (
        (["--objective", "both"], "was started with --objective "),
        (["--side", 20], "multiple of 16"),
        (["--swin", tmp_path / "none.safetensors"], "There is no file"),
        (["--encoder", base / "model_index.json"], "doesn't describe a style encoder"),
        (["--encoder", odd], "doesn't describe a style encoder: its sizes don't fit together."),
        (["-o", base / "run"], "which is read: choose a folder elsewhere."),
        (["--base", tiny_sd(tmp_path / "sd2", family="sd2")], "Stable Diffusion 1 model, not sd2"),
        (["--eight-bit"], "8-bit optimizer needs"),
    ):
        out = run if wrong[0] == "--objective" else tmp_path / "new"
        answer = cli(*options, "-o", out, "--base", base, "--steps", 1, *wrong)
        assert answer.code == 2, wrong
        assert sentence in answer.err
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    answer = cli(*options, "-o", tmp_path / "other", "--base", base)
    assert "contains other files" in answer.err
    planned = cli(*options, "-o", tmp_path / "plan", "--base", base, "--plan")
    assert planned.code == 0
    assert not (tmp_path / "plan").exists()


def test_wikiart_is_split_by_work_and_captioned_by_style(wikiart: Path) -> None:
    assert (
        styled_work_of("Impressionism/claude-monet_water-lilies-1899.jpg") == "claude-monet_water-lilies-1899"
    )
    assert styled_work_of("0001-2.png") == "0001"
    assert caption_of("High_Renaissance/raphael_school.jpg") == "a painting, High Renaissance"
    sets = load_picture_sets([wikiart])
    assert set(sets.captions) == {"", "a painting, Impressionism", "a painting, High Renaissance"}
    assert len(sets.training) + len(sets.held_out) == 24
    assert sets.training.pictures[0].shape == (72, 72, 3)


def test_a_damaged_picture_is_refused_before_the_training(wikiart: Path) -> None:
    (wikiart / "Impressionism" / "broken_one.jpg").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"broken_one\.jpg is damaged"):
        load_picture_sets([wikiart])
    with pytest.raises(InputError, match=r"gone\.jpg can't be read: no such file"):
        StoredPicture("gone.jpg", wikiart / "gone.jpg").read()


def test_the_style_never_touches_the_hole() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        mask = np.zeros((SIDE, SIDE), np.bool_)
        y, x = rng.integers(0, SIDE - 4, 2)
        mask[y : y + 4, x : x + 4] = True
        crop = int(rng.integers(0, 60)), int(rng.integers(0, 60)), int(rng.integers(20, 60))
        hole = np.zeros((120, 120), np.uint8)
        top, left, cut = crop
        hole[top : top + cut, left : left + cut] = cv2.resize(
            mask.astype(np.uint8), (cut, cut), interpolation=cv2.INTER_NEAREST
        )
        square = style_square(hole.shape, crop, mask, rng)
        assert square is not None
        assert not hole[square[0] : square[0] + square[2], square[1] : square[1] + square[2]].any()
    everything = np.ones((SIDE, SIDE), np.bool_)
    assert style_square((40, 40), (0, 0, 40), everything, rng) is None


def test_examples_depend_on_seed_and_index_alone() -> None:
    one, other = examples(Objective.BOTH), examples(Objective.BOTH)
    for index in range(3):
        for first, second in zip(one[index], other[index]):
            assert torch.equal(first, second)
    drawn = [examples()[index] for index in range(60)]
    dropped = [item[3].item() == 0 for item in drawn]
    assert 0 < sum(dropped) < 30
    assert all(not item[2].add(1).any() for item, without in zip(drawn, dropped) if without)


def test_the_plan_counts_what_is_trained(tmp_path: Path) -> None:
    base = tiny_sd(tmp_path / "sd")
    options = LoopOptions(tmp_path / "run", steps=100, batch=1, device="cpu")

    def planned(styled: StyleBranchTask) -> TrainingPlan:
        return plan_training(styled, styled.module, SIDE, options)

    alone = planned(task(base))
    joint = planned(task(base, train_unet=True))
    assert joint.trained - alone.trained == alone.frozen - joint.frozen > 0
    assert joint.optimizer == 8 * joint.trained
    assert joint.memory > alone.memory
    assert alone.seconds > 0


def test_the_8_bit_optimizer_needs_its_package() -> None:
    with pytest.raises(InputError, match="8-bit optimizer needs"):
        check_eight_bit("cpu")
