"""Diffusion models on a CUDA device: formats, batches, lack of memory, offloading, compiling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import tiny_lora, tiny_sd
from tiny_pipelines import tiny_flux_fill, tiny_sd3

from imagest_core.models.cache import loaded_models
from imagest_core.models.library import add_model
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.restoration.diffusion.session import MAX_BATCH
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.planning.window import Window, WindowPart, WindowView
from imagest_core.restoration.request import RestorationRequest

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_sd(tmp_path_factory.mktemp("models") / "inpainting", inpainting=True)


@pytest.fixture(autouse=True)
def _release_models() -> Iterator[None]:
    yield
    loaded_models.clear()
    if torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()


def view(side: int = 64, number: int = 0) -> WindowView:
    image = np.random.default_rng(number).random((side, side, 3)).astype(np.float32)
    mask = np.zeros((side, side), np.bool_)
    mask[side // 4 : side // 2, side // 4 : side // 2] = True
    window = Window(number, Box(number * side, 0, side, side))
    return WindowView(window, np.where(mask[..., None], np.float32(0), image), mask)


def open_session(folder: Path, device: str, engine: str = "stable-diffusion", **values: Any) -> Any:
    request = RestorationRequest.of(engine, model=str(folder), device=device, **{"steps": 2, **values})
    return get_engine(engine).open(request, None)


def filled(session: Any, *views: WindowView) -> np.ndarray:
    return np.stack([fill.image for fill in session.fill(list(views), Progress())])


def test_formats_follow_the_hardware(model: Path, device: str) -> None:
    with open_session(model, device, prompt="gold") as session:
        parts = session.backbone._parts
        assert filled(session, view()).shape == (1, 64, 64, 3)
        assert session.facts["dtype"] in {"bfloat16", "float16", "float32"}
        if device == "cuda":
            assert session.facts["dtype"] != "float32"
            assert session.facts["device"] == torch.cuda.get_device_name()
    convolution = parts.unet.conv_in.weight
    assert convolution.is_contiguous(memory_format=torch.channels_last)
    assert {type(p).__name__ for p in parts.unet.attn_processors.values()} == {"AttnProcessor2_0"}
    assert next(parts.autoencoder.decoder.conv_out.parameters()).dtype is torch.float32


def test_cuda_and_cpu_agree_but_for_rounding(model: Path, device: str) -> None:
    fills = []
    for name in ("cpu", device):
        with open_session(model, name, prompt="gold") as session:
            fills.append(filled(session, view()))
    assert np.abs(fills[0] - fills[1]).mean() < 0.02


def test_batch_fills_the_card_and_keeps_the_fills(model: Path, device: str) -> None:
    views = [view(number=number) for number in range(5)]
    with open_session(model, device) as session:
        together = filled(session, *views)
        assert session.batch == (MAX_BATCH if device == "cuda" else 1)
        one_by_one = np.concatenate([filled(session, each) for each in views])
    assert np.abs(together - one_by_one).mean() < 0.02


def canvas(side: int = 64, count: int = 4) -> WindowView:
    """A long loss in overlapping windows."""
    step = side * 5 // 8
    width = -(-(step * (count - 1) + side) // side) * side
    image = np.random.default_rng(0).random((side, width, 3)).astype(np.float32)
    mask = np.zeros((side, width), np.bool_)
    mask[side // 4 : side // 2, side // 8 : step * (count - 1) + side * 3 // 4] = True
    parts = tuple(WindowPart(Window(1, Box(number * step, 0, side, side))) for number in range(count))
    shown = np.where(mask[..., None], np.float32(0), image)
    return WindowView(Window(1, Box(0, 0, width, side)), shown, mask, parts=parts)


def test_joined_windows_are_one_batch_on_the_card(
    model: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fills, seen = [], []
    for name in ("cpu", device):
        with open_session(model, name, prompt="gold", detail=0.0) as session:
            denoise = session.backbone.denoise
            with monkeypatch.context() as patch:
                patch.setattr(
                    session.backbone,
                    "denoise",
                    lambda z, *args, denoise=denoise: seen.append(len(z)) or denoise(z, *args),
                )
                fills.append(filled(session, canvas()))
            assert session.facts["overlaps"] == "blended in latents"
    assert seen[-1] == (4 if device == "cuda" else 1)
    assert np.abs(fills[0] - fills[1]).mean() < 0.02


def test_an_adapter_for_few_steps_runs_on_the_device(
    model: Path, device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path / "data"))
    add_model(tiny_lora(tmp_path / "fast.safetensors"), "fast", in_place=True, few_steps="lcm")
    with open_session(model, device, adapters="fast", steps=None, quality="draft") as session:
        assert np.isfinite(filled(session, view())).all()
        assert [session.facts[name] for name in ("scheduler", "steps", "few_steps")] == ["lcm", 4, "lcm"]


def test_lack_of_memory_halves_the_batch(model: Path) -> None:
    views = [view(512, number) for number in range(16)]
    with open_session(model, "cuda", batch=16, detail=0.0) as session:
        expected = filled(session, views[0])[0]
        session.batch = 16
        torch.cuda.empty_cache()
        limit = torch.cuda.memory_reserved() + (600 << 20)
        torch.cuda.set_per_process_memory_fraction(limit / torch.cuda.mem_get_info()[1])
        fills = filled(session, *views)
        assert 1 <= session.batch < 16
    assert np.abs(fills[0] - expected).mean() < 0.02


def test_weights_are_moved_off_the_card_layer_by_layer(model: Path) -> None:
    with open_session(model, "cuda", prompt="gold") as session:
        before = filled(session, view())
        assert session.backbone.reduce_memory()
        assert not session.backbone.reduce_memory()
        after = filled(session, view())
        assert session.facts["offloaded"] == 1
        assert next(session.backbone._parts.unet.parameters()).device.type == "cpu"
    assert np.abs(before - after).mean() < 0.01


def test_compiled_network_fills_like_the_plain_one(model: Path) -> None:
    fills = []
    for compiled in (False, True):
        with open_session(model, "cuda", compiled=compiled) as session:
            fills.append(filled(session, view()))
            assert session.facts.get("compiled", 0) == int(compiled)
    assert np.abs(fills[0] - fills[1]).mean() < 0.02


@pytest.mark.parametrize("make", [tiny_sd3, tiny_flux_fill])
def test_pipelines_run_on_the_device(make: Any, device: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "model")
    fills = []
    for name in ("cpu", device):
        with open_session(folder, name, "pipeline", prompt="gold") as session:
            fills.append(filled(session, view()))
    assert np.abs(fills[0] - fills[1]).mean() < 0.03


def test_pipelines_offload_parts_then_layers(tmp_path: Path) -> None:
    with open_session(tiny_sd3(tmp_path / "model"), "cuda", "pipeline", prompt="gold") as session:
        before = filled(session, view())
        for state in ("parts", "layers"):
            assert session._loaded.reduce_memory()
            assert session.facts["offloaded"] == state
            assert np.abs(before - filled(session, view())).mean() < 0.01
        assert not session._loaded.reduce_memory()
