"""Every training plans memory and time first, survives a kill, and needs no network connection."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from tiny_language import tiny_gpt2
from tiny_model import tiny_config
from tiny_models import tiny_sd
from tiny_style import TINY_ENCODER

from imagest_core.training.autoencoder import AutoencoderTask
from imagest_core.training.examples import DamagedCrops, fixed_batch
from imagest_core.training.images import load_works
from imagest_core.training.loop import LoopOptions
from imagest_core.training.plan import duration, plan_by_trial
from imagest_core.training.state import STATE, read_state

TINY = tiny_config()
PLAN = re.compile(
    r"memory: about [\d.]+ GB .*\n.*time: about [\d.]+ (seconds|minutes|hours) for [\d,]+ steps", re.DOTALL
)
KINDS = ("autoencoder", "imagest", "style", "artist", "adapters", "prompts")


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a diffusion model and a language model."""
    folder = tmp_path_factory.mktemp("bases")
    tiny_sd(folder / "sd")
    tiny_gpt2(folder / "gpt2")
    return folder


@pytest.fixture
def commands(tmp_path: Path, pictures: Path, bases: Path) -> dict[str, list[str]]:
    """The arguments of each training at toy size, without its folder and number of steps."""
    sizes = tmp_path / "tiny.json"
    sizes.write_text(json.dumps(TINY.to_json()))
    encoder = tmp_path / "encoder.json"
    encoder.write_text(json.dumps(asdict(TINY_ENCODER)))
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("\n".join(f"a red barn, number {n}" for n in range(20)), "utf-8")
    sd = bases / "sd"
    toy = ["--side", 32, "--batch", 1, "--device", "cpu", "--save-every", 1]
    adapt = [pictures, "--base", sd, "--sample-steps", 1, "--evaluate-every", 1000, *toy]
    network = [pictures, "--network", sizes, "--held-out", 2, *toy]
    found = {
        "autoencoder": network,
        "imagest": [*network, "--autoencoder", tmp_path / "trained"],
        "style": [pictures, "--base", sd, "--encoder", encoder, "--held-out", 2, *toy],
        "artist": [*adapt, "--method", "lora"],
        "adapters": [*adapt, "--method", "textual-inversion", "--initializer", "painting"],
        "prompts": [prompts, "--base", bases / "gpt2", *toy[2:]],
    }
    return {name: ["train", name, *map(str, rest)] for name, rest in found.items()}


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The addresses that this process tried to reach."""
    tried: list[object] = []

    def connect(self: socket.socket, address: object) -> None:
        tried.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


@pytest.mark.parametrize("name", KINDS)
def test_a_plan_is_printed_and_nothing_is_written_or_sent(
    name: str, commands: dict[str, list[str]], tmp_path: Path, cli, offline: list[object]
) -> None:
    if name == "imagest":
        trained = cli(*commands["autoencoder"], "--steps", 1, "-o", tmp_path / "trained")
        assert trained.code == 0, trained.err
    answer = cli(*commands[name], "--steps", 3, "-o", tmp_path / "run", "--plan")
    assert answer.code == 0, answer.err
    assert PLAN.search(answer.out), answer.out
    assert not (tmp_path / "run").exists()
    assert not offline


@pytest.mark.slow
@pytest.mark.parametrize("name", ["autoencoder", "style", "adapters", "prompts"])
def test_a_killed_training_continues_at_its_step(
    name: str, commands: dict[str, list[str]], tmp_path: Path, cli
) -> None:
    """Killed without a chance to save, as by the system that is out of memory."""
    run = tmp_path / "run"
    command = [sys.executable, "-m", "imagest_core", *commands[name], "-o", str(run)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(
        [*command, "--steps", "1000000"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not (run / STATE).is_file() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    _, clock = read_state(run / STATE)
    steps = clock.step + 2
    answer = cli(*commands[name], "-o", run, "--steps", steps)
    assert answer.code == 0, answer.err
    assert read_state(run / STATE)[1].step == steps


def test_a_trial_changes_neither_weights_nor_random_numbers(pictures: Path, tmp_path: Path) -> None:
    kept, aside = load_works([pictures])
    data, unseen = (
        DamagedCrops(works, (), 32, style_side=32, seed=n) for n, works in enumerate((kept, aside))
    )
    task = AutoencoderTask(TINY.autoencoder, fixed_batch(unseen, 2))
    before = {name: value.clone() for name, value in task.module.state_dict().items()}
    torch.manual_seed(3)
    plan = plan_by_trial(task, data, LoopOptions(tmp_path, steps=7, batch=4, device="cpu"))
    drawn = torch.rand(2)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(2))
    assert all(torch.equal(value, before[name]) for name, value in task.module.state_dict().items())
    assert all(p.grad is None for p in task.module.parameters())
    assert plan.trained == sum(p.numel() for p in task.module.parameters())
    assert plan.activations > 4 * 3 * 32**2 * 4
    assert plan.seconds > 0
    assert plan.steps == 7


@pytest.mark.parametrize(
    ("seconds", "text"), [(12, "12 seconds"), (119, "119 seconds"), (600, "10 minutes"), (5400, "1.5 hours")]
)
def test_a_duration_has_a_fitting_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text
