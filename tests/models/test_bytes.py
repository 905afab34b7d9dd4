"""Weights as bytes: half the room, and hardly less exact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_model import tiny_network

from imagest_core.errors import ModelError
from imagest_core.models.bytes import LEVELS, SCALE, SMALLEST, in_bytes, out_of_bytes
from imagest_core.models.checkpoint import load_checkpoint, save_checkpoint
from imagest_core.models.description import file_hash


def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    rows = torch.logspace(-4, 1, 16).view(-1, 1, 1, 1)
    return {"conv": torch.randn(16, 8, 3, 3) * rows, "bias": torch.randn(2000), "little": torch.randn(4, 4)}


def test_every_weight_stays_within_half_a_step_of_its_channel() -> None:
    kept = weights()
    stored = in_bytes(kept)
    assert stored["conv"].dtype == torch.int8
    again = out_of_bytes(stored)
    assert again.keys() == kept.keys()
    steps = kept["conv"].flatten(1).abs().amax(1) / LEVELS
    assert ((again["conv"] - kept["conv"]).flatten(1).abs() <= 0.501 * steps[:, None]).all()
    assert torch.equal(again["bias"], kept["bias"])
    assert torch.equal(again["little"], kept["little"])


def test_bytes_of_bytes_are_the_same() -> None:
    once = in_bytes(weights())
    twice = in_bytes(out_of_bytes(once))
    assert torch.equal(once["conv"], twice["conv"])
    assert torch.allclose(once["conv" + SCALE], twice["conv" + SCALE])


def test_a_channel_of_zeros_stays_zero() -> None:
    kept = {"conv": torch.zeros(4, SMALLEST)}
    assert not out_of_bytes(in_bytes(kept))["conv"].any()


def test_a_part_in_bytes_is_smaller_and_loads(tmp_path: Path) -> None:
    network = tiny_network()
    for name, parts in (("half", ()), ("bytes", ("unet",))):
        save_checkpoint(tmp_path / name, network, name=name, title="A toy", as_bytes=parts)
    sizes = [(tmp_path / name / "unet.safetensors").stat().st_size for name in ("half", "bytes")]
    assert sizes[1] < 0.7 * sizes[0]
    half, small = (load_checkpoint(tmp_path / name).network for name in ("half", "bytes"))
    for one, other in zip(half.unet.parameters(), small.unet.parameters()):
        assert torch.allclose(one, other, atol=float(one.abs().max()) / LEVELS)
    assert all(torch.equal(a, b) for a, b in zip(half.style.parameters(), small.style.parameters()))


def test_a_scale_without_its_weights_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "toy", tiny_network(), name="toy", title="A toy", as_bytes=("unet",))
    path = tmp_path / "toy" / "unet.safetensors"
    save_file(load_file(path) | {"stowaway" + SCALE: torch.ones(3)}, path)
    config = json.loads((tmp_path / "toy" / "config.json").read_text())
    config["files"]["unet.safetensors"] = file_hash(path)
    (tmp_path / "toy" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="one too many: the tensor stowaway"):
        load_checkpoint(tmp_path / "toy")
