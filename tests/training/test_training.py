"""Training at toy size: autoencoder, diffusion, resuming after a kill, and a usable checkpoint."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_model import tiny_checkpoint, tiny_config

from imagest_core.errors import ModelError
from imagest_core.models.checkpoint import load_checkpoint
from imagest_core.progress import Cancelled, Progress, Report
from imagest_core.training.autoencoder import AutoencoderTask, corrupted, pyramid_l1
from imagest_core.training.examples import DamagedCrops, fixed_batch
from imagest_core.training.images import load_maps, load_works
from imagest_core.training.loop import LoopOptions, Trainer, TrainingClock, learning_rate

TINY = tiny_config()


@pytest.fixture
def data(pictures: Path, maps: Path) -> tuple[DamagedCrops, DamagedCrops]:
    kept, aside = load_works([pictures])
    made = [DamagedCrops(w, load_maps(maps), 32, style_side=32, seed=s) for s, w in enumerate((kept, aside))]
    return made[0], made[1]


def trainer(folder: Path, data: tuple[DamagedCrops, DamagedCrops], steps: int) -> Trainer:
    torch.manual_seed(0)
    task = AutoencoderTask(TINY.autoencoder, fixed_batch(data[1], 4))
    options = LoopOptions(
        folder,
        steps=steps,
        batch=4,
        learning_rate=3e-3,
        warmup=2,
        device="cpu",
        evaluate_every=3,
        average=0.9,
    )
    return Trainer(task, data[0], options)


def test_training_reduces_the_loss_and_writes_its_log(tmp_path: Path, data) -> None:
    reports: list[Report] = []
    clock = trainer(tmp_path / "run", data, 30).run(Progress(reports.append))
    assert clock.step == 30
    assert (reports[-1].step, reports[-1].total, reports[-1].fraction) == (30, 30, 1.0)
    assert re.fullmatch(r"training, \d+\.\d\d steps/s", reports[-1].stage)
    with (tmp_path / "run" / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    true = [float(r["value"]) for r in rows if r["name"] == "true"]
    assert true[-1] > true[0], "with true latents the decoder must get better"
    assert {"train", "held-out"} == {r["kind"] for r in rows}
    assert (tmp_path / "run" / "held-out-000030.png").stat().st_size > 0
    assert any((tmp_path / "run" / "tensorboard").iterdir())


def test_interrupted_training_resumes_at_its_step(tmp_path: Path, data) -> None:
    asked: list[int] = []
    stopped = trainer(tmp_path / "run", data, 8)
    with pytest.raises(Cancelled):
        stopped.run(Progress(report=lambda r: asked.append(r.step), cancelled=lambda: len(asked) >= 5))
    again = trainer(tmp_path / "run", data, 8)
    assert again.clock.step == stopped.clock.step
    for one, other in zip(again.bare.parameters(), stopped.bare.parameters()):
        assert torch.equal(one, other)
    assert (
        again.bare_optimizer.state_dict()["state"].keys()
        == stopped.bare_optimizer.state_dict()["state"].keys()
    )
    assert again.run(Progress()).step == 8


def test_run_with_other_settings_is_refused(tmp_path: Path, data) -> None:
    trainer(tmp_path / "run", data, 1).run(Progress())
    task = AutoencoderTask(replace(TINY.autoencoder, encoder_channels=16), fixed_batch(data[1], 1))
    with pytest.raises(ModelError, match="another shape"):
        Trainer(task, data[0], LoopOptions(tmp_path / "run", device="cpu"))


def test_learning_rate_warms_up_and_ends_at_zero(tmp_path: Path) -> None:
    options = LoopOptions(tmp_path, steps=100, warmup=10, minutes=10)
    assert learning_rate(options, TrainingClock(0)) == pytest.approx(0.1 * options.learning_rate)
    assert learning_rate(options, TrainingClock(50)) == pytest.approx(0.5 * options.learning_rate)
    assert learning_rate(options, TrainingClock(50, seconds=600)) == pytest.approx(0.0)


def test_conditioning_latents_are_zero_clean_or_corrupted() -> None:
    latents = torch.randn(3, 4, 8, 8)
    answer = corrupted(latents, torch.tensor([0.1, 0.7, 0.9]))
    assert not answer[0].any()
    assert torch.equal(answer[1], latents[1])
    assert not torch.allclose(answer[2], latents[2])


def test_pyramid_loss_ignores_constants_and_measures_detail() -> None:
    mask = torch.ones(1, 1, 32, 32)
    assert float(pyramid_l1(torch.full((1, 3, 32, 32), 0.5), mask)) == pytest.approx(0.0, abs=1e-6)
    assert float(pyramid_l1(torch.randn(1, 3, 32, 32), mask)) > 0.1


def test_training_a_model_on_the_command_line(tmp_path: Path, pictures: Path, maps: Path, cli) -> None:
    sizes = tmp_path / "tiny.json"
    sizes.write_text(json.dumps(TINY.to_json()))
    first, second, model = tmp_path / "a", tmp_path / "d", tmp_path / "model"
    toy = ["--network", sizes, "--craquelure", maps, "--steps", 2, "--batch", 2, "--side", 32]
    common = [pictures, "--device", "cpu", "--held-out", 4, *toy]
    assert cli("train", "autoencoder", "-o", first, *common).code == 0
    assert cli("train", "imagest", "-o", second, "--autoencoder", first, *common).code == 0
    answer = cli("train", "pack", "--autoencoder", first, "--diffusion", second, "-o", model, "--name", "toy")
    assert answer.code == 0
    checkpoint = load_checkpoint(model)
    assert checkpoint.description.training["diffusion"]["steps"] == 2
    assert str(tmp_path) not in (model / "config.json").read_text()
    stem = load_file(first / "state.safetensors")["average.encoder.stem.weight"]
    assert torch.allclose(checkpoint.network.autoencoder.encoder.stem.weight, stem, atol=1e-3)
    scale = json.loads((second / "latent-scale.json").read_text())
    assert checkpoint.network.config.autoencoder.latent_scale == tuple(scale)


def test_decoder_training_keeps_the_encoder(tmp_path: Path, pictures: Path, cli) -> None:
    sizes = tmp_path / "tiny.json"
    sizes.write_text(json.dumps(TINY.to_json()))
    common = [pictures, "--network", sizes, "--steps", 2, "--batch", 2, "--side", 32, "--held-out", 2]
    assert cli("train", "autoencoder", "-o", tmp_path / "a", *common).code == 0
    assert cli("train", "autoencoder", "-o", tmp_path / "b", "--begin", tmp_path / "a", *common).code == 0
    before, after = (load_file(tmp_path / run / "state.safetensors") for run in "ab")
    assert torch.equal(before["average.encoder.stem.weight"], after["model.encoder.stem.weight"])
    assert not torch.equal(before["average.decoder.stem.weight"], after["model.decoder.stem.weight"])


def test_diffusion_training_starts_from_the_weights_of_another_run(
    tmp_path: Path, pictures: Path, cli
) -> None:
    sizes = tmp_path / "tiny.json"
    sizes.write_text(json.dumps(TINY.to_json()))
    common = [pictures, "--batch", 2, "--side", 32, "--held-out", 2, "--device", "cpu"]
    toy = [*common, "--network", sizes, "--steps", 1]
    encoded = ["--autoencoder", tmp_path / "a"]
    assert cli("train", "autoencoder", "-o", tmp_path / "a", *toy).code == 0
    assert cli("train", "imagest", "-o", tmp_path / "d", *encoded, *toy).code == 0
    options = ["-o", tmp_path / "e", "--begin", tmp_path / "d", *encoded]
    assert cli("train", "imagest", *options, *toy, "--rate", 1e-12, "--seed", 9).code == 0
    before, after = (load_file(tmp_path / run / "state.safetensors") for run in "de")
    name = "unet.net.conv_in.weight"
    assert torch.allclose(before[f"average.{name}"], after[f"model.{name}"], atol=1e-6)
    assert (tmp_path / "d" / "latent-scale.json").read_text() == (
        tmp_path / "e" / "latent-scale.json"
    ).read_text()
    wrong = cli(
        "train", "imagest", "-o", tmp_path / "f", "--begin", tmp_path / "d", *encoded, *common, "--steps", 1
    )
    assert wrong.code == 2
    assert "another shape" in wrong.err


def test_model_is_assembled_from_runs_and_another_model(tmp_path: Path, pictures: Path, cli) -> None:
    model = tiny_checkpoint(tmp_path / "model")
    sizes = tmp_path / "tiny.json"
    sizes.write_text(json.dumps(TINY.to_json()))
    toy = [pictures, "--network", sizes, "--steps", 2, "--batch", 2, "--side", 32, "--held-out", 2]
    assert cli("train", "autoencoder", "-o", tmp_path / "a", *toy).code == 0
    packed = ["--autoencoder", tmp_path / "a", "--diffusion", model, "--name", "mixed"]
    assert cli("train", "pack", *packed, "-o", tmp_path / "mixed").code == 0
    before, after = load_checkpoint(model).network, load_checkpoint(tmp_path / "mixed")
    assert torch.equal(before.unet.null_text, after.network.unet.null_text)
    learned = load_file(tmp_path / "a" / "state.safetensors")
    weights = after.network.autoencoder.state_dict()
    name = next(iter(weights))
    assert torch.allclose(weights[name], learned[f"average.{name}"], atol=1e-3)
    assert after.description.training["autoencoder"]["steps"] == 2


def test_model_card_lists_every_round_of_the_autoencoder(tmp_path: Path, pictures: Path, cli) -> None:
    sizes = tmp_path / "tiny.json"
    sizes.write_text(json.dumps(TINY.to_json()))
    toy = [pictures, "--network", sizes, "--batch", 2, "--side", 32, "--held-out", 2]
    model: Path = tiny_checkpoint(tmp_path / "model")
    rounds = [()]
    for number, steps in enumerate((1, 2, 3)):
        run, options = tmp_path / f"run{number}", ["--begin", model]
        assert cli("train", "autoencoder", "-o", run, *options, *toy, "--steps", steps).code == 0
        packed = ["--autoencoder", run, "--diffusion", model, "--earlier", model, "--name", "again"]
        assert cli("train", "pack", *packed, "-o", tmp_path / f"model{number}").code == 0
        model = tmp_path / f"model{number}"
        training = load_checkpoint(model).description.training
        rounds.append(
            tuple(training[name]["steps"] for name in sorted(training) if name.startswith("autoencoder"))
        )
    assert rounds[1:] == [(1,), (2, 1), (3, 1, 2)]
    answer = cli("train", "pack", *packed[:5], tmp_path, "-o", tmp_path / "new")
    assert (answer.code, "contains no finished training" in answer.err) == (2, True)
    assert not (tmp_path / "new").exists()


def test_training_continues_from_a_packed_model(tmp_path: Path, pictures: Path, cli) -> None:
    model = tiny_checkpoint(tmp_path / "model")
    sizes = tmp_path / "tiny.json"
    sizes.write_text(json.dumps(TINY.to_json()))
    toy = [pictures, "--network", sizes, "--steps", 1, "--batch", 2, "--side", 32, "--held-out", 2]
    still = [*toy, "--rate", 1e-12]
    assert cli("train", "autoencoder", "-o", tmp_path / "a", "--begin", model, *still).code == 0
    options = ["--autoencoder", model, "--begin", model]
    assert cli("train", "imagest", "-o", tmp_path / "d", *options, *still).code == 0
    network = load_checkpoint(model).network
    decoder = load_file(tmp_path / "a" / "state.safetensors")["model.decoder.stem.weight"]
    assert torch.allclose(decoder, network.autoencoder.decoder.stem.weight, atol=1e-6)
    null_text = load_file(tmp_path / "d" / "state.safetensors")["model.unet.null_text"]
    assert torch.allclose(null_text, network.unet.null_text, atol=1e-6)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize(
    "words",
    [
        ["autoencoder", "works"],
        ["imagest", "works", "--autoencoder", "run"],
        ["style", "works", "--base", "model"],
        ["artist", "works", "--base", "model"],
        ["adapters", "works", "--base", "model", "--method", "lora"],
        ["prompts", "prompts.txt", "--base", "model"],
    ],
    ids=lambda words: words[0],
)
def test_a_gpu_that_is_not_there_is_no_reason_to_train_for_days(
    cli, words: list[str], tmp_path: Path
) -> None:
    answer = cli("train", *words, "-o", tmp_path / "run", "--device", "cuda")
    assert answer.code == 2
    assert answer.err == "imagest: No usable CUDA GPU was found; choose the device cpu or auto.\n"
    assert not (tmp_path / "run").exists()


def test_a_diffusion_without_an_autoencoder_is_refused(tmp_path: Path, pictures: Path, cli) -> None:
    answer = cli("train", "imagest", pictures, "-o", tmp_path / "d", "--autoencoder", tmp_path / "none")
    assert answer.code == 2
    assert "imagest train autoencoder" in answer.err
