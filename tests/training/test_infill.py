"""The infill learns what patches look like, whichever way they are turned, and can be stopped."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from imagest_core.errors import ModelError
from imagest_core.models.infill import InfillConfig, shape_of, turns
from imagest_core.training.images import Works
from imagest_core.training.infill import PatchFit, sampled_patches

SMALL = InfillConfig(side=5, components=2, kept=12)


def waves_and_noise(seed: int = 0) -> torch.Tensor:
    """Shapes of patches (n, 25): standing and lying waves, and white noise."""
    rng = np.random.default_rng(seed)
    across = np.arange(5) * 1.2 + rng.uniform(0, 6, (400, 1))
    waves = np.repeat(np.sin(across)[:, None], 5, axis=1)
    waves[::2] = waves[::2].transpose(0, 2, 1)
    noise = rng.normal(size=(400, 5, 5))
    return shape_of(torch.from_numpy(np.concatenate([waves, noise]).reshape(-1, 25)).float())


def test_turned_patches_are_learned_as_one_kind() -> None:
    fit = PatchFit(waves_and_noise(), SMALL)
    mixture = fit.first()
    likelihoods = []
    for _ in range(8):
        mixture, likelihood = fit.improved(mixture)
        likelihoods.append(likelihood)
    assert likelihoods[-1] > likelihoods[0]
    assert sorted(round(share, 1) for share in mixture.shares.tolist()) == [0.5, 0.5]
    spread = [np.linalg.eigvalsh(c)[-2:].sum() / np.trace(c) for c in mixture.covariances().numpy()]
    assert max(spread) > 0.6
    assert min(spread) < 0.3


def test_every_way_to_turn_a_patch_is_there_once() -> None:
    ways = turns(3)
    assert len({tuple(way.tolist()) for way in ways}) == 8
    assert all(sorted(way.tolist()) == list(range(9)) for way in ways)


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path, pictures: Path, cli) -> None:
    toy = [pictures, "--patches", 400, "--side", 32, "--held-out", 2, "--network", _sizes(tmp_path)]
    assert cli("train", "infill", "-o", tmp_path / "whole", *toy, "--steps", 3).code == 0
    for steps in (1, 3):
        assert cli("train", "infill", "-o", tmp_path / "parts", *toy, "--steps", steps).code == 0
    whole, parts = (load_file(tmp_path / run / "state.safetensors") for run in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    rows = list(csv.DictReader((tmp_path / "parts" / "losses.csv").read_text().splitlines()))
    assert [row["step"] for row in rows if row["kind"] == "train"] == ["1", "2", "3"]
    assert (tmp_path / "parts" / "held-out-000003.png").is_file()


def test_a_run_of_another_shape_is_refused(tmp_path: Path, pictures: Path, cli) -> None:
    toy = [pictures, "--patches", 400, "--side", 32, "--held-out", 2, "-o", tmp_path / "run"]
    assert cli("train", "infill", *toy, "--steps", 1, "--network", _sizes(tmp_path)).code == 0
    answer = cli("train", "infill", *toy, "--steps", 2, "--network", _sizes(tmp_path, components=3))
    assert answer.code == 2
    assert "another shape" in answer.err


def test_pictures_smaller_than_a_patch_are_refused() -> None:
    small = Works((np.zeros((4, 9, 3), np.uint8),), ("small",))
    with pytest.raises(ModelError, match="large enough"):
        sampled_patches(small, 5, 10, 0)


def _sizes(folder: Path, components: int = 2) -> Path:
    """Sizes of a tiny network with an infill of ``components``."""
    import json
    from dataclasses import replace

    from tiny_model import tiny_config

    config = replace(tiny_config(), infill=InfillConfig(5, components, 6))
    path = folder / f"tiny-{components}.json"
    path.write_text(json.dumps(config.to_json()))
    return path
