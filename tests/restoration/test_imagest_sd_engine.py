"""Stable Diffusion with a style branch as an engine, at toy size, through the whole restoration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tiny_model import picture
from tiny_models import tiny_lora, tiny_sd
from tiny_style import tiny_style_adapter

from imagest_core.damage.map import DamageMap
from imagest_core.errors import ModelError
from imagest_core.models.cache import loaded_models
from imagest_core.models.library import add_model
from imagest_core.models.weights_hash import weights_hash
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.restoration.api import restore
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference

STYLE = StyleReference((Box(0, 0, 40, 40),))
NAME = "imagest-sd"


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    yield
    loaded_models.clear()


@pytest.fixture
def painting(tmp_path: Path) -> Iterator[Painting]:
    tifffile.imwrite(tmp_path / "scan.tif", picture(128)[:96], photometric="rgb")
    with open_painting(tmp_path / "scan.tif") as opened:
        yield opened


@pytest.fixture
def damage() -> DamageMap:
    mask = np.zeros((96, 128), np.bool_)
    mask[50:62, 60:80] = True
    return DamageMap.from_mask(mask)


def test_it_restores_with_the_style_alone_and_records_the_adapter(painting, damage, tmp_path: Path) -> None:
    add_model(tiny_sd(tmp_path / "sd"), "base")
    adapter = add_model(tiny_style_adapter(tmp_path / "style"), "style")
    request = RestorationRequest.of(NAME, steps=2, device="cpu", detail=0.0)

    def colours(request: RestorationRequest) -> np.ndarray:
        result = restore(painting, damage, request, STYLE)
        facts.update(result.record.engine.facts)
        return np.concatenate([fill.colour[fill.mask] for fill in result.fills])

    facts: dict[str, object] = {}
    styled = colours(request)
    assert (facts["model"], facts["style_branch"], facts["styled"]) == ("base", "style", 1)
    assert (facts["guidance"], facts["style_branch_sha256"]) == (1.0, weights_hash(adapter))
    assert np.array_equal(styled, colours(request))
    unstyled = colours(request.changed(style_strength=0.0))
    assert facts["styled"] == 0
    assert not np.array_equal(styled, unstyled)
    plain = RestorationRequest.of("stable-diffusion", steps=2, device="cpu", detail=0.0)
    assert np.array_equal(unstyled, colours(plain))


def test_the_adapter_is_chosen_checked_and_named(tmp_path: Path) -> None:
    engine, defaults = get_engine(NAME), RestorationRequest.of(NAME)
    with pytest.raises(ModelError, match="needs a model of yours"):
        engine.check_model(defaults.parameters)
    add_model(tiny_sd(tmp_path / "sd"), "base")
    with pytest.raises(ModelError, match="fits the model base: train one with imagest train style"):
        engine.check_model(defaults.parameters)
    add_model(tiny_style_adapter(tmp_path / "style"), "style")
    add_model(tiny_lora(tmp_path / "lora.safetensors"), "lora")
    engine.check_model(defaults.parameters)
    assert engine.style_side(defaults) == 32
    assert engine.uses_style(defaults)
    assert not engine.uses_style(defaults.changed(style_strength=0.0))
    with pytest.raises(ModelError, match="lora is no style adapter but a lora"):
        engine.check_model(defaults.changed(style_adapter="lora").parameters)
    with pytest.raises(ModelError, match="There is no model 'other'"):
        engine.check_model(defaults.changed(style_adapter="other").parameters)


def test_only_stable_diffusion_1_is_run(tmp_path: Path) -> None:
    engine = get_engine(NAME)
    add_model(tiny_sd(tmp_path / "sd2", family="sd2"), "second")
    with pytest.raises(ModelError, match="can't run second"):
        engine.check_model(RestorationRequest.of(NAME, model="second").parameters)
    assert "style_strength" in RestorationRequest.of(NAME).parameters.used()
