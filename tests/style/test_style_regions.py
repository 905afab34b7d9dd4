from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagest_core.damage.map import DamageMap
from imagest_core.errors import StyleError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.restoration.request import DILATION_RANGE
from imagest_core.style.check import check_style, largest_free_rectangle
from imagest_core.style.reference import StyleReference
from imagest_core.style.suggest import is_clear_of, suggest_regions


def opened(folder: Path, picture: np.ndarray) -> Painting:
    (folder / "picture.png").write_bytes(imagecodecs.png_encode((picture * 255).astype(np.uint8)))
    return open_painting(folder / "picture.png")


def half_textured(height: int, width: int) -> np.ndarray:
    """Return brushwork on the left, a smooth sky on the right."""
    noise = np.random.default_rng(0).random((height, width, 3)).astype(np.float32)
    picture = cv2.GaussianBlur(noise, (0, 0), 1.5)
    picture[:, width // 2 :] = 0.6
    return picture


def damaged_at(painting: Painting, *boxes: Box) -> DamageMap:
    damage = DamageMap(painting.width, painting.height)
    for box in boxes:
        damage.write(box, np.ones((box.height, box.width), np.uint8))
    return damage


@pytest.mark.parametrize("size", [(300, 400), (1700, 2300)])
def test_suggested_regions_are_textured_intact_and_near(tmp_path: Path, size: tuple[int, int]) -> None:
    height, width = size
    with opened(tmp_path, half_textured(height, width)) as painting:
        damage = damaged_at(painting, Box(width // 8, height // 8, 20, 20))
        regions = suggest_regions(painting, damage)
        assert regions == suggest_regions(painting, damage)
    assert len(regions) == 3
    dilated = damage.dilated(3)
    for region in regions:
        assert damage.box.contains(region)
        assert not dilated.read(region).any()
        assert region.x + region.width / 2 < width / 2
        assert sum(region.touches(other) for other in regions) == 1
    first = regions[0]
    assert abs(first.x - width // 8) + abs(first.y - height // 8) < 4 * first.width


def test_suggestions_shrink_to_fit_between_damage(tmp_path: Path) -> None:
    with opened(tmp_path, half_textured(200, 200)) as painting:
        damage = DamageMap(200, 200)
        lines = np.zeros((200, 200), np.uint8)
        lines[::40] = lines[:, ::40] = 1
        damage.write(damage.box, lines)
        regions = suggest_regions(painting, damage, count=5, side=64)
        assert len(regions) == 5
        assert all(region.width == 32 for region in regions)
        damage.write(damage.box, np.ones((200, 200), np.uint8))
        assert suggest_regions(painting, damage) == ()


def test_suggestions_avoid_the_scan_border(tmp_path: Path) -> None:
    scan = np.zeros((300, 400, 3), np.float32)
    scan[40:, 60:] = half_textured(260, 340)[:, :170].repeat(2, axis=1)
    with opened(tmp_path, scan) as painting:
        regions = suggest_regions(painting, damaged_at(painting, Box(70, 50, 8, 8)))
    assert len(regions) == 3
    assert all(region.x >= 60 and region.y >= 40 for region in regions)


def test_uniform_image_is_not_a_border(tmp_path: Path) -> None:
    with opened(tmp_path, np.full((100, 120, 3), 0.5)) as painting:
        assert suggest_regions(painting, DamageMap(120, 100))


def test_image_without_damage_has_suggestions(tmp_path: Path) -> None:
    with opened(tmp_path, half_textured(100, 120)) as painting:
        assert len(suggest_regions(painting, DamageMap(120, 100), count=2)) == 2


def test_intact_region_is_unchanged(tmp_path: Path) -> None:
    with opened(tmp_path, half_textured(100, 120)) as painting:
        style = StyleReference((Box(0, 0, 40, 40), Box(80, 60, 40, 40)))
        assert check_style(style, painting, damaged_at(painting, Box(50, 50, 4, 4))) == style


@pytest.mark.parametrize("region", [Box(100, 0, 30, 30), Box(-1, 0, 30, 30), Box(0, 90, 30, 30)])
def test_refuses_a_region_outside_the_picture(tmp_path: Path, region: Box) -> None:
    with opened(tmp_path, half_textured(100, 120)) as painting:
        with pytest.raises(StyleError, match="beyond the picture"):
            check_style(StyleReference((region,)), painting, DamageMap(120, 100))
        with pytest.raises(StyleError, match="smaller"):
            check_style(StyleReference((Box(0, 0, 0, 20),)), painting, DamageMap(120, 100))


def test_refuses_or_trims_a_region_that_touches_damage(tmp_path: Path) -> None:
    with opened(tmp_path, half_textured(100, 120)) as painting:
        damage = damaged_at(painting, Box(20, 0, 2, 100))
        style = StyleReference((Box(0, 0, 80, 60),))
        with pytest.raises(StyleError, match="contains damage"):
            check_style(style, painting, damage)
        assert check_style(style, painting, damage, trim=True).regions == (Box(22, 0, 58, 60),)
        assert check_style(style, painting, damage, trim=True, dilation=3).regions == (Box(25, 0, 55, 60),)
        with pytest.raises(StyleError, match="no intact part"):
            check_style(StyleReference((Box(18, 0, 10, 60),)), painting, damage, trim=True)


def test_a_large_region_is_trimmed_without_touching_damage(tmp_path: Path) -> None:
    with opened(tmp_path, np.zeros((1300, 1500, 3))) as painting:
        damage = damaged_at(painting, Box(401, 0, 3, 1300), Box(0, 777, 1500, 1))
        (region,) = check_style(StyleReference((painting.box,)), painting, damage, trim=True).regions
    assert not damage.read(region).any()
    assert region.area > 0.98 * 1096 * 777


def test_refuses_a_missing_donor(tmp_path: Path) -> None:
    with (
        opened(tmp_path, half_textured(50, 50)) as painting,
        pytest.raises(StyleError, match="no style image"),
    ):
        check_style(StyleReference(donor=tmp_path / "none.jpg"), painting, DamageMap(50, 50))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_largest_free_rectangle_matches_brute_force(height: int, width: int, seed: int, share: float) -> None:
    taken = np.random.default_rng(seed).random((height, width)) < share
    largest = max(
        (
            (bottom - top) * (right - left)
            for top in range(height)
            for bottom in range(top + 1, height + 1)
            for left in range(width)
            for right in range(left + 1, width + 1)
            if not taken[top:bottom, left:right].any()
        ),
        default=0,
    )
    found = largest_free_rectangle(taken)
    assert found.area == largest
    assert not taken[found.slices].any()


@given(
    seed=st.integers(0, 10_000),
    label=st.sampled_from([1, 2, 6]),
    pieces=st.integers(1, 12),
    count=st.integers(1, 5),
)
@settings(max_examples=40, deadline=None)
def test_suggestions_avoid_damage_of_any_class_and_dilation(
    grounded: Painting, seed: int, label: int, pieces: int, count: int
) -> None:
    rng = np.random.default_rng(seed)
    labels = np.zeros((grounded.height, grounded.width), np.uint8)
    for _ in range(pieces):
        x, y = rng.integers(0, grounded.width), rng.integers(0, grounded.height)
        cv2.circle(labels, (int(x), int(y)), int(rng.integers(0, 25)), label, -1)
    damage = DamageMap(grounded.width, grounded.height)
    damage.write(damage.box, labels)
    dilated = damage.dilated(max(DILATION_RANGE))
    regions = suggest_regions(grounded, damage, count)
    assert regions == suggest_regions(grounded, damage.copy(), count)
    for region in regions:
        assert damage.box.contains(region)
        assert not dilated.read(region).any()
        assert region.x >= GROUND
        assert is_clear_of(region, damage)
        assert sum(region.touches(other) for other in regions) == 1


GROUND = 30


@pytest.fixture(scope="module")
def grounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Painting]:
    """Return brushwork with a uniform border at its left."""
    scan = np.zeros((150, 240, 3), np.float32)
    scan[:, GROUND:] = half_textured(150, 210)[:, :105].repeat(2, axis=1)
    with opened(tmp_path_factory.mktemp("grounded"), scan) as painting:
        yield painting


def test_suggestions_on_a_reduced_scan_avoid_single_damaged_pixels(tmp_path: Path) -> None:
    """At the level that is used for a large scan, a cell covers several pixels."""
    with opened(tmp_path, half_textured(1100, 1300)) as painting:
        damage, rng = DamageMap(1300, 1100), np.random.default_rng(4)
        labels = np.zeros((1100, 1300), np.uint8)
        labels[rng.integers(0, 1100, 60), rng.integers(0, 1300, 60)] = 6
        damage.write(damage.box, labels)
        regions = suggest_regions(painting, damage, count=5)
        assert regions
        assert not any(damage.dilated(3).read(region).any() for region in regions)
