from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from damage_pictures import damaged_with, dilated, scratches

from imagest_core.damage.detection.crack_response import responses
from imagest_core.damage.detection.crack_texture import CELL, INTACT_FACTOR, support, texture_level
from imagest_core.damage.detection.cracks import CrackParameters, Polarity, learn_cracks, preview_cracks
from imagest_core.damage.mask_io import read_mask
from imagest_core.errors import MaskError
from imagest_core.painting.reader import open_painting

HEIGHT, WIDTH = 640, 768
BLACK = (0.04, 0.03, 0.03)
PLAIN = CrackParameters(dilate=0)
PAINTINGS = Path(__file__).parents[3] / "shared" / "paintings"


@cache
def brushwork(seed: int = 0) -> np.ndarray:
    """Paint intact bristle strokes of all widths, darker as often as lighter than what is below."""
    rng = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), 0.45, np.float32)
    for _ in range(5000):
        start = rng.random(2) * (WIDTH, HEIGHT)
        angle, length = rng.normal(0.6, 0.5), rng.uniform(15, 70)
        bend = rng.normal(0, length / 12, (4, 2)).cumsum(axis=0)
        along = np.linspace(0, length, 4)[:, np.newaxis] * (np.cos(angle), np.sin(angle))
        under = picture[int(start[1]), int(start[0])]
        shade = np.clip(
            under + rng.choice((-1, 1)) * rng.uniform(0.02, 0.16) + rng.normal(0, 0.02, 3), 0.1, 0.9
        )
        line = np.int32((start + along + bend) * 8)
        cv2.polylines(picture, [line], False, shade.tolist(), int(rng.integers(1, 9)), cv2.LINE_AA, shift=3)
    return damaged_with(cv2.GaussianBlur(picture, (0, 0), 0.7), np.zeros((HEIGHT, WIDTH), bool), BLACK)


def cracks(count: int = 60) -> np.ndarray:
    return scratches(HEIGHT, WIDTH, seed=5, count=count, thickness=3)


def precision_recall(found: np.ndarray, truth: np.ndarray, tolerance: int = 1) -> tuple[float, float]:
    """Return precision and recall."""
    precision = (found & dilated(truth, tolerance)).sum() / max(found.sum(), 1)
    return float(precision), float((truth & dilated(found, tolerance)).sum() / truth.sum())


@pytest.mark.parametrize("polarity", [Polarity.DARK, Polarity.LIGHT])
def test_intact_brushwork_is_not_detected(polarity: Polarity) -> None:
    found = preview_cracks(brushwork(), CrackParameters(polarity=polarity, dilate=0))
    assert found.mean() < 0.02


def test_brushwork_is_detected_without_the_texture_level() -> None:
    assert preview_cracks(brushwork(), CrackParameters(texture=0, dilate=0)).mean() > 0.04


def test_detects_cracks_in_brushwork() -> None:
    truth = cracks()
    precision, recall = precision_recall(
        preview_cracks(damaged_with(brushwork(), truth, BLACK), PLAIN), truth
    )
    assert precision > 0.85
    assert recall > 0.8


def test_cracks_in_one_half_do_not_affect_the_other() -> None:
    truth = cracks(150)
    truth[:, WIDTH // 2 :] = False
    found = preview_cracks(damaged_with(brushwork(), truth, BLACK), PLAIN)
    assert found[:, WIDTH // 2 + 3 * CELL :].mean() < 0.02
    assert precision_recall(found[:, : WIDTH // 2], truth[:, : WIDTH // 2])[1] > 0.8


def test_faint_grain_is_not_detected() -> None:
    grain = np.random.default_rng(1).normal(0, 0.012, (400, 400, 1)).astype(np.float32)
    assert not preview_cracks(np.repeat(0.6 + cv2.blur(grain, (1, 25))[..., None], 3, 2), PLAIN).any()


def test_detects_cracks_of_any_tone_on_a_plain_ground() -> None:
    """Tone has no weight if only cracks respond: grey hairlines are detected besides black cracks."""
    picture = damaged_with(np.full((HEIGHT, WIDTH, 3), 0.9, np.float32), cracks(), BLACK)
    hairlines = np.zeros((HEIGHT, WIDTH), bool)
    for x in range(60, WIDTH, 100):
        hairlines[:, x : x + 2] = True
    picture = np.where(hairlines[..., None] & (picture > 0.5), picture - 0.5, picture)
    precision, recall = precision_recall(preview_cracks(picture, PLAIN), cracks() | hairlines)
    assert min(precision, recall) > 0.95


def test_clear_cracks_reduce_the_weight_of_tone() -> None:
    baseline = damaged_with(np.full((HEIGHT, WIDTH, 3), 0.9, np.float32), cracks(), BLACK)
    painted = damaged_with(brushwork(), cracks(), BLACK)
    clear, mixed = (learn_cracks([picture], PLAIN)[Polarity.DARK] for picture in (baseline, painted))
    assert set(clear.weights) == {1.0}
    assert clear.start > mixed.start
    assert mixed.weights[0] > 5 * mixed.weights[30]


def test_texture_level_is_independent_of_the_part() -> None:
    dark, light = responses(brushwork().mean(axis=2), 9)
    whole, halo = texture_level(dark, light), support(0)
    part = texture_level(dark[CELL:, 2 * CELL :], light[CELL:, 2 * CELL :])
    assert halo % CELL == 0
    assert np.array_equal(part[halo:, halo:], whole[CELL + halo :, 2 * CELL + halo :])


def test_texture_level_is_raised_where_light_lines_prevail() -> None:
    few, many = np.zeros((2, 4 * CELL, 4 * CELL), np.float32)
    few[::64], many[::16] = 1, 1
    assert texture_level(few, many)[0, 0] == pytest.approx(INTACT_FACTOR * (1 / 16 + 1e-3), rel=1e-3)
    assert texture_level(many, few)[0, 0] == pytest.approx(1 / 64 + 1e-3, rel=1e-3)


def test_rejects_an_invalid_texture_weight() -> None:
    with pytest.raises(MaskError, match="texture"):
        CrackParameters(texture=-1)


def otsu_on_top_hat(rgb: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor((rgb * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
    hat = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    return cv2.threshold(hat, 0, 255, cv2.THRESH_OTSU)[1] > 0


def read_or_skip(path: Path) -> np.ndarray:
    if not path.exists():
        pytest.skip("the paintings are not available")
    with open_painting(path) as painting:
        return painting.read_working()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["fl187", "ge230"])
def test_beats_the_baseline_on_photographs_of_craquelure(name: str) -> None:
    rgb = read_or_skip(PAINTINGS / "real-damage" / f"cracks-{name}.jpg")
    mask = read_mask(PAINTINGS / "real-damage" / f"cracks-{name}-mask.png")
    truth = mask.read(mask.box) > 0
    f1, baseline = (
        2 / sum(1 / share for share in precision_recall(found, truth, 3))
        for found in (preview_cracks(rgb, PLAIN), otsu_on_top_hat(rgb))
    )
    assert f1 > baseline + 0.005


@pytest.mark.shared
def test_marks_little_of_an_intact_painting() -> None:
    rgb = read_or_skip(PAINTINGS / "scans" / "scan-16bit-adobergb-600dpi.tif")
    assert preview_cracks(rgb, CrackParameters()).mean() < 0.03
