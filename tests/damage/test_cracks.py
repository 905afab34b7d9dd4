from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from damage_pictures import damaged_with, grown, scratches

from imagest_core.damage.detection.crack_response import responses
from imagest_core.damage.detection.crack_texture import CELL, INTACT, reach, texture_level
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
    """Bristle strokes of every width, as often darker as lighter than what lies under them; no crack."""
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


def shares(found: np.ndarray, truth: np.ndarray, tolerance: int = 1) -> tuple[float, float]:
    """Precision and recall."""
    right = (found & grown(truth, tolerance)).sum() / max(found.sum(), 1)
    return float(right), float((truth & grown(found, tolerance)).sum() / truth.sum())


@pytest.mark.parametrize("polarity", [Polarity.DARK, Polarity.LIGHT])
def test_brushwork_is_no_crack(polarity: Polarity) -> None:
    found = preview_cracks(brushwork(), CrackParameters(polarity=polarity, dilate=0))
    assert found.mean() < 0.02


def test_brushwork_would_be_marked_but_for_its_texture() -> None:
    assert preview_cracks(brushwork(), CrackParameters(texture=0, dilate=0)).mean() > 0.04


def test_cracks_are_found_in_brushwork() -> None:
    truth = cracks()
    precision, recall = shares(preview_cracks(damaged_with(brushwork(), truth, BLACK), PLAIN), truth)
    assert precision > 0.85
    assert recall > 0.8


def test_a_cracked_half_does_not_open_the_other() -> None:
    truth = cracks(150)
    truth[:, WIDTH // 2 :] = False
    found = preview_cracks(damaged_with(brushwork(), truth, BLACK), PLAIN)
    assert found[:, WIDTH // 2 + 3 * CELL :].mean() < 0.02
    assert shares(found[:, : WIDTH // 2], truth[:, : WIDTH // 2])[1] > 0.8


def test_faint_grain_of_a_plain_ground_is_no_crack() -> None:
    grain = np.random.default_rng(1).normal(0, 0.012, (400, 400, 1)).astype(np.float32)
    assert not preview_cracks(np.repeat(0.6 + cv2.blur(grain, (1, 25))[..., None], 3, 2), PLAIN).any()


def test_on_a_plain_ground_cracks_of_any_tone_are_found() -> None:
    """Where nothing else answers, tone isn't asked: a grey hairline counts beside black cracks."""
    picture = damaged_with(np.full((HEIGHT, WIDTH, 3), 0.9, np.float32), cracks(), BLACK)
    hairlines = np.zeros((HEIGHT, WIDTH), bool)
    for x in range(60, WIDTH, 100):
        hairlines[:, x : x + 2] = True
    picture = np.where(hairlines[..., None] & (picture > 0.5), picture - 0.5, picture)
    precision, recall = shares(preview_cracks(picture, PLAIN), cracks() | hairlines)
    assert min(precision, recall) > 0.95


def test_tone_is_asked_the_less_the_clearer_the_cracks() -> None:
    plain = damaged_with(np.full((HEIGHT, WIDTH, 3), 0.9, np.float32), cracks(), BLACK)
    painted = damaged_with(brushwork(), cracks(), BLACK)
    clear, mixed = (learn_cracks([picture], PLAIN)[Polarity.DARK] for picture in (plain, painted))
    assert set(clear.shares) == {1.0}
    assert clear.start > mixed.start
    assert mixed.shares[0] > 5 * mixed.shares[30]


def test_texture_is_measured_alike_in_every_part() -> None:
    dark, light = responses(brushwork().mean(axis=2), 9)
    whole, halo = texture_level(dark, light), reach(0)
    part = texture_level(dark[CELL:, 2 * CELL :], light[CELL:, 2 * CELL :])
    assert halo % CELL == 0
    assert np.array_equal(part[halo:, halo:], whole[CELL + halo :, 2 * CELL + halo :])


def test_texture_counts_more_where_light_lines_outnumber_dark_ones() -> None:
    few, many = np.zeros((2, 4 * CELL, 4 * CELL), np.float32)
    few[::64], many[::16] = 1, 1
    assert texture_level(few, many)[0, 0] == pytest.approx(INTACT * (1 / 16 + 1e-3), rel=1e-3)
    assert texture_level(many, few)[0, 0] == pytest.approx(1 / 64 + 1e-3, rel=1e-3)


def test_refuses_a_senseless_weight_of_the_texture() -> None:
    with pytest.raises(MaskError, match="texture"):
        CrackParameters(texture=-1)


def otsu_on_top_hat(rgb: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor((rgb * 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
    hat = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    return cv2.threshold(hat, 0, 255, cv2.THRESH_OTSU)[1] > 0


def opened_or_skipped(path: Path) -> np.ndarray:
    if not path.exists():
        pytest.skip("the paintings are not beside the checkout")
    with open_painting(path) as painting:
        return painting.read_working()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["fl187", "ge230"])
def test_beats_the_plain_baseline_on_photographs_of_craquelure(name: str) -> None:
    rgb = opened_or_skipped(PAINTINGS / "real-damage" / f"cracks-{name}.jpg")
    mask = read_mask(PAINTINGS / "real-damage" / f"cracks-{name}-mask.png")
    truth = mask.read(mask.box) > 0
    ours, plain = (
        2 / sum(1 / share for share in shares(found, truth, 3))
        for found in (preview_cracks(rgb, PLAIN), otsu_on_top_hat(rgb))
    )
    assert ours > plain + 0.005


@pytest.mark.shared
def test_an_intact_painting_stays_nearly_unmarked() -> None:
    rgb = opened_or_skipped(PAINTINGS / "scans" / "scan-16bit-adobergb-600dpi.tif")
    assert preview_cracks(rgb, CrackParameters()).mean() < 0.03
