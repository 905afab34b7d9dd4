from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import check_mask_usable, read_mask, write_mask
from imagest_core.errors import MaskError, OutputError

SIZE = (300, 270)


@pytest.fixture
def mask() -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    mask[10:30, 250:290] = mask[269, 0] = True
    return mask


def assert_is(damage: DamageMap, mask: np.ndarray) -> None:
    assert np.array_equal(damage.read(damage.box) > 0, mask)


@pytest.mark.parametrize("name", ["mask.png", "mask.tif", "mask.TIFF"])
def test_round_trip(tmp_path: Path, mask: np.ndarray, name: str) -> None:
    write_mask(DamageMap.from_mask(mask, label=3), tmp_path / name)
    assert_is(read_mask(tmp_path / name, SIZE), mask)
    with Image.open(tmp_path / name) as picture:
        assert picture.mode == "L"
        assert np.array_equal(np.asarray(picture), mask * np.uint8(255))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_reads_as_the_given_label(tmp_path: Path, mask: np.ndarray) -> None:
    write_mask(DamageMap.from_mask(mask), tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png", SIZE, label=5).counts() == {5: int(mask.sum())}


@pytest.mark.parametrize("name", ["bits.png", "bits.tif"])
def test_reads_bilevel_images(tmp_path: Path, mask: np.ndarray, name: str) -> None:
    Image.fromarray(mask).save(tmp_path / name)
    assert_is(read_mask(tmp_path / name, SIZE), mask)


def test_reads_fax_masks_where_white_is_zero(tmp_path: Path, mask: np.ndarray) -> None:
    Image.fromarray(mask).save(tmp_path / "fax.tif", compression="group4", tiffinfo={262: 0})
    with tifffile.TiffFile(tmp_path / "fax.tif") as file:
        assert file.pages.first.photometric == 0
    with Image.open(tmp_path / "fax.tif") as displayed:
        assert_is(read_mask(tmp_path / "fax.tif", SIZE), np.asarray(displayed.convert("L")) > 127)


@pytest.mark.parametrize(
    ("dtype", "low", "high", "white"),
    [(np.uint8, 127, 128, 255), (np.uint16, 32767, 32768, 65535), (np.float32, 0.49, 0.5, 1)],
)
def test_thresholds_soft_edges_at_half_of_full_scale(
    tmp_path: Path, mask: np.ndarray, dtype: type, low: float, high: float, white: float
) -> None:
    samples = (mask * white).astype(dtype)
    samples[10, 250:290], samples[9, 250:290] = high, low
    tifffile.imwrite(tmp_path / "mask.tif", samples)
    assert_is(read_mask(tmp_path / "mask.tif", SIZE), mask)


def test_reads_16_bit_png(tmp_path: Path, mask: np.ndarray) -> None:
    (tmp_path / "m.png").write_bytes(imagecodecs.png_encode(mask * np.uint16(65535)))
    assert_is(read_mask(tmp_path / "m.png", SIZE), mask)


@pytest.mark.parametrize("name", ["mask.png", "mask.tif", "mask.webp"])
def test_reads_opaque_images_with_equal_channels(tmp_path: Path, mask: np.ndarray, name: str) -> None:
    grey = Image.fromarray(mask * np.uint8(255))
    grey.convert("RGBA" if name.endswith("png") else "RGB").save(tmp_path / name, lossless=True)
    assert_is(read_mask(tmp_path / name, SIZE), mask)


def test_applies_the_orientation_of_a_tiff(tmp_path: Path, mask: np.ndarray) -> None:
    rotated = np.rot90(mask).astype(np.uint8) * 255
    tifffile.imwrite(tmp_path / "m.tif", rotated, extratags=[(274, 3, 1, 6, True)])
    assert_is(read_mask(tmp_path / "m.tif", SIZE), mask)


def assert_rejected(path: Path, sentence: str) -> None:
    with pytest.raises(MaskError, match=sentence) as caught:
        read_mask(path, SIZE)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_rejects_another_size_before_decoding(tmp_path: Path, mask: np.ndarray) -> None:
    data = bytearray(imagecodecs.png_encode(mask * np.uint8(255)))
    data[16:20] = (2_000_000).to_bytes(4, "big")
    (tmp_path / "m.png").write_bytes(data)
    assert_rejected(tmp_path / "m.png", "2000000 × 270 pixels but the scan is 300 × 270")
    tifffile.imwrite(tmp_path / "m.tif", mask[1:].astype(np.uint8))
    assert_rejected(tmp_path / "m.tif", "300 × 269 pixels")


def test_rejects_a_polarity_that_cannot_be_read(tmp_path: Path, mask: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "m.tif", mask.astype(np.uint8), photometric="miniswhite", metadata=None)
    with tifffile.TiffFile(tmp_path / "m.tif") as file:
        at = file.pages.first.tags[262].offset
    data = bytearray((tmp_path / "m.tif").read_bytes())
    data[at + 4 : at + 12] = b"\x09\0\0\0\xff\xff\xff\x7f"
    (tmp_path / "m.tif").write_bytes(data)
    assert_rejected(tmp_path / "m.tif", "its tag 262 can't be read")


def test_rejects_an_excessive_declared_size(tmp_path: Path) -> None:
    data = bytearray(imagecodecs.png_encode(np.zeros((4, 4), np.uint8)))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    (tmp_path / "m.png").write_bytes(data)
    with pytest.raises(MaskError, match="too many"):
        read_mask(tmp_path / "m.png")


def test_rejects_colours_and_transparency(tmp_path: Path) -> None:
    coloured = np.zeros((*SIZE[::-1], 3), np.uint8)
    coloured[5, 5] = 255, 0, 0
    (tmp_path / "colour.png").write_bytes(imagecodecs.png_encode(coloured))
    assert_rejected(tmp_path / "colour.png", "colours")
    (tmp_path / "clear.png").write_bytes(imagecodecs.png_encode(np.zeros((*SIZE[::-1], 4), np.uint8)))
    assert_rejected(tmp_path / "clear.png", "transparent")


@pytest.mark.parametrize("name", ["half.png", "half.tif"])
def test_rejects_a_truncated_file(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, SIZE[::-1], dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    assert_rejected(tmp_path / name, "half")


def test_rejects_files_that_are_not_images(tmp_path: Path) -> None:
    (tmp_path / "m.png").write_text("white on black")
    assert_rejected(tmp_path / "m.png", "m.png")
    (tmp_path / "none.png").write_bytes(b"")
    assert_rejected(tmp_path / "none.png", "none.png")
    assert_rejected(tmp_path / "absent.png", "no mask file")
    assert_rejected(tmp_path, "can't be read")


def test_usable_masks_are_neither_empty_nor_full() -> None:
    half = DamageMap.from_mask(np.array([[True, False]]))
    assert check_mask_usable(half) is half
    with pytest.raises(MaskError, match="empty"):
        check_mask_usable(DamageMap(2, 2))
    with pytest.raises(MaskError, match="nothing intact"):
        check_mask_usable(DamageMap.from_mask(np.ones((3, 3), bool)))


def test_overwrites_a_file_only_with_force(tmp_path: Path, mask: np.ndarray) -> None:
    target = tmp_path / "m.png"
    target.write_bytes(b"mine")
    with pytest.raises(OutputError):
        write_mask(DamageMap.from_mask(mask), target)
    assert target.read_bytes() == b"mine"
    write_mask(DamageMap.from_mask(mask), target, force=True)
    assert_is(read_mask(target, SIZE), mask)


def test_writes_png_and_tiff_only(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.png or \.tif"):
        write_mask(DamageMap(3, 3), tmp_path / "mask.jpg")


def test_empty_map_is_a_black_image(tmp_path: Path) -> None:
    write_mask(DamageMap(5, 300), tmp_path / "m.png")
    assert read_mask(tmp_path / "m.png").empty
