"""The engine ``pipeline``: real pipelines of diffusers at toy size."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import tiny_pipelines

from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError, ModelError
from imagest_core.models.cache import loaded_models
from imagest_core.models.inpainting_classes import KNOWN, NEEDED, OPTIONAL, inpainting_class, looked_up
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress, Report
from imagest_core.restoration.api import restore
from imagest_core.restoration.engines.pipeline import PipelineEngine
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.planning.window import Window, WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.validation import check_request

FAMILIES: dict[str, Callable[[Path], Path]] = {
    "sd3": tiny_pipelines.tiny_sd3,
    "flux-fill": tiny_pipelines.tiny_flux_fill,
    "flux": tiny_pipelines.tiny_flux,
}
SIDE = 48


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model, made once."""
    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = FAMILIES[name](tmp_path_factory.mktemp("pipelines") / name)
        return made[name]

    return folder


def view(refines: bool = False, bright: float = 1.0) -> WindowView:
    rng = np.random.default_rng(3)
    image = (rng.random((SIDE, SIDE, 3)) * bright).astype(np.float32)
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[16:34, 12:30] = True
    coarse = np.full_like(image, 0.4) if refines else None
    return WindowView(Window(1, Box(8, 8, SIDE, SIDE)), np.where(mask[..., None], 0, image), mask, coarse)


def request_for(folder: Path, **values: object) -> RestorationRequest:
    return RestorationRequest.of("pipeline", model=str(folder), device="cpu", **{"steps": 2, **values})


def filled(folder: Path, window: WindowView | None = None, **values: object) -> np.ndarray:
    request = request_for(folder, **values)
    with get_engine("pipeline").open(request, None) as session:
        return session.fill([window or view()], Progress())[0].image


@pytest.mark.parametrize("family", FAMILIES)
def test_fills_repeat_and_follow_seed_and_text(folder_of: Callable[[str], Path], family: str) -> None:
    folder, window = folder_of(family), view()
    first = filled(folder, detail=0.0)
    assert first.shape == (SIDE, SIDE, 3)
    assert np.array_equal(first[~window.mask], window.image[~window.mask])
    assert np.array_equal(first, filled(folder, detail=0.0))
    for values in ({"seed": 1}, {"variation": 1}, {"prompt": "a red apple"}):
        other = filled(folder, detail=0.0, **values)
        assert np.abs(other - first)[window.mask].max() > 1e-3, values


def test_negative_prompt_and_guidance_change_the_fill(folder_of: Callable[[str], Path]) -> None:
    folder, mask = folder_of("sd3"), view().mask
    plain = filled(folder, prompt="an apple", guidance=3.0)
    for values in ({"guidance": 9.0}, {"negative_prompt": "leaves", "guidance": 3.0}):
        assert np.abs(filled(folder, **{"prompt": "an apple", **values}) - plain)[mask].max() > 1e-4
    flux = folder_of("flux")
    with_negative = filled(flux, prompt="an apple", negative_prompt="leaves")
    assert np.abs(with_negative - filled(flux, prompt="an apple"))[mask].max() > 1e-4


def test_guidance_of_flux_is_an_input_of_the_network(folder_of: Callable[[str], Path]) -> None:
    request = request_for(folder_of("flux-fill"))
    with get_engine("pipeline").open(request, None) as session:
        assert session.facts["guidance"] == 30.0
        assert session.facts["pipeline"] == "FluxFillPipeline"
        assert session.facts["family"] == "flux"
    with get_engine("pipeline").open(request_for(folder_of("sd3")), None) as session:
        assert session.facts["guidance"] == 1.0


def test_refined_windows_stay_near_the_coarser_fill(folder_of: Callable[[str], Path]) -> None:
    folder, mask = folder_of("sd3"), view().mask
    whole = filled(folder, steps=4, detail=0.0)
    refined = filled(folder, view(refines=True), steps=4, detail=0.0)
    assert np.abs(refined - 0.4)[mask].mean() < np.abs(whole - 0.4)[mask].mean()


def test_colors_beyond_srgb_survive_at_low_strength(folder_of: Callable[[str], Path]) -> None:
    window = view(bright=1.6)
    fill = filled(folder_of("sd3"), window, strength=0.05, steps=20, detail=0.0)
    assert fill.max() > 1.0
    assert np.array_equal(fill[~window.mask], window.image[~window.mask])


def test_cancel_works_between_steps(folder_of: Callable[[str], Path]) -> None:
    steps: list[int] = []
    progress = Progress(report=lambda report: steps.append(report.step), cancelled=lambda: 2 in steps)
    request = request_for(folder_of("sd3"), steps=6)
    with get_engine("pipeline").open(request, None) as session:
        with pytest.raises(Cancelled):
            session.fill([view()], progress)
        assert max(steps) == 2
        again = session.fill([view()], Progress())[0].image
    assert np.array_equal(again, filled(folder_of("sd3"), steps=6))


def test_steps_are_reported_and_the_prefill_is_shown(folder_of: Callable[[str], Path]) -> None:
    reports: list[Report] = []
    previews: list[object] = []
    progress = Progress(report=reports.append, preview=previews.append)
    with get_engine("pipeline").open(request_for(folder_of("sd3"), steps=3), None) as session:
        session.fill([view(), view()], progress)
    assert [r.step for r in reports if r.total == 3] == [0, 1, 2, 3] * 2
    assert len(previews) == 2


def test_restored_scan_changes_only_under_the_mask(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    scan = np.random.default_rng(0).integers(0, 65535, (90, 70, 3), np.uint16)
    tifffile.imwrite(tmp_path / "scan.tif", scan, photometric="rgb")
    mask = np.zeros((90, 70), np.bool_)
    mask[30:50, 20:40] = True
    with open_painting(tmp_path / "scan.tif") as painting:
        result = restore(painting, DamageMap.from_mask(mask), request_for(folder_of("sd3")))
    assert result.record.engine.facts["pipeline"] == "StableDiffusion3InpaintPipeline"
    filled_mask = np.zeros_like(mask)
    for fill in result.fills:
        box = fill.box
        filled_mask[box.y : box.y + box.height, box.x : box.x + box.width] |= fill.mask
    assert filled_mask[mask].all()
    assert not filled_mask[~cv2.dilate(mask.astype(np.uint8), np.ones((3, 3))).astype(np.bool_)].any()


def test_open_again_takes_the_loaded_model(folder_of: Callable[[str], Path]) -> None:
    request, engine = request_for(folder_of("sd3")), get_engine("pipeline")
    first, second = engine.open(request, None), engine.open(request.changed(seed=5), None)
    assert first._loaded is second._loaded  # type: ignore[attr-defined]
    assert first._loaded.multiple == 4  # type: ignore[attr-defined]


def test_parameters_that_the_pipeline_lacks_are_refused(folder_of: Callable[[str], Path]) -> None:
    request = request_for(folder_of("flux-fill"), prompt="an apple", negative_prompt="leaves")
    with pytest.raises(InputError, match="takes no negative prompt with this model: leave out --negative-p"):
        check_request(request)
    check_request(request.changed(negative_prompt=""))


@pytest.mark.parametrize("name", ["AudioLDMPipeline", "NoSuchPipeline", "IFPipeline", "FluxControlPipeline"])
def test_classes_that_fill_no_holes_are_refused(
    folder_of: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    folder = tiny_pipelines.tiny_chroma(tmp_path / "model")
    index = json.loads((folder / "model_index.json").read_text("utf-8"))
    (folder / "model_index.json").write_text(json.dumps({**index, "_class_name": name}), encoding="utf-8")
    with pytest.raises(ModelError, match=f"The model is a {name}, which can't fill holes"):
        check_request(request_for(folder))


def test_failing_pipelines_are_reported_in_a_sentence(tmp_path: Path) -> None:
    """The inpainting pipeline of Chroma reads a setting that Chroma's models don't have."""
    folder = tiny_pipelines.tiny_chroma(tmp_path / "chroma")
    with pytest.raises(ModelError, match=r"InpaintPipeline can't run the model chroma \(.*guidance_emb"):
        filled(folder)


def test_damaged_weights_are_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = tiny_pipelines.tiny_chroma(tmp_path / "model")
    config = json.loads((folder / "transformer" / "config.json").read_text("utf-8"))
    config["attention_head_dim"] = 32
    (folder / "transformer" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match=r"The model model can't be loaded \("):
        get_engine("pipeline").open(request_for(folder), None)


def test_stable_diffusion_is_left_to_its_engine(tmp_path: Path) -> None:
    from tiny_models import tiny_sd

    with pytest.raises(ModelError, match="can't run sd1"):
        check_request(request_for(tiny_sd(tmp_path / "sd1")))


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_table_of_known_classes_matches_diffusers(name: str) -> None:
    import diffusers

    known = inpainting_class(name)
    parameters = frozenset(inspect.signature(getattr(diffusers, known.name).__call__).parameters)
    assert parameters >= NEEDED
    assert known.takes == parameters & frozenset(OPTIONAL)
    assert known == looked_up(name)


def test_installed_model_is_found_without_a_name(
    folder_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from imagest_core.models.library import add_model

    monkeypatch.setenv("IMAGEST_DATA", str(tmp_path))
    engine = PipelineEngine()
    with pytest.raises(ModelError, match="needs a model of yours"):
        engine.check_model(engine.Parameters())
    add_model(folder_of("flux-fill"), name="fill")
    assert engine.model_of(engine.Parameters()).name == "fill"
    assert engine.window_sides(RestorationRequest.of("pipeline", model="fill")) == (64, 80, 1)


@pytest.fixture(autouse=True, scope="module")
def _release_models() -> object:
    yield
    loaded_models.clear()
