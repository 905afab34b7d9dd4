from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from damage_pictures import Pictures, blots, damaged_with, dilated, painted, scratches

from imagest_core.damage.classes import CRACK, LOSS
from imagest_core.damage.detection.cleanup import Cleanup, chosen_opening, closed, opened, without_small
from imagest_core.damage.detection.crack_response import responses
from imagest_core.damage.detection.cracks import CrackParameters, Polarity, preview_cracks
from imagest_core.damage.detection.detect import detect_cracks, detect_losses, sample_boxes
from imagest_core.damage.detection.losses import LossParameters, estimate_ground, find_ground, preview_losses
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError
from imagest_core.painting.geometry import Box
from imagest_core.painting.picture_files import read_picture
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress

DARK, LIGHT, GROUND = (0.05, 0.04, 0.04), (0.97, 0.95, 0.9), (0.85, 0.84, 0.77)


def f1(mask_found: np.ndarray, truth: np.ndarray, tolerance: int = 1) -> float:
    precision = (mask_found & dilated(truth, tolerance)).sum() / max(mask_found.sum(), 1)
    recall = (truth & dilated(mask_found, tolerance)).sum() / max(truth.sum(), 1)
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def cracked(colour: tuple[float, float, float], thickness: int = 2) -> tuple[np.ndarray, np.ndarray]:
    mask = scratches(320, 400, thickness=thickness, count=20)
    return damaged_with(painted() * 0.5 + 0.25, mask, colour), mask


def otsu_on_top_hat(rgb: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor((rgb * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
    hat = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((9, 9), np.uint8))
    return cv2.threshold(hat, 0, 255, cv2.THRESH_OTSU)[1] > 0


@pytest.mark.parametrize(("colour", "polarity"), [(DARK, Polarity.DARK), (LIGHT, Polarity.LIGHT)])
@pytest.mark.parametrize("thickness", [1, 2, 4])
def test_detects_dark_and_light_cracks(colour: tuple, polarity: Polarity, thickness: int) -> None:
    picture, mask = cracked(colour, thickness)
    assert f1(preview_cracks(picture, CrackParameters(polarity=polarity, dilate=0)), mask) > 0.85


def test_detects_both_polarities_together() -> None:
    picture, dark = cracked(DARK)
    light = scratches(320, 400, seed=7)
    mask_found = preview_cracks(damaged_with(picture, light, LIGHT), CrackParameters(polarity=Polarity.BOTH))
    assert f1(mask_found, dark | light) > 0.8


def test_dark_shapes_are_not_cracks() -> None:
    rng, picture = np.random.default_rng(3), painted() * 0.4 + 0.4
    for _ in range(60):
        centre = (int(rng.integers(400)), int(rng.integers(320)))
        cv2.circle(picture, centre, int(rng.integers(2, 5)), (0.3, 0.3, 0.3), -1)
    mask = scratches(320, 400)
    picture = damaged_with(cv2.GaussianBlur(picture, (0, 0), 0.8), mask, DARK)
    scores, baseline = preview_cracks(picture, CrackParameters(dilate=0)), otsu_on_top_hat(picture)
    assert f1(scores, mask) > max(0.85, f1(baseline, mask) + 0.05)


def test_lines_respond_more_than_spots_of_the_same_width() -> None:
    picture = np.ones((64, 128), np.float32)
    picture[30:33, 5:60] = 0
    cv2.circle(picture, (95, 31), 2, 0.0, -1)
    response, _ = responses(picture, 9)
    assert response[31, 30] > 1.5 * response[31, 95]


def test_removes_round_spots_but_keeps_dotted_cracks() -> None:
    picture = np.full((200, 200, 3), 0.7, np.float32)
    cv2.circle(picture, (40, 40), 2, DARK, -1)
    for x in range(20, 180, 6):
        picture[120:122, x : x + 3] = DARK
    mask_found = preview_cracks(picture, CrackParameters(dilate=0, widest=15))
    assert not mask_found[:100].any()
    assert mask_found[120:122, 20:180].mean() > 0.4


def test_uniform_image_has_no_cracks() -> None:
    assert not preview_cracks(np.full((50, 60, 3), 0.5, np.float32), CrackParameters()).any()


def test_higher_strictness_detects_less() -> None:
    picture, _ = cracked((0.3, 0.3, 0.3), 1)
    counts = [preview_cracks(picture, CrackParameters(strictness=value)).sum() for value in (0.5, 1, 2, 50)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0


@pytest.mark.parametrize(
    "values", [{"widest": 0}, {"strictness": 0.0}, {"sensitivity": 0.0}, {"tone": 2.0}, {"dilate": -1}]
)
def test_rejects_invalid_crack_parameters(values: dict[str, float]) -> None:
    with pytest.raises(MaskError):
        CrackParameters(**values)


def lost() -> tuple[np.ndarray, np.ndarray]:
    mask = blots(320, 400, share=0.1)
    relief = np.random.default_rng(4).standard_normal((320, 400)).astype(np.float32)
    shade = cv2.GaussianBlur(relief, (0, 0), 2)[..., None] * 0.06
    picture = np.where(mask[..., None], np.array(GROUND, np.float32) + shade, painted())
    return picture.astype(np.float32), mask


def test_detects_losses_of_a_given_ground() -> None:
    picture, mask = lost()
    mask_found = preview_losses(picture, LossParameters(ground=GROUND, dilate=0))
    assert f1(mask_found, mask) > 0.9


def test_finds_the_ground_automatically() -> None:
    picture, mask = lost()
    ground = find_ground([picture])
    assert ground == pytest.approx(GROUND, abs=0.05)
    assert f1(preview_losses(picture, LossParameters(dilate=0)), mask) > 0.85


def test_dark_image_has_no_ground() -> None:
    night = np.zeros((64, 64, 3), np.float32) + np.array([0.02, 0.02, 0.1], np.float32)
    assert find_ground([night]) is None
    assert not preview_losses(night, LossParameters()).any()


def test_tiled_detection_equals_detection_in_one_piece(saved: Pictures) -> None:
    rgb = np.tile(cracked(DARK)[0], (6, 4, 1))
    parameters = CrackParameters()
    with open_painting(saved(rgb)) as painting:
        whole = detect_cracks(painting, parameters)
        assert whole.counts().keys() == {CRACK.label}
        in_one_piece = preview_cracks(painting.read_working(), parameters)
    assert np.array_equal(whole.read(whole.box) > 0, in_one_piece)


def test_detects_losses_in_a_painting(saved: Pictures) -> None:
    picture, mask = lost()
    with open_painting(saved(picture)) as painting:
        mask_found = detect_losses(painting, LossParameters(dilate=0))
    assert mask_found.counts().keys() == {LOSS.label}
    assert f1(mask_found.read(mask_found.box) > 0, mask) > 0.85


def test_requires_a_ground_colour_if_none_is_found(saved: Pictures) -> None:
    with (
        open_painting(saved(np.zeros((64, 64, 3)))) as painting,
        pytest.raises(MaskError, match="pick its colour"),
    ):
        detect_losses(painting)


def test_detecting_can_be_cancelled(saved: Pictures) -> None:
    with open_painting(saved(painted())) as painting, pytest.raises(Cancelled):
        detect_cracks(painting, progress=Progress(cancelled=lambda: True))


def test_samples_of_a_large_scan_are_evenly_spaced() -> None:
    boxes = sample_boxes(Box(0, 0, 30_000, 600_000))
    assert len(boxes) == 16
    assert boxes[-1].right == 30_000
    assert sample_boxes(Box(0, 0, 300, 200)) == [Box(0, 0, 300, 200)]


def test_opening_keeps_components_with_a_thick_part() -> None:
    mask = np.zeros((300, 300), bool)
    mask[100:110, 100:110] = mask[105, 110:290] = mask[20, 20:200] = True
    opened_map = opened(DamageMap.from_mask(mask), 2)
    expected = mask.copy()
    expected[20] = False
    assert np.array_equal(opened_map.read(opened_map.box) > 0, expected)


def test_opening_depends_on_the_detected_damage() -> None:
    assert chosen_opening(DamageMap.from_mask(scratches(300, 300, thickness=1))) == 0
    specks = np.random.default_rng(0).random((600, 600)) < 1e-4
    assert chosen_opening(DamageMap.from_mask(blots(600, 600, share=0.3) | specks)) > 0


def test_closing_bridges_gaps_across_tiles_and_at_the_edge() -> None:
    mask = np.zeros((40, 600), bool)
    mask[0:5, 100:255] = mask[0:5, 257:400] = True
    bridged = closed(DamageMap.from_mask(mask), 1).read(Box(0, 0, 600, 40)) > 0
    assert bridged[0:5, 100:400].all()
    assert bridged.sum() == 5 * 300


def test_removes_small_components_unless_protected() -> None:
    damage = DamageMap(100, 100)
    for x in (10, 30, 50):
        damage.write(Box(x, 10, 2, 2), np.ones((2, 2), np.uint8))
    damage.write(Box(60, 60, 5, 5), np.ones((5, 5), np.uint8))
    protected = DamageMap(100, 100)
    protected.write(Box(31, 11, 1, 1), np.ones((1, 1), np.uint8))
    assert without_small(damage, 5).count() == 25
    assert without_small(damage, 5, protected).count() == 29


def test_default_cleanup() -> None:
    assert (Cleanup().closing, Cleanup().dilate) == (1, 1)


@pytest.mark.shared
def test_beats_the_baseline_on_real_cases() -> None:
    folder = Path(__file__).parents[3] / "shared" / "paintings" / "cases-256"
    cases = sorted(folder.glob("*-cracks"))[:8]
    if not cases:
        pytest.skip("the paintings are not available")
    scores, baseline = [], []
    for case in cases:
        rgb = read_picture(case / "damaged.png")[..., ::-1].astype(np.float32) / 255
        truth = read_picture(case / "mask.png", cv2.IMREAD_GRAYSCALE) > 127
        scores.append(f1(preview_cracks(rgb, CrackParameters(dilate=0)), truth))
        baseline.append(f1(otsu_on_top_hat(rgb), truth))
    assert np.mean(scores) > np.mean(baseline) + 0.04


def test_a_face_is_not_taken_for_bare_ground(saved: Pictures) -> None:
    y, x = np.mgrid[0:240, 0:240].astype(np.float32)
    roundness = np.clip(1.25 - np.hypot(x - 120, y - 120) / 150, 0, 1)[..., np.newaxis]
    face = (np.array((0.9, 0.78, 0.68), np.float32) * roundness).astype(np.float32)
    estimate = estimate_ground([face])
    assert estimate is not None
    assert estimate.confidence < 0.3
    with open_painting(saved(face)) as painting, pytest.raises(MaskError, match="learn the damage"):
        detect_losses(painting)


def test_losses_are_found_with_confidence() -> None:
    estimate = estimate_ground([damaged_with(painted() * 0.6, blots(320, 400), GROUND)])
    assert estimate is not None
    assert estimate.confidence > 0.95


def test_drawn_lines_are_not_taken_for_bare_ground() -> None:
    drawing = np.full((240, 240, 3), (0.25, 0.3, 0.28), np.float32)
    for radius in range(20, 110, 12):
        cv2.circle(drawing, (120, 120), radius, (0.7, 0.55, 0.35), 2, cv2.LINE_AA)
    drawing += np.random.default_rng(1).normal(0, 0.01, drawing.shape).astype(np.float32)
    estimate = estimate_ground([drawing])
    assert estimate is not None
    assert estimate.confidence < 0.3
