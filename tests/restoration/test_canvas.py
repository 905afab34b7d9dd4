"""Overlapping windows denoised together: the real classes at toy size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scans import damage_of, smooth_picture, write_scan
from tiny_models import tiny_ip_adapter, tiny_lora, tiny_sd
from tiny_style import tiny_style_adapter

from imagest_core.models.cache import loaded_models
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.api import export, restore_with
from imagest_core.restoration.diffusion.canvas import Tiles, canvas_noise
from imagest_core.restoration.engines.base import WindowSides
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.engines.stable_diffusion import StableDiffusionEngine
from imagest_core.restoration.planning.window import Preview, Window, WindowPart, WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.result import RestorationResult
from imagest_core.restoration.style_pictures import StylePictures

SIDE, CORE = 64, 40
WIDTH, HEIGHT = 192, 64
"""A canvas of four windows beside each other, with 24 px of overlap."""


class SeparateWindows(StableDiffusionEngine):
    """Denoises each window by itself, and blends them in pixels."""

    def window_sides(self, request: RestorationRequest) -> WindowSides:
        return super().window_sides(request)._replace(joined=1)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("models")
    tiny_sd(folder / "sd1")
    tiny_sd(folder / "sd2", family="sd2", prediction="v_prediction")
    tiny_sd(folder / "sdxl", family="sdxl")
    tiny_sd(folder / "inpainting", inpainting=True)
    tiny_lora(folder / "lora.safetensors")
    tiny_ip_adapter(folder / "ip")
    tiny_style_adapter(folder / "style")
    yield folder
    loaded_models.clear()


def canvas_view(first: int = 0) -> WindowView:
    """A long loss, cut into the windows from number ``first`` on."""
    image = smooth_picture(HEIGHT, WIDTH) * np.float32(0.5) + np.float32(0.2)
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[20:44, 8:180] = True
    starts = [min(number * CORE, WIDTH - SIDE) for number in range(first, 4)]
    parts = tuple(WindowPart(Window(1, Box(x, 0, SIDE, SIDE))) for x in starts)
    return WindowView(Window(1, Box(0, 0, WIDTH, HEIGHT)), image, mask, parts=parts)


def single_views(view: WindowView) -> list[WindowView]:
    return [
        WindowView(part.window, view.image[part.window.box.slices], view.mask[part.window.box.slices])
        for part in view.parts
    ]


def open_session(model: Path, engine: str = "stable-diffusion", style: Any = None, **values: Any) -> Any:
    values = {"steps": 3, "detail": 0.0, "device": "cpu", **values}
    return get_engine(engine).open(RestorationRequest.of(engine, model=str(model), **values), style)


def decoded(session: Any, views: list[WindowView], monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """What each window was decoded to."""
    seen, original = [], session.backbone.decode

    def decode(*args: Any) -> torch.Tensor:
        answer = original(*args)
        seen.extend(answer.numpy().copy())
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(session.backbone, "decode", decode)
        session.fill(views, Progress())
    return seen


def disagreement(windows: list[np.ndarray], view: WindowView) -> float:
    """The mean difference of neighbouring windows in the hole where they overlap."""
    differences = []
    for left, right, a, b in zip(view.parts, view.parts[1:], windows, windows[1:]):
        shift = right.window.box.x - left.window.box.x
        overlap = np.abs(a[:, 20:44, shift:] - b[:, 20:44, : SIDE - shift])
        differences.append(overlap[..., 4:-4].mean())
    return float(np.mean(differences))


@pytest.mark.parametrize("name", ["sd1", "sd2", "inpainting"])
def test_joined_windows_agree_where_separate_ones_differ(
    models: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = canvas_view()
    with open_session(models / name) as session:
        separate = disagreement(decoded(session, single_views(view), monkeypatch), view)
        joined = disagreement(decoded(session, [view], monkeypatch), view)
    assert joined < 0.75 * separate, "what is left is the decoder, whose windows end at other places"


STYLE = StylePictures(np.random.default_rng(0).random((2, 32, 32, 3)).astype(np.float32))


@pytest.mark.parametrize(
    ("name", "engine", "values"),
    [
        ("sd1", "stable-diffusion", {"prompt": "gold"}),
        ("sd1", "stable-diffusion", {"scheduler": "lcm"}),
        ("sd1", "stable-diffusion", {"adapters": "{models}/lora.safetensors"}),
        ("sd1", "stable-diffusion", {"adapters": "{models}/ip"}),
        ("sd1", "imagest-sd", {"style_adapter": "{models}/style"}),
        ("sd2", "stable-diffusion", {"scheduler": "unipc"}),
        ("sdxl", "stable-diffusion", {"prompt": "gold", "strength": 0.6}),
        ("inpainting", "stable-diffusion", {"scheduler": "ddim"}),
    ],
)
def test_every_model_adapter_and_solver_fills_a_canvas(
    models: Path, name: str, engine: str, values: dict[str, Any]
) -> None:
    values = {k: v.format(models=models) if isinstance(v, str) else v for k, v in values.items()}
    view = canvas_view()
    with open_session(models / name, engine, STYLE, **values) as session:
        fill = session.fill([view], Progress())[0]
        assert session.facts["overlaps"] == "blended in latents"
    assert np.isfinite(fill.image).all()
    assert np.array_equal(fill.image[~view.mask], view.image[~view.mask])
    assert fill.image[view.mask].std() > 0
    assert fill.notes["joined"] == "4 windows, blended in latents"


def test_neither_batch_nor_order_nor_other_canvases_change_a_byte(models: Path) -> None:
    view = canvas_view()
    alone = single_views(view)[2]
    fills = []
    for batch, views in ((1, [view]), (4, [view]), (0, [alone, view]), (0, [view, alone])):
        with open_session(models / "sd1", batch=batch) as session:
            fills.append(session.fill(views, Progress())[views.index(view)].image)
    assert all(np.array_equal(fills[0], other) for other in fills[1:])


def test_windows_are_denoised_in_batches_as_memory_allows(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, seen = canvas_view(), []
    with open_session(models / "sd1", steps=2) as session:
        expected = session.fill([view], Progress())[0].image
        original = session.backbone.denoise

        def denoise(latents: torch.Tensor, *args: Any) -> torch.Tensor:
            seen.append(len(latents))
            if len(latents) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return original(latents, *args)

        monkeypatch.setattr(session.backbone, "denoise", denoise)
        session.batch = 32
        filled = session.fill([view], Progress())[0].image
    assert seen == [4, 2, 2, 2, 2], "halved from the windows of the canvas, not from its one picture"
    assert session.batch == 2
    assert np.abs(filled - expected).mean() < 1e-3


def test_only_windows_of_the_damage_are_computed(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The canvas is known outside its windows, also where another hole lies."""
    view = canvas_view(first=1)
    with open_session(models / "sd1", steps=2) as session:
        calls, original = [], session.backbone.denoise
        monkeypatch.setattr(
            session.backbone, "denoise", lambda z, *args: calls.append(z.shape) or original(z, *args)
        )
        fill = session.fill([view], Progress())[0].image
        prefilled = session.pipeline.prepare([view]).prefilled[0].permute(1, 2, 0).numpy() / 2 + 0.5
    assert calls == [(1, 4, 8, 8)] * 6
    assert np.allclose(fill[20:44, 8:CORE], prefilled[20:44, 8:CORE], atol=1e-6)
    assert np.abs(fill - prefilled)[20:44, 60:180].mean() > 1e-3


def test_a_canvas_can_be_cancelled_between_windows(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view, calls = canvas_view(), []
    with open_session(models / "sd1", steps=50) as session:
        original = session.backbone.denoise
        monkeypatch.setattr(session.backbone, "denoise", lambda *args: calls.append(1) or original(*args))
        with pytest.raises(Cancelled):
            session.fill([view], Progress(cancelled=lambda: len(calls) >= 2))
    assert len(calls) == 2


def test_previews_of_a_canvas_come_window_by_window(models: Path) -> None:
    seen: list[Any] = []
    view = canvas_view()
    with open_session(models / "sd1") as session:
        session.fill([view], Progress(preview=seen.append))
    assert len(seen) >= 2 * len(view.parts), "the pre-fill, and at least one estimate"
    assert all(isinstance(each, Preview) and each.image.shape == (SIDE, SIDE, 3) for each in seen)
    assert [each.window for each in seen[:4]] == [part.window for part in view.parts]


def test_texture_is_added_window_by_window(models: Path) -> None:
    view = canvas_view()
    rng = np.random.default_rng(1)
    rough = view.image + rng.normal(0, 0.05, view.image.shape).astype(np.float32)
    coarse = np.where(view.mask[..., None], view.image, rough).astype(np.float32)
    view = replace(view, image=np.where(view.mask[..., None], 0, rough), coarse_fill=coarse)
    fills = []
    for detail in (0.0, None):
        with open_session(models / "sd1", detail=detail) as session:
            fills.append(session.fill([view], Progress())[0].image)
    assert np.abs(fills[0] - fills[1])[view.mask].mean() > 1e-3
    assert np.array_equal(fills[1][~view.mask], view.image[~view.mask])


def test_noise_belongs_to_the_place_in_the_picture() -> None:
    request = RestorationRequest.of(seed=7)
    whole = canvas_noise(request, Window(1, Box(0, 0, 1024, 640), 1), (4, 80, 128), 8)
    part = canvas_noise(request, Window(2, Box(192, 64, 448, 512), 1), (4, 64, 56), 8)
    assert np.array_equal(part, whole[:, :, 8:72, 24:80])
    assert abs(float(whole.std()) - 1) < 0.02
    drawn = canvas_noise(
        request, Window(1, Box(0, 0, 1024, 640), 1), (4, 80, 128), 8, "", torch.device("cpu")
    )
    assert np.abs(drawn.numpy() - whole).max() < 1e-5
    others = [
        canvas_noise(request.changed(seed=8), Window(1, Box(0, 0, 1024, 640), 1), (4, 80, 128), 8),
        canvas_noise(request.changed(variation=1), Window(1, Box(0, 0, 1024, 640), 1), (4, 80, 128), 8),
        canvas_noise(request, Window(1, Box(0, 0, 2048, 1280), 2), (4, 80, 128), 8),
        canvas_noise(request, Window(1, Box(0, 0, 1024, 640), 1), (4, 80, 128), 8, "step 1"),
    ]
    assert not any(np.array_equal(whole, other) for other in others)


def test_weights_are_smooth_and_add_up_to_one() -> None:
    tiles = Tiles(((0, 0), (0, 40), (24, 8)), (64, 64), (88, 104))
    weights, total = tiles.weights(torch.device("cpu")), torch.zeros(1, 1, 88, 104)
    tiles.add(total, weights)
    covered = torch.zeros(1, 1, 88, 104)
    tiles.add(covered, torch.ones_like(weights))
    assert torch.allclose(total[covered > 0], torch.ones(()), atol=1e-6)
    assert not total[covered == 0].any()
    assert (weights[0, 0, :20].diff(dim=1).abs() < 0.15).all()


# Through the whole restoration


def restored(
    models: Path, folder: Path, mask: np.ndarray, engine: StableDiffusionEngine, **values: Any
) -> RestorationResult:
    path = write_scan(folder / "scan.tif", smooth_picture(*mask.shape), 16)
    values = {"steps": 2, "device": "cpu", "model": str(models / "sd1"), **values}
    request = RestorationRequest.of("stable-diffusion", **values)
    with open_painting(path) as painting:
        result = restore_with(engine, painting, damage_of(mask), request)
        export(painting, result, folder / "out.tif", force=True)  # verifies every sample outside the mask
    return result


def colours(result: RestorationResult) -> np.ndarray:
    return np.concatenate([fill.colour[fill.mask] for fill in result.fills])


def test_a_large_loss_is_refined_on_canvases(models: Path, tmp_path: Path) -> None:
    mask = np.zeros((200, 320), np.bool_)
    mask[50:150, 40:280] = True
    results = [restored(models, tmp_path, mask, StableDiffusionEngine(), batch=batch) for batch in (1, 3)]
    record = results[0].record
    assert np.array_equal(colours(results[0]), colours(results[1]))
    assert record.engine.facts["overlaps"] == "blended in latents"
    finest = [window for window in record.windows if window.scale == 1]
    assert len(finest) > 2
    assert all(window.notes["joined"] == f"{len(finest)} windows, blended in latents" for window in finest)
    separate = restored(models, tmp_path, mask, SeparateWindows())
    assert "overlaps" not in separate.record.engine.facts
    assert [w.box for w in separate.record.windows] == [w.box for w in record.windows]
    assert not np.array_equal(colours(separate), colours(results[0]))


def test_a_loss_in_one_window_is_filled_as_ever(models: Path, tmp_path: Path) -> None:
    mask = np.zeros((160, 240), np.bool_)
    mask[60:84, 100:130] = True
    mask[120:130, 20:30] = True
    fills = [
        colours(restored(models, tmp_path, mask, kind())) for kind in (StableDiffusionEngine, SeparateWindows)
    ]
    assert np.array_equal(*fills)
