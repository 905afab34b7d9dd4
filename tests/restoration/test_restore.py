from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scans import damage_of, smooth_picture, some_damage, write_scan

from imagest_core.damage.map import DamageMap
from imagest_core.errors import ImagestError, MaskError
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress
from imagest_core.restoration.api import restore, restore_with
from imagest_core.restoration.engines.base import WindowFill
from imagest_core.restoration.engines.classical import ClassicalEngine, ClassicalSession
from imagest_core.restoration.inpainting.pde import fill_image, harmonic
from imagest_core.restoration.planning.window import WindowView
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.result import RestorationResult
from imagest_core.restoration.style_pictures import StylePictures


class Dotted(ClassicalEngine):
    """Small windows and a fill per window that doesn't match the boundary, so seams and blending matter."""

    name = title = description = "dotted"
    window = largest = 48
    matches_boundary = False

    def __init__(self, batch: int = 100, backwards: bool = False, broken: bool = False) -> None:
        self.batch, self.backwards, self.broken = batch, backwards, broken

    def open(
        self,
        request: RestorationRequest,
        style: StylePictures | None,
        progress: Progress | None = None,
    ) -> DottedSession:
        return DottedSession(self)


class DottedSession(ClassicalSession):
    def __init__(self, engine: Dotted) -> None:
        super().__init__(harmonic, {"tiny": True})
        self.engine = engine

    def fill(self, views: Sequence[WindowView], progress: Progress) -> list[WindowFill]:
        order = range(len(views))[:: -1 if self.engine.backwards else 1]
        made: dict[int, WindowFill] = {}
        for start in range(0, len(views), self.engine.batch):
            for index in order[start : start + self.engine.batch]:
                made[index] = self._one(views[index])
        return [made[index] for index in range(len(views))]

    def _one(self, view: WindowView) -> WindowFill:
        random = np.random.default_rng([view.window.box.x, view.window.box.y, view.window.scale])
        texture = random.normal(0.1, 0.1, view.image.shape).astype(np.float32)
        image = fill_image(harmonic, view.start, view.hole) + texture * view.hole[..., None]
        return WindowFill(image * (np.nan if self.engine.broken else 1), notes={"kind": "dots"})


def restored(
    picture: NDArray, mask: NDArray, engine: Dotted | str, depth: int = 16, **request
) -> RestorationResult:
    damage, wanted = damage_of(mask), RestorationRequest.of(**request)
    with TemporaryDirectory() as folder:
        path = write_scan(Path(folder) / "scan.tif", picture, depth)
        with open_painting(path) as painting:
            if isinstance(engine, str):
                return restore(painting, damage, replace(wanted, engine=engine))
            return restore_with(engine, painting, damage, wanted)


def same(one: RestorationResult, other: RestorationResult) -> bool:
    pairs = list(zip(one.fills, other.fills, strict=True))
    return all(
        a.box == b.box and np.array_equal(a.labels, b.labels) and a.values.tobytes() == b.values.tobytes()
        for a, b in pairs
    )


CASES = st.tuples(st.integers(0, 999), st.integers(12, 330), st.integers(12, 330), st.integers(1, 6))


@settings(max_examples=12, deadline=None)
@given(CASES, st.integers(1, 3), st.sampled_from(["harmonic", "telea", "dotted"]))
def test_fill_does_not_depend_on_samples_under_the_dilated_mask(
    case: tuple[int, int, int, int], dilation: int, name: str
) -> None:
    seed, height, width, pieces = case
    picture, mask = smooth_picture(height, width), some_damage(height, width, seed, pieces)
    dilated = damage_of(mask).dilated(dilation)
    if dilated.count() == height * width:
        return
    under = dilated.read(dilated.box) > 0
    noise = np.random.default_rng(seed).random(picture.shape, np.float32)
    engine = Dotted() if name == "dotted" else name
    first = restored(picture, mask, engine, dilation=dilation, blend=2)
    assert same(
        first, restored(np.where(under[..., None], noise, picture), mask, engine, dilation=dilation, blend=2)
    )


@settings(max_examples=12, deadline=None)
@given(CASES)
def test_every_masked_pixel_is_in_exactly_one_fill(case: tuple[int, int, int, int]) -> None:
    seed, height, width, pieces = case
    mask = some_damage(height, width, seed, pieces)
    dilated = damage_of(mask).dilated(1)
    result = restored(smooth_picture(height, width), mask, Dotted())
    count = np.zeros((height, width), int)
    for fill in result.fills:
        count[fill.box.slices] += fill.mask
        assert np.isfinite(fill.values).all()
        assert len(fill.values) == np.count_nonzero(fill.labels)
        assert fill.mask.any(0)[[0, -1]].all()
        assert fill.mask.any(1)[[0, -1]].all()
    assert np.array_equal(count, dilated.read(dilated.box))
    assert result.dilated == dilated


def test_result_is_independent_of_window_order_and_batch_size() -> None:
    picture, mask = smooth_picture(300, 280), some_damage(300, 280, 8, 9)
    first = restored(picture, mask, Dotted())
    assert len(first.record.windows) > 10
    assert same(first, restored(picture, mask, Dotted(batch=1, backwards=True)))
    assert same(first, restored(picture, mask, Dotted(batch=3)))


def test_same_request_gives_identical_bytes() -> None:
    picture, mask = smooth_picture(90, 80), some_damage(90, 80, 1)
    for engine in ("harmonic", "biharmonic"):
        assert same(restored(picture, mask, engine), restored(picture, mask, engine))


def test_hole_larger_than_a_window_is_filled_and_reported_as_coarse() -> None:
    picture = smooth_picture(400, 400) * 0.05 + 0.5
    mask = np.zeros((400, 400), bool)
    mask[100:300, 120:290] = True
    result = restored(picture, mask, Dotted())
    assert {window.scale for window in result.record.windows} == {8, 4, 2, 1}
    assert any("up to 8 times coarser first" in note for note in result.record.notes)
    dilated = np.concatenate([fill.values for fill in result.fills])
    assert abs(float(dilated.mean()) - 0.5) < 0.05


def test_windows_of_a_smooth_fill_have_no_seam() -> None:
    picture = np.tile(np.linspace(0.2, 0.8, 500, dtype=np.float32)[None, :, None], (120, 1, 3))
    mask = np.zeros((120, 500), bool)
    mask[50:60, 5:495] = True
    result = restored(picture, mask, "telea")
    for fill in result.fills:
        assert np.abs(fill.values - picture[fill.box.slices][fill.mask]).max() < 0.02


def test_fills_can_be_accepted_by_region(tmp_path: Path) -> None:
    mask = np.zeros((300, 300), bool)
    mask[250:260, 250:262] = mask[20:30, 20:30] = mask[40:43, 20:30] = True
    result = restored(smooth_picture(300, 300), mask, "harmonic")
    assert [region.id for region in result.regions] == [1, 2, 3]
    kept = result.only({1, 3})
    labels = {region for fill in kept.fills for region in fill.regions}
    assert labels == {1, 3}
    assert kept.dilated.count() == sum(result.regions.by_id(region).area for region in (1, 3))
    whole = {fill.box: fill for fill in result.fills}
    for fill in kept.fills:
        assert np.array_equal(fill.colour[fill.mask], whole[fill.box].colour[fill.mask])
    assert result.only(set()).fills == ()


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (np.zeros((40, 50), bool), "empty"),
        (np.ones((40, 50), bool), "nothing intact"),
        (np.ones((40, 51), bool), "51 × 40 pixels, the painting 50 × 40"),
    ],
)
def test_unusable_masks_are_refused(mask: NDArray, sentence: str) -> None:
    with pytest.raises(MaskError, match=sentence):
        restored(smooth_picture(40, 50), mask, "harmonic")


def test_recorded_only_damage_is_not_filled(tmp_path: Path) -> None:
    damage = DamageMap.from_mask(np.eye(40, dtype=bool), label=6)
    assert not damage.class_of(6).filled
    path = write_scan(tmp_path / "scan.tif", smooth_picture(40, 40))
    with open_painting(path) as painting, pytest.raises(MaskError, match="only recorded"):
        restore(painting, damage, RestorationRequest.of("harmonic"))


def test_cancellation_between_windows_returns_nothing(tmp_path: Path) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    path, damage = write_scan(tmp_path / "scan.tif", smooth_picture(300, 300)), some_damage(300, 300, 1)
    request, progress = RestorationRequest.of("harmonic"), Progress(cancelled=cancelled)
    with open_painting(path) as painting, pytest.raises(Cancelled):
        restore(painting, damage_of(damage), request, progress=progress)


def test_invalid_samples_of_an_engine_are_an_error() -> None:
    with pytest.raises(ImagestError, match="invalid samples"):
        restored(smooth_picture(60, 60), some_damage(60, 60, 1), Dotted(broken=True))


def test_progress_reaches_one(tmp_path: Path) -> None:
    fractions: list[float] = []
    progress = Progress(report=lambda report: fractions.append(report.fraction))
    with open_painting(write_scan(tmp_path / "scan.tif", smooth_picture(300, 300))) as painting:
        restore_with(
            Dotted(), painting, damage_of(some_damage(300, 300, 1)), RestorationRequest(), None, progress
        )
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_engine_notes_are_in_the_record() -> None:
    notes: list[Mapping[str, str]] = [
        window.notes
        for window in restored(smooth_picture(60, 60), some_damage(60, 60, 1), Dotted()).record.windows
    ]
    assert notes
    assert all(note == {"kind": "dots"} for note in notes)
