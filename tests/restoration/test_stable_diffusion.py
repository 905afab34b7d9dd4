"""Stable Diffusion as an engine: real classes at toy size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scans import damage_of, smooth_picture, write_scan
from tiny_models import (
    tiny_ip_adapter,
    tiny_lora,
    tiny_sd,
    tiny_single_file,
    tiny_textual_inversion,
    tiny_vae,
    tiny_vae_file,
)

from imagest_core.errors import InputError, ModelError
from imagest_core.models.cache import loaded_models
from imagest_core.models.identify import identify
from imagest_core.models.stable_diffusion.components import load_components
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.api import restore
from imagest_core.restoration.diffusion.generative import GenerativeSession, boundary_share
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.result import RestorationResult
from imagest_core.restoration.style_pictures import StylePictures
from imagest_core.restoration.used_parameters import used_parameters
from imagest_core.style.reference import StyleReference

SIDE = 64
PROMPT = "a red cloak with gold"
LONG = "a very detailed painting of " + "a woman with a child, " * 20


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of each family as a hub folder, one file, and an adapter of each kind."""
    folder = tmp_path_factory.mktemp("models")
    for family in ("sd1", "sd2", "sdxl"):
        tiny_sd(folder / family, family=family, prediction="v_prediction" if family == "sd2" else "epsilon")
    tiny_sd(folder / "inpainting", inpainting=True)
    tiny_single_file(folder / "single.safetensors")
    tiny_lora(folder / "lora.safetensors")
    tiny_lora(folder / "lora-xl.safetensors", family="sdxl")
    tiny_ip_adapter(folder / "ip")
    tiny_textual_inversion(folder / "gold.safetensors", vectors=2)
    tiny_vae(folder / "vae", seed=3)
    tiny_vae(folder / "vae-asymmetric", asymmetric=True)
    tiny_vae_file(folder / "vae.safetensors", seed=4)
    yield folder
    loaded_models.clear()


def view_of_hole(rows: slice = slice(20, 44), columns: slice = slice(16, 50)) -> WindowView:
    image = smooth_picture(SIDE, SIDE) * np.float32(0.5) + np.float32(0.2)
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[rows, columns] = True
    image[mask] = 0
    return WindowView(Window(1, Box(0, 0, SIDE, SIDE)), image, mask)


def request_of(model: Path, **values) -> RestorationRequest:
    values = {"steps": 3, "detail": 0.0, "device": "cpu", **values}
    return RestorationRequest.of("stable-diffusion", model=str(model), **values)


def opened(request: RestorationRequest, style: StylePictures | None = None) -> GenerativeSession:
    session = get_engine("stable-diffusion").open(request, style)
    assert isinstance(session, GenerativeSession)
    return session


def filled(
    model: Path, view: WindowView | None = None, style: StylePictures | None = None, **values
) -> np.ndarray:
    view = view or view_of_hole()
    with opened(request_of(model, **values), style) as session:
        return session.fill([view], Progress())[0].image


@pytest.mark.parametrize("name", ["sd1", "sd2", "sdxl", "inpainting", "single.safetensors"])
def test_text_and_seed_change_the_fill_and_nothing_else(models: Path, name: str) -> None:
    view, model = view_of_hole(), models / name
    plain = filled(model)
    assert np.isfinite(plain).all()
    assert np.array_equal(plain[~view.mask], view.image[~view.mask])
    assert np.array_equal(plain, filled(model))
    for values in ({"seed": 1}, {"prompt": PROMPT}):
        other = filled(model, **values)
        assert np.abs(other - plain)[view.mask].mean() > 1e-4
    guided = filled(model, prompt=PROMPT)
    assert not np.array_equal(guided, filled(model, prompt=PROMPT, negative_prompt="blue"))
    assert not np.array_equal(guided, filled(model, prompt=PROMPT, guidance=2.0))


def test_the_single_file_is_the_same_model_as_the_folder(models: Path) -> None:
    difference = np.abs(filled(models / "sd1") - filled(models / "single.safetensors"))
    assert difference.max() < 0.02


def evaluated(models: Path, monkeypatch: pytest.MonkeyPatch, **values) -> list[tuple[int, int]]:
    """The batch and the number of text tokens of each evaluation."""
    request, seen = request_of(models / "sd1", **values), []
    with opened(request) as session:
        unet = session.backbone._parts.unet
        original = unet.forward

        def forward(sample, timestep, encoder_hidden_states, **more):
            seen.append((len(sample), encoder_hidden_states.shape[1]))
            return original(sample, timestep, encoder_hidden_states=encoder_hidden_states, **more)

        monkeypatch.setattr(unet, "forward", forward)
        session.fill([view_of_hole()], Progress())
        monkeypatch.undo()
    return seen


def test_without_a_prompt_there_is_no_guidance(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert evaluated(models, monkeypatch) == [(1, 77)] * 3
    assert evaluated(models, monkeypatch, prompt=PROMPT) == [(2, 77)] * 3
    assert evaluated(models, monkeypatch, prompt=PROMPT, guidance=1.0) == [(1, 77)] * 3


def test_a_long_prompt_is_read_to_its_end(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert evaluated(models, monkeypatch, prompt=LONG) == [(2, 154)] * 3
    assert not np.array_equal(
        filled(models / "sd1", prompt=LONG), filled(models / "sd1", prompt=LONG + "in blue")
    )


ADAPTERS = ["lora.safetensors", "ip", "vae", "vae-asymmetric", "vae.safetensors"]


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_changes_the_fill_of_its_run_only(models: Path, name: str) -> None:
    squares = np.random.default_rng(0).random((2, 32, 32, 3)).astype(np.float32)
    style = StylePictures(squares)
    plain = filled(models / "sd1", style=style)
    adapted = filled(models / "sd1", style=style, adapters=str(models / name))
    assert np.abs(adapted - plain).mean() > 1e-4
    assert np.array_equal(plain, filled(models / "sd1", style=style))
    if name.startswith("lora"):
        half = filled(models / "sd1", style=style, adapters=f"{models / name}:0.5")
        assert 0 < np.abs(half - plain).mean() < np.abs(adapted - plain).mean()
    if name == "ip":
        dark = filled(models / "sd1", style=StylePictures(0 * squares), adapters=str(models / name))
        assert np.abs(dark - adapted).mean() > 1e-4
        off = filled(models / "sd1", style=style, adapters=str(models / name), style_strength=0.0)
        assert not np.array_equal(off, adapted)
        assert np.allclose(off, plain, atol=1e-3), "a strength of 0 leaves no trace of an earlier run"


def test_a_learned_word_has_a_meaning(models: Path) -> None:
    values = {"prompt": "a cloak, <gold>", "guidance": 3.0}
    plain = filled(models / "sd1", **values)
    assert not np.array_equal(
        plain, filled(models / "sd1", adapters=str(models / "gold.safetensors"), **values)
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"model": "nonexistent"}, "nonexistent"),
        ({"model": "embedded"}, "can't run embedded"),
        ({"adapters": "nonexistent"}, "nonexistent"),
        ({"adapters": "{models}/lora-xl.safetensors"}, "doesn't fit the model sd1"),
        ({"adapters": "{models}/sd2"}, "is no adapter"),
        ({"adapters": "a:99"}, "The weight of the adapter a must be from -4 to 4"),
        ({"adapters": "a, a:0.5"}, "named twice"),
    ],
)
def test_what_can_t_be_loaded_is_refused(models: Path, values: dict[str, str], sentence: str) -> None:
    values = {name: value.format(models=models) for name, value in values.items()}
    request = RestorationRequest.of("stable-diffusion", **{"model": str(models / "sd1"), **values})
    with pytest.raises((ModelError, InputError), match=sentence):
        get_engine("stable-diffusion").check_model(request.parameters)


@pytest.mark.parametrize("change", [{"prediction_type": "none"}, {"beta_schedule": "none"}])
def test_a_schedule_of_another_kind_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    path = tiny_sd(tmp_path / "odd") / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match="The model odd can't be loaded"):
        load_components(tmp_path / "odd", identify(tmp_path / "odd"), torch.float32)


def test_without_a_model_the_engine_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="add one under Models"):
        get_engine("stable-diffusion").check_model(RestorationRequest.of("stable-diffusion").parameters)


def test_parameters_without_effect_are_not_recorded_as_used(models: Path) -> None:
    engine = get_engine("stable-diffusion")
    plain = used_parameters(request_of(models / "sd1"), engine)
    assert not plain & {"guidance", "negative_prompt", "style_strength"}
    assert {"strength", "steps", "seed", "device"} <= plain
    assert {"guidance", "negative_prompt"} <= used_parameters(request_of(models / "sd1", prompt="x"), engine)
    styled = used_parameters(request_of(models / "sd1", adapters=str(models / "ip")), engine)
    assert "style_strength" in styled


@pytest.mark.parametrize(
    ("values", "solver"),
    [
        ({}, ("dpm++2m-karras", 20)),
        ({"quality": "draft"}, ("unipc", 12)),
        ({"quality": "fine"}, ("ddim", 30)),
        ({"scheduler": "lcm"}, ("lcm", 6)),
        ({"scheduler": "lcm", "steps": 4}, ("lcm", 4)),
    ],
)
def test_each_quality_and_scheduler_has_its_steps(
    models: Path, values: dict[str, object], solver: tuple[str, int]
) -> None:
    with opened(request_of(models / "sd1", **{"steps": None, **values})) as session:
        assert (session.facts["scheduler"], session.facts["steps"]) == solver


def test_thin_damage_stays_near_the_smooth_fill(models: Path) -> None:
    """The strength of each pixel follows its depth."""
    crack, loss = view_of_hole(slice(30, 32), slice(8, 56)), view_of_hole()
    share = boundary_share(loss.mask)
    assert share[loss.mask].min() < share[32, 33] <= 1.0
    assert boundary_share(crack.mask)[crack.mask].max() < 0.7
    weak = filled(models / "sd1", strength=0.3)
    assert not np.array_equal(weak, filled(models / "sd1", strength=1.0))


def restored(
    models: Path, tmp_path: Path, picture: np.ndarray, mask: np.ndarray, style=None, **values
) -> RestorationResult:
    path = write_scan(tmp_path / "scan.tif", picture, 16)
    with open_painting(path) as painting:
        return restore(painting, damage_of(mask), request_of(models / "sd1", **values), style)


def test_a_large_hole_is_filled_coarse_first_and_then_refined(models: Path, tmp_path: Path) -> None:
    mask = np.zeros((200, 200), np.bool_)
    mask[50:150, 50:150] = True
    result = restored(models, tmp_path, smooth_picture(200, 200), mask, detail=None, steps=2)
    record = result.record
    scales = [window.scale for window in record.windows]
    assert max(scales) > 1
    assert scales == sorted(scales, reverse=True)
    notes = {window.scale: window.notes for window in record.windows}
    assert "refined" in notes[1]
    assert "sampled" in notes[max(scales)]
    assert record.engine.facts["refining_strength"] == 0.4
    assert sum(fill.mask.sum() for fill in result.fills) == damage_of(mask).dilated(1).count()


def test_a_prompt_in_another_script_is_remarked(models: Path, tmp_path: Path) -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[20:30, 20:30] = True
    result = restored(models, tmp_path, smooth_picture(64, 64), mask, prompt="红色的 cloak")
    assert any("hardly knows 红色的" in note for note in result.record.notes)
    again = restored(models, tmp_path, smooth_picture(64, 64), mask, prompt="un manteau doré")
    assert not any("hardly knows" in note for note in again.record.notes)


def test_the_record_names_model_adapters_and_hashes(models: Path, tmp_path: Path) -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[20:30, 20:30] = True
    style = StyleReference((Box(0, 0, 16, 16),))
    result = restored(
        models, tmp_path, smooth_picture(64, 64), mask, style, adapters=f"{models / 'ip'}:0.7", prompt=PROMPT
    )
    facts = json.loads(result.record.to_json())["engine"]["facts"]
    assert facts["model"] == "sd1"
    assert len(facts["weights_sha256"]) == 64
    assert facts["adapters"].startswith("ip:0.7")
    assert facts["styled"] == 1
    assert facts["guidance"] == 7.5


def test_cancelling_ends_a_run_between_steps(models: Path) -> None:
    steps = []
    progress = Progress(cancelled=lambda: len(steps) > 4, report=lambda _: steps.append(1))
    with (
        opened(request_of(models / "sd1", steps=50)) as session,
        pytest.raises(Cancelled),
    ):
        session.fill([view_of_hole()], progress)
    assert len(steps) < 20


def test_running_out_of_memory_is_said_when_nothing_is_left_to_save(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(request_of(models / "sd1")) as session:

        def full(*_: object) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

        monkeypatch.setattr(session.backbone, "decode", full)
        with pytest.raises(Exception, match="Not even one tile fits"):
            session.fill([view_of_hole()], Progress())


def test_neither_order_nor_batch_changes_a_byte_on_the_cpu(models: Path) -> None:
    first = view_of_hole()
    second = WindowView(Window(2, Box(40, 0, SIDE, SIDE)), first.image[::-1].copy(), first.mask[::-1].copy())
    with opened(request_of(models / "sd1")) as session:
        one, two = (fill.image for fill in session.fill([first, second], Progress()))
        other, same = (fill.image for fill in session.fill([second, first], Progress()))
    assert np.array_equal(one, same)
    assert np.array_equal(two, other)
