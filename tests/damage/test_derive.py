from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from damage_pictures import Pictures, blots, damaged_with, dilated, iou, painted, scratches

import resources
from imagest_core.damage.detection.alignment import align
from imagest_core.damage.detection.derive import DifferenceParameters, derive_damage, derive_from_arrays
from imagest_core.damage.detection.registration_report import placement
from imagest_core.damage.map import DamageMap
from imagest_core.errors import MaskError
from imagest_core.painting.picture_files import read_picture
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Cancelled, Progress

CASES = Path(__file__).parents[3] / "shared" / "paintings" / "cases-256"


def to_mask(damage: DamageMap) -> np.ndarray:
    return damage.read(damage.box) > 0


def rotation_matrix(
    centre: tuple[float, float], degrees: float = 0, scale: float = 1, shift: float = 0
) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D(centre, degrees, scale)
    matrix[:, 2] += shift
    return matrix


@pytest.mark.parametrize("make", [scratches, blots])
def test_derives_thin_cracks_and_large_losses(make: object) -> None:
    clean = painted()
    mask = make(320, 400)
    for colour in ((0.05, 0.04, 0.04), (0.93, 0.9, 0.84)):
        result = derive_from_arrays(clean, damaged_with(clean, mask, colour))
        assert iou(to_mask(result), dilated(mask)) > 0.85


def test_derives_faint_cracks_next_to_bright_losses() -> None:
    clean = painted() * 0.5
    cracks, losses = scratches(320, 400), blots(320, 400, share=0.2)
    damaged = np.where(cracks[..., None], clean * 0.4, clean).astype(np.float32)
    result = to_mask(derive_from_arrays(clean, damaged_with(damaged, losses, (1, 1, 1), noise=0.004)))
    visible = cracks & ~dilated(losses, 3) & (clean.mean(axis=2) > 0.15)
    assert result[visible].mean() > 0.85


def test_noise_is_hardly_marked() -> None:
    clean = painted()
    result = derive_from_arrays(clean, damaged_with(clean, np.zeros((320, 400), bool), 0, noise=0.02))
    assert result.count() < 0.01 * 320 * 400


def test_equal_images_have_no_damage() -> None:
    assert derive_from_arrays(painted(), painted()).empty


def test_derives_a_stain_of_equal_lightness() -> None:
    clean, mask = painted() * 0.1 + 0.45, blots(320, 400)
    stained = clean + mask[..., None] * np.array([0.15, -0.09, 0.07], np.float32)
    assert (
        iou(to_mask(derive_from_arrays(clean, damaged_with(stained, ~(mask | ~mask), 0))), dilated(mask))
        > 0.8
    )


def test_every_cleanup_step_is_configurable() -> None:
    clean, mask = painted(), scratches(320, 400)
    damaged = damaged_with(clean, mask, (0, 0, 0))
    bare = {"opening": 0, "closing": 0, "min_area": 0, "dilate": 0}
    plain = derive_from_arrays(clean, damaged, DifferenceParameters(**bare)).count()
    assert derive_from_arrays(clean, damaged, DifferenceParameters(**bare | {"opening": 2})).count() < plain
    assert derive_from_arrays(clean, damaged, DifferenceParameters(**bare | {"closing": 3})).count() > plain
    assert derive_from_arrays(clean, damaged, DifferenceParameters(dilate=3)) == derive_from_arrays(
        clean, damaged, DifferenceParameters(dilate=0)
    ).dilated(3)
    assert derive_from_arrays(clean, damaged, DifferenceParameters(cut=3.0)).empty
    large = DifferenceParameters(opening=0, closing=0, dilate=0, min_area=10**6, peak_factor=1e9)
    assert derive_from_arrays(clean, damaged, large).empty


@pytest.mark.parametrize("values", [{"opening": -1}, {"closing": 51}, {"dilate": -1}, {"min_area": -1}])
def test_rejects_invalid_parameters(values: dict[str, int]) -> None:
    with pytest.raises(MaskError):
        DifferenceParameters(**values)


def derived(saved: Pictures, clean: np.ndarray, damaged: np.ndarray, **values: object) -> object:
    paths = saved(clean, "clean.png"), saved(damaged, "damaged.png")
    with open_painting(paths[0]) as one, open_painting(paths[1]) as other:
        return derive_damage(one, other, DifferenceParameters(**values))


@pytest.mark.parametrize(
    ("degrees", "scale", "shift"), [(0, 1, 0), (0, 1, 9.4), (2, 1, 0), (0, 1.03, 0), (2, 1.03, 7), (90, 1, 0)]
)
def test_aligns_a_shifted_rotated_or_scaled_clean_image(
    saved: Pictures, degrees: float, scale: float, shift: float
) -> None:
    clean = painted()
    mask = scratches(320, 400) | blots(320, 400, share=0.05)
    moved = cv2.warpAffine(
        clean,
        rotation_matrix((200, 160), degrees, scale, shift),
        (400, 320),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    result = derived(saved, moved, damaged_with(clean, mask, (0.93, 0.9, 0.84)))
    assert result.alignment.identity == ((degrees, scale, shift) == (0, 1, 0))
    inner = (slice(20, 300), slice(60, 340) if degrees == 90 else slice(20, 380))
    assert iou(to_mask(result.damage)[inner], dilated(mask)[inner]) > 0.75


def test_aligns_a_clean_image_of_another_size_and_exposure(saved: Pictures) -> None:
    clean, mask = painted(), blots(320, 400)
    larger = cv2.resize(clean, (700, 560), interpolation=cv2.INTER_CUBIC) * 0.8 + 0.1
    result = derived(saved, larger, damaged_with(clean, mask, (0.05, 0.05, 0.05)))
    assert iou(to_mask(result.damage), dilated(mask)) > 0.8
    assert result.covered > 0.98


def test_aligns_a_large_scan_precisely(saved: Pictures) -> None:
    clean = painted(1100, 1500)
    mask = scratches(1100, 1500, count=60)
    moved = cv2.warpAffine(
        clean,
        rotation_matrix((700, 500), 0.4, 1.004, 13),
        (1500, 1100),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    result = derived(saved, moved, damaged_with(clean, mask, (0.02, 0.02, 0.02)))
    inner = (slice(60, -60), slice(60, -60))
    assert iou(to_mask(result.damage)[inner], dilated(mask)[inner]) > 0.75


def test_rejects_another_work(saved: Pictures) -> None:
    with pytest.raises(MaskError, match="clean picture"):
        derived(saved, painted(seed=5), painted(seed=6))


def test_rejects_an_image_without_detail(saved: Pictures) -> None:
    with pytest.raises(MaskError, match="clean picture"):
        derived(saved, np.full((300, 300, 3), 0.5), painted())


def test_rejects_a_mirrored_image(saved: Pictures) -> None:
    with pytest.raises(MaskError, match="clean picture"):
        derived(saved, painted()[:, ::-1], painted())


def test_rejects_different_sizes_without_alignment(saved: Pictures) -> None:
    with pytest.raises(MaskError, match="300 × 320 pixels but the damaged one is 400 × 320"):
        derived(saved, painted()[:, :300], painted(), align=False)


def test_derivation_can_be_cancelled(saved: Pictures) -> None:
    with open_painting(saved(painted())) as picture, pytest.raises(Cancelled):
        derive_damage(picture, picture, progress=Progress(cancelled=lambda: True))


@pytest.mark.shared
def test_overlap_on_real_cases() -> None:
    cases = sorted(path.parent for path in CASES.glob("*/photo.jpg"))[:16]
    if not cases:
        pytest.skip("the paintings are not available")
    overlaps: dict[str, list[float]] = {}
    for case in cases:
        with open_painting(case / "clean.png") as clean, open_painting(case / "photo.jpg") as photo:
            result = to_mask(derive_damage(clean, photo).damage)
        truth = dilated(read_picture(case / "mask.png", cv2.IMREAD_GRAYSCALE) > 127)
        overlaps.setdefault(case.name.split("-")[1], []).append(iou(result, truth))
    assert min(np.mean(values) for values in overlaps.values()) > 0.82


@pytest.mark.parametrize(("degrees", "scale"), [(0.6, 1.01), (0.0, 1.01), (2.0, 1.05)])
def test_aligns_a_clean_image_that_does_not_cover_the_edges(
    tmp_path: Path, degrees: float, scale: float
) -> None:
    with open_painting(resources.sample_painting()) as scan, open_painting(resources.sample_clean()) as clean:
        size = (scan.width, scan.height)
        turn = rotation_matrix(((size[0] - 1) / 2, (size[1] - 1) / 2), -degrees, scale)
        turned = cv2.warpAffine(clean.read(), turn, size, flags=cv2.INTER_CUBIC)
        tifffile.imwrite(tmp_path / "turned.tif", turned, photometric="rgb")
        with open_painting(tmp_path / "turned.tif") as moved:
            result = placement(align(moved, scan), moved.box, scan.box)
    assert result.degrees == pytest.approx(-degrees, abs=0.03)
    assert result.scale == pytest.approx(1 / scale, abs=0.0005)
    assert (result.dx, result.dy) == pytest.approx((0, 0), abs=0.2)
