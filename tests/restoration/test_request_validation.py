"""Invalid requests are refused for every engine before anything is filled."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from scans import damage_of, smooth_picture, some_damage, write_scan
from tiny_model import tiny_checkpoint

from imagest_core.errors import InputError, ModelError
from imagest_core.painting.reader import open_painting
from imagest_core.restoration.api import restore
from imagest_core.restoration.engines.registry import engine_names
from imagest_core.restoration.modes import Mode, Quality
from imagest_core.restoration.request import RestorationRequest, ScalePolicy
from imagest_core.restoration.used_parameters import used_parameters
from imagest_core.restoration.validation import check_request

FLOATS = ("guidance", "style_strength", "detail", "context")
WHOLE = ("dilation", "blend", "seed", "variation", "batch", "steps")

PLAIN = ("spline", "harmonic", "telea", "navier-stokes", "biharmonic")


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 1e308, -1e308, -1.0, 10**400, "1", None, True]
)
def test_invalid_numbers_are_refused(name: str, value: object) -> None:
    with pytest.raises(InputError) as refused:
        RestorationRequest.of(**{name: value})
    assert str(refused.value).count(".") <= 2
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("value", [math.nan, 1.5, -1, 10**400, "3", True])
def test_integers_must_be_whole_and_in_range(name: str, value: object) -> None:
    with pytest.raises(InputError):
        RestorationRequest.of(**{name: value})


@pytest.mark.parametrize(
    "name", ["mode", "quality", "scale", "device", "scheduler", "engine", "model", "prompt"]
)
def test_other_types_and_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        RestorationRequest.of(**{name: 7})


def test_names_are_converted_to_enums() -> None:
    request = RestorationRequest.of(mode="faithful", quality="fine", scale="native", context=1)  # type: ignore[arg-type]
    assert request.get("mode") is Mode.FAITHFUL
    assert request.get("quality") is Quality.FINE
    assert request.scale is ScalePolicy.NATIVE
    assert type(request.context) is float


@pytest.mark.parametrize("name", engine_names())
def test_missing_model_is_refused_for_every_engine(name: str) -> None:
    with pytest.raises((ModelError, InputError), match=r"no model 'nonexist'|has no parameter model"):
        check_request(RestorationRequest.of(name, model="nonexist"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
@pytest.mark.parametrize("name", engine_names())
def test_missing_device_is_refused_for_every_engine(name: str) -> None:
    with pytest.raises(InputError, match="No usable CUDA GPU"):
        check_request(RestorationRequest.of(name, device="cuda"))


@pytest.mark.parametrize("name", ["imagest", *PLAIN])
def test_a_prompt_is_refused_by_engines_that_read_no_text(name: str) -> None:
    with pytest.raises(InputError, match=f"The engine {name} (reads no text|has no parameter prompt)"):
        check_request(RestorationRequest.of(name, prompt="a red cloak"))


def test_prompt_is_refused_even_for_a_model_trained_with_text(tmp_path: Path) -> None:
    request = RestorationRequest.of(model=str(tiny_checkpoint(tmp_path / "toy")), prompt="a red cloak")
    description = tmp_path / "toy" / "config.json"
    text = description.read_text(encoding="utf-8")
    description.write_text(text.replace('"text_channels": 0', '"text_channels": 64'), encoding="utf-8")
    assert "prompt" not in used_parameters(request)
    with pytest.raises(InputError, match="reads no text"):
        check_request(request)


def test_missing_engine_is_refused() -> None:
    with pytest.raises(InputError, match="There is no engine 'magic'"):
        check_request(RestorationRequest.of("magic"))


def test_parameters_of_a_missing_engine_name_the_engine() -> None:
    with pytest.raises(InputError, match="There is no engine 'magic'"):
        RestorationRequest.of("magic", steps=3)
    with pytest.raises(InputError, match="engine must be text"):
        RestorationRequest.of(["magic"])  # type: ignore[arg-type]


def test_parameters_of_another_engine_are_refused() -> None:
    others = RestorationRequest.of("imagest", steps=3).parameters
    with pytest.raises(InputError, match="spline takes Parameters, not ImagestParameters"):
        check_request(RestorationRequest("spline", others))
    with pytest.raises(InputError, match="imagest takes ImagestParameters, not Parameters"):
        check_request(RestorationRequest("imagest", RestorationRequest.of("spline").parameters))


def test_restore_checks_the_request_first(tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.tif", smooth_picture(40, 40))
    request = RestorationRequest.of("harmonic")
    with open_painting(path) as painting:
        for wrong in ({"model": "nonexist"}, {"prompt": "a red cloak"}):
            with pytest.raises(InputError):
                restore(painting, damage_of(some_damage(40, 40, 1)), request.changed(**wrong))
