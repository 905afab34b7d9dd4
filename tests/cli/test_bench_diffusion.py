"""``imagest bench diffusion`` with small networks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch

from imagest_core.evaluation.random_models import random_model
from imagest_core.models.cache import loaded_models


def test_both_are_measured_and_nothing_stays_loaded(cli: Callable[..., Any]) -> None:
    answer = cli("bench", "diffusion", "--size", "small", "--steps", 1, "--repeats", 1, "--device", "cpu")
    assert answer.code == 0, answer.err
    first, *rows = answer.out.splitlines()
    assert re.match(r"a small model on CPU, (bfloat16|float32): imagest beside diffusers' pipeline", first)
    names = [re.split(r"\s{2,}", row.strip())[0] for row in rows]
    assert names[0] == "a model evaluation"
    assert "preset without prompt (computed)" in names
    assert "one of 3 regions filled again" in names
    assert all(float(number) >= 0 for row in rows for number in re.findall(r"([\d.]+) (?:s|×)", row))
    assert loaded_models.size == 0


def test_random_networks_give_finite_latents() -> None:
    entry, parts = random_model(torch.float32, torch.device("cpu"), small=True)
    assert entry.identity.inpainting
    text = torch.randn(1, 77, parts.unet.config.cross_attention_dim)
    with torch.inference_mode():
        predicted = parts.unet(torch.randn(1, 9, 16, 16), 500, text).sample
    assert predicted.isfinite().all()
    assert 1e-4 < float(predicted.std()) < 1e3
    assert entry.identity.details["sample_size"] == "16"
