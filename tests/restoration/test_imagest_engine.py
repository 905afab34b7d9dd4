"""Restorations with a toy-size network as the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch
from tiny_model import picture, tiny_checkpoint

from imagest_core.damage.map import DamageMap
from imagest_core.errors import ImagestError, InputError, ModelError, out_of_memory
from imagest_core.models.cache import loaded_models
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.progress import Cancelled, Progress, Report
from imagest_core.restoration.api import restore
from imagest_core.restoration.compositing.window_views import view_of
from imagest_core.restoration.diffusion import session as diffusion_session
from imagest_core.restoration.diffusion.textured import TexturedSession
from imagest_core.restoration.engines.imagest import PRESETS, ImagestEngine
from imagest_core.restoration.modes import Mode, Quality
from imagest_core.restoration.planning.window import Preview, Window
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.style_pictures import (
    MAX_SQUARES,
    read_style_pictures,
    squares_of,
    style_squares,
)
from imagest_core.restoration.texture.depth_masks import sample_weight
from imagest_core.restoration.texture.texture_transfer import SYNTHESIS
from imagest_core.style.reference import StyleReference

STYLE = StyleReference((Box(0, 0, 40, 40),))


@pytest.fixture
def damage() -> DamageMap:
    mask = np.zeros((120, 150), np.bool_)
    mask[50:75, 60:90] = True
    mask[10:13, 100:140] = True
    return DamageMap.from_mask(mask)


@pytest.fixture
def painting(tmp_path: Path) -> Iterator[Painting]:
    tifffile.imwrite(tmp_path / "scan.tif", picture(150)[:120], photometric="rgb")
    with open_painting(tmp_path / "scan.tif") as opened:
        yield opened


@pytest.fixture
def request_(tmp_path: Path) -> Iterator[RestorationRequest]:
    folder = tiny_checkpoint(tmp_path / "toy")
    yield RestorationRequest.of("imagest", model=str(folder), steps=3, device="cpu", seed=4)
    loaded_models.clear()


def colours(painting: Painting, damage: DamageMap, request: RestorationRequest, style=STYLE) -> np.ndarray:
    """Return all filled samples as one array."""
    result = restore(painting, damage, request, style)
    return np.concatenate([fill.colour[fill.mask] for fill in result.fills])


def test_both_modes_fill_and_record_the_engine(painting, damage, request_) -> None:
    result = restore(painting, damage, request_, STYLE)
    facts = result.record.engine.facts
    assert facts["model"] == "toy"
    assert len(facts["weights_sha256"]) == 64
    assert (facts["scheduler"], facts["steps"]) == ("dpm++2m", 3)
    assert facts["styled"] == 1
    assert facts["sampled_at"] == "1/4 of the size"
    faithful = restore(painting, damage, request_.changed(mode=Mode.FAITHFUL), STYLE)
    assert faithful.record.engine.facts["filled_by"] == "an anisotropic spline alone"
    assert "weights" not in faithful.record.used


def test_same_request_gives_identical_bytes(painting, damage, request_) -> None:
    assert np.array_equal(colours(painting, damage, request_), colours(painting, damage, request_))


@pytest.mark.parametrize("change", [{"seed": 5}, {"variation": 1}, {"steps": 2}, {"mode": Mode.FAITHFUL}])
def test_request_parameters_change_the_fill(painting, damage, request_, change) -> None:
    changed = colours(painting, damage, request_.changed(**change))
    assert not np.allclose(colours(painting, damage, request_), changed, atol=1e-4)


def test_another_style_reference_changes_the_fill(painting, damage, request_) -> None:
    other = StyleReference((Box(100, 70, 50, 50),))
    first, second = colours(painting, damage, request_), colours(painting, damage, request_, other)
    assert not np.allclose(first, second, atol=1e-5)


def test_style_of_zero_strength_is_ignored(painting, damage, request_) -> None:
    suggested = replace(STYLE, suggested=True)
    none = colours(painting, damage, request_.changed(style_strength=0.0), suggested)
    assert np.allclose(none, colours(painting, damage, request_, None), atol=1e-6)


def test_a_chosen_style_changes_only_the_detail_of_thin_damage(tmp_path: Path, request_) -> None:
    grain = np.random.default_rng(0).integers(0, 16, (120, 150, 3), np.uint8)
    tifffile.imwrite(tmp_path / "grainy.tif", picture(150)[:120] + grain, photometric="rgb")
    crack = np.zeros((120, 150), np.bool_)
    crack[60:64, 20:130] = True
    damage, request = DamageMap.from_mask(crack), request_.changed(style_strength=0.0)
    suggested, without = replace(STYLE, suggested=True), request.changed(detail=0.0)
    with open_painting(tmp_path / "grainy.tif") as painting:
        mine = colours(painting, damage, request)
        assert not np.allclose(mine, colours(painting, damage, request, suggested), atol=1e-3)
        plain = colours(painting, damage, without)
        assert np.array_equal(plain, colours(painting, damage, without, suggested))
        sure = request.changed(mode=Mode.FAITHFUL)
        assert np.array_equal(colours(painting, damage, sure), colours(painting, damage, sure, suggested))


def test_thin_damage_is_filled_without_sampling(painting, request_) -> None:
    mask = np.zeros((120, 150), np.bool_)
    mask[10:13, 20:140] = True
    crack = DamageMap.from_mask(mask)
    result = restore(painting, crack, request_, STYLE)
    assert [window.notes["sampled"] for window in result.record.windows] == ["0% of the damage"]
    one, two = (colours(painting, crack, request_.changed(detail=0.0, seed=s)) for s in (1, 2))
    assert np.array_equal(one, two)


def test_samples_under_the_mask_have_no_effect(tmp_path: Path, painting, damage, request_) -> None:
    spoilt = picture(150)[:120].copy()
    hidden = damage.dilated(request_.dilation).read(painting.box) > 0
    spoilt[hidden] = np.random.default_rng(0).integers(0, 255, (int(hidden.sum()), 3))
    tifffile.imwrite(tmp_path / "spoilt.tif", spoilt, photometric="rgb")
    with open_painting(tmp_path / "spoilt.tif") as other:
        assert np.array_equal(colours(painting, damage, request_), colours(other, damage, request_))


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[Painting]:
    tifffile.imwrite(tmp_path / "wide.tif", picture(640)[:80], photometric="rgb")
    with open_painting(tmp_path / "wide.tif") as opened:
        yield opened


@pytest.fixture
def spread() -> DamageMap:
    """Damage that needs four windows of one shape."""
    mask = np.zeros((80, 640), np.bool_)
    for x in (60, 220, 400, 560):
        mask[30:40, x : x + 10] = True
    return DamageMap.from_mask(mask)


def test_result_is_independent_of_batch_and_order_on_the_cpu(wide, spread, request_) -> None:
    plan = [view_of(wide, spread.dilated(1), Window(0, Box(x, 0, 80, 80))) for x in (20, 180, 360, 520)]
    with ImagestEngine().open(request_.changed(batch=1), None) as session:
        expected = session.fill(plan, Progress())
    assert any(fill.notes["sampled"] != "0% of the damage" for fill in expected)
    for batch in (2, 5):
        with ImagestEngine().open(request_.changed(batch=batch), None) as session:
            reversed_ = session.fill(plan[::-1], Progress())
            assert session.facts["batch"] == 1
            for one, other in zip(expected, reversed_[::-1], strict=True):
                assert np.array_equal(one.image, other.image)


def test_batch_size_keeps_the_restored_bytes(wide, spread, request_) -> None:
    one, two, five = (colours(wide, spread, request_.changed(batch=batch)) for batch in (1, 2, 5))
    assert np.array_equal(one, two)
    assert np.array_equal(one, five)


@pytest.mark.slow
def test_embedded_model_is_independent_of_batch_and_order(tmp_path: Path) -> None:
    rng, mask = np.random.default_rng(2), np.zeros((160, 480), np.uint8)
    grain = rng.integers(0, 40, (160, 480, 3), np.uint8)
    tifffile.imwrite(tmp_path / "scan.tif", picture(480)[:160] // 2 + grain, photometric="rgb")
    for x in (60, 240, 420):
        cv2.circle(mask, (x, 80), 12, 1, -1)
    damage = DamageMap.from_mask(mask > 0)
    request = RestorationRequest.of(quality=Quality.DRAFT, device="cpu", seed=7)
    with open_painting(tmp_path / "scan.tif") as painting:
        views = [view_of(painting, damage.dilated(1), Window(0, Box(x, 0, 160, 160))) for x in (0, 160, 320)]
        pictures = read_style_pictures(painting, STYLE, ImagestEngine().style_side(request))
        with ImagestEngine().open(request.changed(batch=1), pictures) as session:
            expected = session.fill(views, Progress())
        for batch in (2, 5):
            with ImagestEngine().open(request.changed(batch=batch), pictures) as session:
                for one, other in zip(expected, session.fill(views[::-1], Progress())[::-1], strict=True):
                    assert np.array_equal(one.image, other.image)
    loaded_models.clear()


def textures(folder: Path, cases: Sequence[tuple[RestorationRequest, int]]) -> list[np.ndarray]:
    """Return the texture that each request gives the window at x in a picture of two equal halves."""
    rng = np.random.default_rng(3)
    tile = picture(160) // 2 + rng.integers(0, 60, (160, 160, 3), np.uint8)
    tifffile.imwrite(folder / "equal.tif", np.concatenate([tile, tile], 1), photometric="rgb")
    mask = np.zeros((160, 320), np.bool_)
    mask[70:90, 70:90] = mask[70:90, 230:250] = True
    made = []
    with open_painting(folder / "equal.tif") as painting:
        for request, x in cases:
            view = view_of(painting, DamageMap.from_mask(mask), Window(0, Box(x, 0, 160, 160)))
            session = ImagestEngine().open(request, None)
            fill = session._textured(view.image, view, sample_weight(view.mask), Progress())
            made.append(fill[view.mask])
    return made


def test_equal_windows_get_different_noise(tmp_path: Path, request_) -> None:
    one, again, two = textures(tmp_path, [(request_, 0), (request_, 0), (request_, 160)])
    assert np.array_equal(one, again)
    assert not np.allclose(one, two, atol=1e-4)


def test_variation_differs_from_the_next_seed(tmp_path: Path, request_) -> None:
    cases = [(request_.changed(seed=seed, variation=variation), 0) for seed, variation in ((7, 1), (8, 0))]
    one, other = textures(tmp_path, cases)
    assert not np.allclose(one, other, atol=1e-4)


def test_quality_sets_the_number_of_steps(painting, damage, request_) -> None:
    taken = []
    for quality in (Quality.DRAFT, Quality.STANDARD, Quality.FINE):
        facts = restore(
            painting, damage, request_.changed(steps=None, quality=quality), STYLE
        ).record.engine.facts
        assert (facts["scheduler"], facts["steps"]) == PRESETS[quality]
        taken.append(facts["steps"])
    assert taken == sorted(taken), "a better quality never takes fewer steps"
    assert taken[0] < taken[-1]
    assert len({SYNTHESIS[quality] for quality in Quality}) == 3


def test_cancellation_ends_within_one_step(painting, damage, request_) -> None:
    steps: list[int] = []

    def note(report: Report) -> None:
        if report.total == 30:
            steps.append(report.step)

    progress = Progress(note, cancelled=lambda: 2 in steps)
    with pytest.raises(Cancelled):
        restore(painting, damage, request_.changed(steps=30), STYLE, progress)
    assert steps[-1] == 2


def test_cancellation_is_checked_while_the_network_is_loading(painting, damage, request_) -> None:
    stages: list[str] = []
    progress = Progress(lambda report: stages.append(report.stage), cancelled=lambda: len(stages) == 2)
    with pytest.raises(Cancelled):
        restore(painting, damage, request_, STYLE, progress)
    assert stages == ["loading the network"] * 2


def test_out_of_memory_errors_of_torch_are_recognised() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 60)
    assert out_of_memory(raised.value)
    assert not out_of_memory(RuntimeError("shapes don't match"))


def test_previews_are_rate_limited_and_have_the_window_shape(painting, damage, request_) -> None:
    seen: list[Preview] = []
    restore(painting, damage, request_.changed(steps=30), STYLE, Progress(preview=seen.append))
    windows = {preview.window for preview in seen}
    assert len(windows) <= len(seen) < 30
    assert all(preview.image.shape[:2] == preview.window.shape for preview in seen)


def test_out_of_memory_halves_the_batch_and_continues(
    wide, spread, request_, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = colours(wide, spread, request_.changed(batch=1))
    original, sizes = TexturedSession._fill_batch, []

    def tight(self, views, progress):
        sizes.append(len(views))
        if len(views) > 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return original(self, views, progress)

    monkeypatch.setattr(TexturedSession, "_fill_batch", tight)
    monkeypatch.setattr(diffusion_session, "CPU_BATCH", 8)  # as on a GPU
    result = restore(wide, spread, request_, STYLE)
    assert sizes[0] > 1
    assert sizes[-1] == 1
    assert result.record.engine.facts["batch"] == 1
    assert np.array_equal(np.concatenate([fill.colour[fill.mask] for fill in result.fills]), expected)


def test_out_of_memory_with_batch_one_is_reported(
    painting, damage, request_, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self, views, progress):
        raise MemoryError

    monkeypatch.setattr(TexturedSession, "_fill_batch", never)
    with pytest.raises(ImagestError, match="Not even one window"):
        restore(painting, damage, request_, STYLE)


def test_a_prompt_is_refused(painting, damage, request_) -> None:
    with pytest.raises(InputError, match="reads no text"):
        restore(painting, damage, request_.changed(prompt="a red cloak"), STYLE)


def test_missing_weights_are_reported_in_one_sentence(painting, damage, request_) -> None:
    with pytest.raises(ModelError, match="There is no model"):
        restore(painting, damage, request_.changed(model="nowhere"), STYLE)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_missing_cuda_is_reported_in_one_sentence(painting, damage, request_) -> None:
    with pytest.raises(InputError, match="No usable CUDA GPU"):
        restore(painting, damage, request_.changed(device="cuda"), STYLE)


def test_squares_cover_a_long_region() -> None:
    assert squares_of(Box(0, 0, 10, 10)) == [Box(0, 0, 10, 10)]
    wide = squares_of(Box(5, 7, 25, 10))
    assert [b.x for b in wide] == [5, 13, 20]
    assert all(b.width == b.height == 10 and b.y == 7 for b in wide)
    assert squares_of(Box(0, 0, 10, 20))[1] == Box(0, 10, 10, 10)


def test_style_pictures_come_from_regions_and_donor(painting, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "donor.tif", np.full((64, 200, 3), 255, np.uint8), photometric="rgb")
    style = StyleReference((Box(0, 0, 30, 30),), donor=tmp_path / "donor.tif")
    pictures = style_squares(painting, style, 32)
    assert pictures.shape == (5, 32, 32, 3)
    assert pictures[1:].min() == pytest.approx(1.0, abs=1e-3)
    many = StyleReference(tuple(Box(10 * i, 0, 10, 10) for i in range(12)))
    assert len(style_squares(painting, many, 32)) == MAX_SQUARES
    assert style_squares(painting, StyleReference(), 32).shape == (0, 32, 32, 3)
