"""The lay-in on the command line: trained, stopped, gone on with, packed as bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_model import tiny_checkpoint, tiny_config, tiny_network

from imagest_core.models.checkpoint import load_checkpoint, save_checkpoint


@pytest.fixture
def toy(tmp_path: Path, pictures: Path) -> list[str | Path | int]:
    sizes = tmp_path / "tiny.json"
    sizes.write_text(json.dumps(tiny_config().to_json()))
    return [pictures, "--network", sizes, "--batch", 2, "--side", 64, "--held-out", 2, "--device", "cpu"]


def test_a_lay_in_is_trained_packed_and_gone_on_with(tmp_path: Path, toy, cli) -> None:
    model, run, mixed = tiny_checkpoint(tmp_path / "model"), tmp_path / "run", tmp_path / "mixed"
    assert cli("train", "lay-in", "-o", run, *toy, "--steps", 3).code == 0
    packed = ["--autoencoder", model, "--diffusion", model, "--lay-in", run, "--as-bytes", "autoencoder"]
    assert cli("train", "pack", *packed, "-o", mixed, "--name", "mixed").code == 0
    learned = load_file(run / "state.safetensors")["average.stem.weight"]
    made = load_checkpoint(mixed)
    assert made.network.lay_in is not None
    assert torch.allclose(made.network.lay_in.stem.weight, learned, atol=1e-3)
    assert made.description.training["lay_in"]["steps"] == 3
    assert made.description.training["lay_in"]["held_out"][-1].keys() == {"step", "prefill", "lay-in"}
    small, half = ((at / "autoencoder.safetensors").stat().st_size for at in (mixed, model))
    assert small < half

    again = tmp_path / "again"
    assert (
        cli("train", "lay-in", "-o", again, "--begin", mixed, *toy, "--steps", 1, "--rate", 1e-12).code == 0
    )
    begun = load_file(again / "state.safetensors")["model.stem.weight"]
    assert torch.allclose(begun, made.network.lay_in.stem.weight, atol=1e-6)


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path, toy, cli) -> None:
    for steps in (2, 4):
        assert cli("train", "lay-in", "-o", tmp_path / "run", *toy, "--steps", steps).code == 0
    rows = (tmp_path / "run" / "losses.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in rows[1:] if "lay-in" in row] == ["2", "4"]


def test_a_model_without_a_lay_in_lends_none(tmp_path: Path, toy, cli) -> None:

    bare = tmp_path / "bare"
    save_checkpoint(bare, tiny_network(replace(tiny_config(), lay_in=None)), name="bare", title="A toy")
    assert load_checkpoint(bare).network.lay_in is None
    for command in (
        ["pack", "--autoencoder", bare, "--diffusion", bare, "--lay-in", bare, "-o", tmp_path / "again"],
        ["lay-in", "--begin", bare, "-o", tmp_path / "run", *toy],
    ):
        answer = cli("train", *command)
        assert answer.code == 2
        assert "has no lay-in" in answer.err
