"""The measurement of the style reference computes what its document says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.color import rgb2lab
from tiny_model import tiny_checkpoint, tiny_config

from imagest_core.arrays import Image8
from imagest_core.errors import InputError
from imagest_core.evaluation.cases import find_cases, load_case
from imagest_core.models.imagest.style_swin import StyleSwinEncoder
from imagest_core.painting.geometry import Box
from scripts import measure_style, style_portrait
from scripts.measure_style import QUALITY, WAYS, Shift
from scripts.style_portrait import MEASURES

SIDE = 64


@pytest.fixture(scope="module")
def encoder() -> StyleSwinEncoder:
    return StyleSwinEncoder(tiny_config().style).eval().requires_grad_(False)


@pytest.fixture
def square() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[16:48, 16:48] = True
    return mask


def _grained(colour: tuple[int, int, int], grain: float, seed: int = 0) -> Image8:
    noise = np.random.default_rng(seed).normal(0, grain, (SIDE, SIDE, 1))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)


def test_a_fill_painted_with_the_donors_samples_is_nearer_by_every_measure(encoder, square):
    work, donor = _grained((130, 140, 120), 2), _grained((150, 130, 110), 30, seed=1)
    painted = np.where(square[..., None], donor, work)
    whole = np.ones_like(square)
    theirs = style_portrait.portrait(encoder, donor, whole, style_portrait.squares_over(donor, 32))
    boxes = [style_portrait.bounding_square(square)]
    far, near = (
        style_portrait.distances(style_portrait.portrait(encoder, fill, square, boxes), theirs)
        for fill in (work, painted)
    )
    assert set(near) == set(MEASURES)
    assert all(near[measure] < 0.5 * far[measure] for measure in MEASURES), (near, far)


def test_a_step_is_the_way_gone_towards_the_donor(encoder, square):
    work, donor = _grained((90, 100, 90), 5), _grained((140, 120, 100), 20)
    boxes = [Box(16, 16, 32, 32)]
    start, goal = (style_portrait.portrait(encoder, each, square, boxes) for each in (work, donor))
    whole = style_portrait.step(start, goal, start, goal)
    apart = style_portrait.distances(start, goal)
    for measure in MEASURES:
        assert whole[measure] == pytest.approx(apart[measure], rel=1e-4), measure
    back = style_portrait.step(goal, start, start, goal)
    assert back == pytest.approx({measure: -value for measure, value in whole.items()})
    assert style_portrait.step(start, start, start, goal) == dict.fromkeys(MEASURES, 0.0)


def test_a_picture_is_at_no_distance_from_itself(encoder):
    picture = _grained((120, 90, 60), 15)
    whole = np.ones((SIDE, SIDE), bool)
    one = style_portrait.portrait(encoder, picture, whole, style_portrait.squares_over(picture, 32))
    assert style_portrait.distances(one, one) == pytest.approx(dict.fromkeys(MEASURES, 0.0), abs=1e-6)


def test_distances_have_known_values(encoder, square):
    first, second = (np.full((SIDE, SIDE, 3), value, np.uint8) for value in ((200, 30, 30), (30, 30, 200)))
    ours, theirs = (
        style_portrait.portrait(encoder, each, square, [Box(16, 16, 32, 32)]) for each in (first, second)
    )
    found = style_portrait.distances(ours, theirs)
    apart = rgb2lab(first[:1, :1] / 255) - rgb2lab(second[:1, :1] / 255)
    assert found["mean"] == pytest.approx(np.linalg.norm(apart))
    assert found["spread"] == pytest.approx(0, abs=1e-9)
    assert [found[f"octave{number}"] for number in (1, 2, 3)] == [0, 0, 0], (
        "flat beside flat, no logarithm of 0"
    )


def test_twice_the_grain_is_a_logarithm_of_two_in_every_octave(encoder, square):
    soft, strong = (_grained((128, 128, 128), grain) for grain in (10, 20))
    ours, theirs = (
        style_portrait.portrait(encoder, each, square, [Box(0, 0, 32, 32)]) for each in (soft, strong)
    )
    found = style_portrait.distances(ours, theirs)
    for octave in ("octave1", "octave2", "octave3"):
        assert found[octave] == pytest.approx(math.log(2), rel=0.05)


def test_the_change_is_counted_inside_the_damage_alone(square):
    own = np.zeros((SIDE, SIDE, 3), np.uint8)
    donated = own.copy()
    donated[:16] = 200
    assert measure_style.changed(own, donated, square) == 0
    donated[16:32] = 6
    assert measure_style.changed(own, donated, square) == pytest.approx(3.0)


def test_the_square_holds_the_largest_component_and_stays_in_the_picture():
    mask = np.zeros((100, 120), bool)
    mask[5:8, 5:8] = True
    mask[60:100, 90:110] = True
    assert style_portrait.bounding_square(mask) == Box(80, 60, 40, 40)
    mask[60:100, 90:110] = False
    assert style_portrait.bounding_square(mask) == Box(0, 0, style_portrait.SMALLEST, style_portrait.SMALLEST)


def test_squares_cover_the_whole_picture():
    seen = np.zeros((50, 70), bool)
    for box in style_portrait.squares_over(np.zeros((50, 70, 3), np.uint8), 32):
        assert (box.width, box.height) == (32, 32)
        seen[box.slices] = True
    assert seen.all()


def test_a_donor_is_another_work_of_the_same_kind(make_case: Callable[..., Path]):
    for number in range(7):
        folder = make_case(f"{number:03}-{'losses' if number % 2 else 'cracks'}", number).parent
    found = list(measure_style.rotated(find_cases(folder)))
    assert len(found) == 7
    assert all(len({case.name for case in works}) == 3 for works in found)
    assert all(len({case.kind for case in works}) == 1 for works in found)
    assert sorted(donor.name for _, donor, _ in found) == sorted(case.name for case, _, _ in found)


def test_too_few_works_of_a_kind_are_refused(cases: Path, tmp_path: Path, capsys):
    assert measure_style.main([str(cases), "--model", str(tiny_checkpoint(tmp_path / "toy"))]) == 1
    assert "fewer than three" in capsys.readouterr().err
    with pytest.raises(InputError, match="losses"):
        list(measure_style.rotated(find_cases(cases)[:1]))


def _shift(kind: str, own: float, donated: float) -> Shift:
    near, far, nothing = (dict.fromkeys(MEASURES, value) for value in (donated, own, 1.0))
    step = dict.fromkeys(MEASURES, donated - own)
    right, wrong = dict.fromkeys(QUALITY, 21.5), dict.fromkeys(QUALITY, 20.0)
    return Shift(kind, far, near, step, nothing, nothing, right, wrong, own - donated)


def test_the_tables_count_and_judge():
    shifts = [_shift("cracks", 3.0, 1.0), _shift("losses", 4.0, 1.0), _shift("losses", 2.0, 1.5)]
    table = measure_style.distance_table(shifts, seed=0)
    rows = table.splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == list(MEASURES.values())
    assert all("3 of 3 (100%)" in row and "+1.833" in row and "towards the donor" in row for row in rows)
    away = [replace(each, own=each.donated, donated=each.own) for each in shifts]
    assert "away from the donor" in measure_style.distance_table(away, seed=0)
    same = [replace(each, donated=each.own) for each in shifts]
    assert "no effect shown" in measure_style.distance_table(same, seed=0)
    hardly = [_shift("cracks", 1.0001, 1.0)] * 3
    assert measure_style.nearer(hardly, "mean").excludes_zero
    assert "towards" not in measure_style.distance_table(hardly, seed=0), "+0.000 is no effect"
    steps = measure_style.step_table(shifts, seed=0).splitlines()[2:]
    assert len(steps) == len(MEASURES)
    assert all("0 of 3 (0%)" in row and "-1.833" in row and "away from the donor" in row for row in steps)
    short = measure_style.in_short([*shifts, _shift("losses", 3.0, 2.0)], seed=0).splitlines()
    assert "differ by 1.625 of 255 levels" in short[0]
    assert "by at most 3.000; 0 of 4 are identical" in short[0]
    assert short[1].startswith("- Distance: **towards the donor** mean colour")
    assert short[2].startswith("- Step: **away from the donor** mean colour")
    assert short[3].endswith("**better** PSNR dB, SSIM, HaarPSI.")
    quality = measure_style.quality_table(shifts, seed=0).splitlines()[2:]
    assert [row.split("|")[1].strip() for row in quality] == ["cracks", "losses", "all"]
    assert all(row.count("+1.500") >= len(QUALITY) for row in quality)


def _corner() -> np.ndarray:
    """Damage that leaves room for a style region of 32 px."""
    mask = np.zeros((48, 48), bool)
    mask[1:12, 1:12] = True
    return mask


@pytest.mark.slow
def test_complete_run_restores_with_both_styles(make_case: Callable[..., Path], tmp_path: Path, capsys):
    for number in range(3):
        folder = make_case(f"{number:03}-losses", number, _corner()).parent
    model, out = tiny_checkpoint(tmp_path / "toy"), tmp_path / "style.md"
    assert measure_style.main([str(folder), "--model", str(model), "-o", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out == out.read_text("utf-8")
    assert all(said.out.count(f"| {name} |") == 4 * len(WAYS) for name in MEASURES.values())
    assert all(title in said.out for title in WAYS.values())


def test_donor_style_changes_only_the_fill(
    make_case: Callable[..., Path], tmp_path: Path, encoder, monkeypatch
):
    for number in range(3):
        folder = make_case(f"{number:03}-losses", number, _corner()).parent
    request = measure_style.RestorationRequest.of(model=str(tiny_checkpoint(tmp_path / "toy")))
    fills = []
    fill_case = measure_style.fill_case

    def kept(*arguments):
        fills.append(fill_case(*arguments))
        return fills[-1]

    monkeypatch.setattr(measure_style, "fill_case", kept)
    works = next(measure_style.rotated(find_cases(folder)))
    measure_style.shift(works, measure_style.WHOLE, request, encoder)
    own, donated = (filled.picture for filled in fills)
    changed = (own != donated).any(-1)
    mask = load_case(works[0]).mask
    dilated = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert changed[mask].any()
    assert not changed[~dilated].any()
