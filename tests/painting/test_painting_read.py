from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from imagest_core.errors import PaintingError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Limits, open_painting

RNG = np.random.default_rng(7)


def picture(height: int, width: int, channels: int, depth: int) -> np.ndarray:
    """Return smooth colours with some noise, which all codecs must handle."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    planes = [np.sin(5 * x + 3 * y + i) * 0.4 + 0.5 for i in range(channels)]
    noise = np.random.default_rng(channels).normal(0, 0.02, (height, width, channels))
    return np.clip((np.stack(planes, -1) + noise) * (2**depth - 1), 0, 2**depth - 1).astype(f"u{depth // 8}")


def write(path: Path, samples: np.ndarray, **options: Any) -> Path:
    """Write ``samples`` (h, w, c) as a TIFF, optionally planar."""
    channels = samples.shape[2]
    stored = samples[..., 0] if channels == 1 else samples
    if options.get("planarconfig") == "separate":
        stored = np.moveaxis(samples, 2, 0)
    options.setdefault("photometric", "minisblack" if channels < 3 else "rgb")
    if channels in (2, 4):
        options["extrasamples"] = ["unassalpha"]
    if channels == 2:
        options.setdefault("planarconfig", "contig")
    tifffile.imwrite(path, stored, metadata=None, **options)
    return path


def block_means(samples: np.ndarray, factor: int) -> np.ndarray:
    rows, columns = range(0, samples.shape[0], factor), range(0, samples.shape[1], factor)
    means = [[samples[y : y + factor, x : x + factor].mean((0, 1)) for x in columns] for y in rows]
    return np.array(means)


LAYOUTS = {
    "strips": {"rowsperstrip": 16},
    "one strip": {"rowsperstrip": 75},
    "tiles": {"tile": (32, 16)},
}
CODECS = {
    "none": {},
    "LZW": {"compression": "lzw", "predictor": 2},
    "LZW plain": {"compression": "lzw"},
    "Deflate": {"compression": "adobe_deflate", "predictor": 2},
    "Zstd": {"compression": "zstd", "predictor": 2},
    "PackBits": {"compression": "packbits"},
}


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("depth", [8, 16])
def test_every_tiff_layout_is_read(tmp_path: Path, codec: str, layout: str, depth: int) -> None:
    for channels, planar, order in itertools.product((1, 3, 4), ("contig", "separate"), "<>"):
        if channels == 1 and planar == "separate":
            continue
        samples = picture(75, 53, channels, depth)
        options = CODECS[codec] | LAYOUTS[layout] | {"byteorder": order}
        if channels > 1:
            options["planarconfig"] = planar
        with open_painting(write(tmp_path / "x.tif", samples, **options)) as painting:
            assert (painting.width, painting.height, painting.channels) == (53, 75, channels)
            assert painting.depth == depth
            assert painting.grey == (channels == 1)
            assert painting.alpha == (channels == 4)
            assert np.array_equal(painting.read(), samples)
            assert painting.read().dtype == samples.dtype
            box = Box(9, 13, 31, 40)
            assert np.array_equal(painting.read(box), samples[box.slices])


def test_bigtiff_is_reported(tmp_path: Path) -> None:
    samples = picture(20, 20, 3, 16)
    with open_painting(write(tmp_path / "x.tif", samples, bigtiff=True)) as painting:
        assert painting.format == "BigTIFF"
        assert np.array_equal(painting.read(), samples)


def test_grey_with_alpha(tmp_path: Path) -> None:
    samples = picture(20, 30, 2, 16)
    with open_painting(write(tmp_path / "x.tif", samples)) as painting:
        assert painting.grey
        assert painting.alpha
        assert painting.channels == 2
        back = painting.to_source(painting.read_working(), painting.read())
        assert np.array_equal(back, samples)


@pytest.mark.parametrize("space", ["rgb", "ycbcr"])
def test_jpeg_in_tiff_is_lossy_and_matches_tifffile(tmp_path: Path, space: str) -> None:
    path = tmp_path / "x.tif"
    options = {
        "photometric": space,
        "tile": (64, 64),
        "compression": "jpeg",
        "compressionargs": {"level": 90},
    }
    tifffile.imwrite(path, picture(150, 130, 3, 8), **options)
    with open_painting(path) as painting:
        assert painting.lossy
        assert painting.compression == "JPEG"
        assert np.array_equal(painting.read(), tifffile.imread(path))


def test_white_is_zero_keeps_samples_and_inverts_display(tmp_path: Path) -> None:
    samples = picture(30, 40, 1, 8)
    with open_painting(write(tmp_path / "x.tif", samples, photometric="miniswhite")) as painting:
        assert painting.white_is_zero
        assert np.array_equal(painting.read(), samples)
        assert np.allclose(painting.read_working()[..., 0], 1 - samples[..., 0] / 255, atol=1e-6)
        assert np.array_equal(painting.to_source(painting.read_working(), samples), samples)


@pytest.mark.parametrize("kind", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("compression", [None, "packbits", "ccitt_t6"])
def test_bilevel_opens_as_grey(tmp_path: Path, kind: str, compression: str | None) -> None:
    white = picture(33, 45, 1, 8)[..., 0] > 120
    path = tmp_path / "x.tif"
    if compression == "ccitt_t6":
        from PIL import Image

        Image.fromarray(white).save(path, compression="group4", tiffinfo={262: int(kind == "minisblack")})
    else:
        stored = white if kind == "minisblack" else ~white
        tifffile.imwrite(path, stored, photometric=kind, compression=compression)
    with open_painting(path) as painting:
        assert painting.depth == 8
        assert painting.channels == 1
        assert not painting.stores_samples
        assert np.array_equal(painting.read()[..., 0], np.where(white, 255, 0))
        assert any("1 bit" in note for note in painting.notes)


def test_pages(tmp_path: Path) -> None:
    path, pages = tmp_path / "x.tif", [picture(20 + i, 30, 3, 8) for i in range(3)]
    with tifffile.TiffWriter(path) as writer:
        for samples in pages:
            writer.write(samples, photometric="rgb", metadata=None)
    with open_painting(path) as painting:
        assert (painting.page, painting.pages) == (0, 3)
        assert "The file has 3 pages; the first is shown." in painting.notes
    with open_painting(path, page=2) as painting:
        assert np.array_equal(painting.read(), pages[2])
    for page in (3, -1):
        with pytest.raises(PaintingError, match="there is no page"):
            open_painting(path, page=page)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_reduced_levels_are_block_means(tmp_path: Path, channels: int, level: int) -> None:
    samples = picture(75, 53, channels, 16)
    with open_painting(write(tmp_path / "x.tif", samples, tile=(16, 16))) as painting:
        for box in (painting.box, Box(5, 7, 41, 33)):
            reduced = painting.read(box, level)
            expected = block_means(samples[box.slices].astype(float), 2**level)
            assert reduced.shape == expected.shape
            assert np.abs(reduced - expected).max() <= 0.51


def test_reducing_in_stripes_gives_equal_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = picture(75, 53, 3, 8)
    path = write(tmp_path / "x.tif", samples, rowsperstrip=16)
    with open_painting(path) as painting:
        whole = painting.read(level=2)
        monkeypatch.setattr("imagest_core.painting.reader._STRIPE_SAMPLES", 53 * 3 * 8)
        assert np.array_equal(painting.read(level=2), whole)


def test_pyramid_in_the_file_is_used(tmp_path: Path) -> None:
    path, samples = tmp_path / "x.tif", picture(101, 77, 3, 8)
    marked = np.full((51, 39, 3), 200, np.uint8)  # differs from the mean, to show which one is read
    marked[:, :20] = 10
    with tifffile.TiffWriter(path) as writer:
        writer.write(samples, subifds=2, photometric="rgb", metadata=None, tile=(32, 32))
        writer.write(marked, subfiletype=1, photometric="rgb", metadata=None, tile=(32, 32))
        writer.write(
            samples[:9, :9], subfiletype=1, photometric="rgb", metadata=None
        )  # too small for a level
    with open_painting(path) as painting:
        assert np.array_equal(painting.read(level=1), marked)
        assert np.array_equal(painting.read(Box(2, 4, 60, 30), 1), marked[2:17, 1:31])
        unaligned = painting.read(Box(1, 4, 60, 30), 1)
        assert np.abs(unaligned - block_means(samples[4:34, 1:61].astype(float), 2)).max() <= 0.51
        assert np.abs(painting.read(level=2) - block_means(samples.astype(float), 4)).max() <= 0.51


def test_last_level_has_about_256_pixels(tmp_path: Path) -> None:
    with open_painting(write(tmp_path / "x.tif", np.zeros((10, 1025, 3), np.uint8))) as painting:
        assert painting.levels == 4
        assert painting.read(level=painting.levels - 1).shape == (2, 129, 3)


def test_box_outside_the_image_is_refused(tmp_path: Path) -> None:
    with open_painting(write(tmp_path / "x.tif", picture(20, 30, 3, 8))) as painting:
        for box in (Box(-1, 0, 5, 5), Box(0, 0, 31, 5), Box(3, 3, 0, 4)):
            with pytest.raises(ValueError, match="does not lie inside"):
                painting.read(box)


def test_narrow_box_of_a_wide_uncompressed_image(tmp_path: Path) -> None:
    samples = RNG.integers(0, 65536, (40, 20_000, 3), dtype=np.uint16)
    with open_painting(write(tmp_path / "x.tif", samples, byteorder=">", rowsperstrip=7)) as painting:
        box = Box(12_345, 5, 400, 30)
        assert np.array_equal(painting.read(box), samples[box.slices])


def test_only_touched_segments_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from imagest_core.painting.formats import tiff

    seen: list[int] = []
    original = tiff._decode_segment
    monkeypatch.setattr(
        tiff, "_decode_segment", lambda data, index, **k: seen.append(index) or original(data, index, **k)
    )
    samples = picture(128, 128, 3, 8)
    with open_painting(write(tmp_path / "x.tif", samples, tile=(32, 32), compression="zstd")) as painting:
        assert seen == []
        painting.read(Box(40, 40, 30, 10))
        assert seen == [5, 6]
        painting.read(Box(33, 33, 60, 30))
        assert seen == [5, 6]


def test_threads_read_equal_samples_with_a_small_cache(tmp_path: Path) -> None:
    samples = picture(256, 256, 3, 16)
    path = write(tmp_path / "x.tif", samples, tile=(32, 32), compression="lzw")
    boxes = [Box(int(x), int(y), 50, 60) for x, y in RNG.integers(0, 190, (60, 2))]
    with open_painting(path, limits=Limits(cache=32 * 32 * 6 * 3)) as painting, ThreadPoolExecutor(8) as pool:
        for box, read in zip(boxes, pool.map(painting.read, boxes), strict=True):
            assert np.array_equal(read, samples[box.slices])


def test_segment_larger_than_the_cache_is_decoded_once(tmp_path: Path) -> None:
    from imagest_core.painting.formats.cache import SegmentCache

    made: list[int] = []

    def make() -> np.ndarray:
        made.append(1)
        return np.zeros(1000, np.uint8)

    cache = SegmentCache(100)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: cache.get("large", 1000, make), range(40)))
    assert len(made) == 1


WHOLE = {
    "png": (imagecodecs.png_encode, (1, 2, 3, 4), (8, 16)),
    "jp2": (lambda a: imagecodecs.jpeg2k_encode(a, level=0, codecformat="jp2"), (1, 3), (8, 16)),
    "webp": (lambda a: imagecodecs.webp_encode(a, lossless=True), (3, 4), (8,)),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_lossless_formats_are_read_exactly(tmp_path: Path, kind: str) -> None:
    encode, all_channels, depths = WHOLE[kind]
    for channels, depth in itertools.product(all_channels, depths):
        samples = picture(61, 47, channels, depth)
        path = tmp_path / f"x.{kind}"
        path.write_bytes(encode(samples[..., 0] if channels == 1 else samples))
        with open_painting(path) as painting:
            assert (painting.width, painting.height) == (47, 61)
            assert (painting.channels, painting.depth) == (channels, depth)
            assert np.array_equal(painting.read(), samples)
            assert np.array_equal(painting.read(Box(3, 5, 20, 30)), samples[5:35, 3:23])
            assert not painting.lossy
            assert not painting.stores_samples


def test_jpeg_matches_the_codec(tmp_path: Path) -> None:
    for channels in (1, 3):
        samples = picture(61, 47, channels, 8)
        data = imagecodecs.jpeg8_encode(samples[..., 0] if channels == 1 else samples, level=90)
        (tmp_path / "x.jpg").write_bytes(data)
        with open_painting(tmp_path / "x.jpg") as painting:
            assert painting.format == "JPEG"
            assert painting.lossy
            assert painting.channels == channels
            assert np.array_equal(painting.read().squeeze(), imagecodecs.jpeg8_decode(data))


def test_lossy_webp_and_jpeg2000_are_reported(tmp_path: Path) -> None:
    samples = picture(61, 47, 3, 8)
    for name, data in (
        ("x.webp", imagecodecs.webp_encode(samples, level=80, lossless=False)),
        ("x.jp2", imagecodecs.jpeg2k_encode(samples, level=40, reversible=False)),
    ):
        (tmp_path / name).write_bytes(data)
        with open_painting(tmp_path / name) as painting:
            assert painting.lossy
            assert painting.read().shape == (61, 47, 3)


def test_hash_and_info(tmp_path: Path) -> None:
    import hashlib
    import json

    path = write(tmp_path / "x.tif", picture(20, 30, 3, 16), resolution=(300, 300), resolutionunit="inch")
    with open_painting(path) as painting:
        assert painting.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
        info = json.loads(json.dumps(painting.info()))
    assert (info["width"], info["height"], info["depth"], info["format"]) == (30, 20, 16, "TIFF")
    assert info["px_per_mm"] == pytest.approx([300 / 25.4] * 2)
    assert info["resolution_source"] == "TIFF tags"
    assert info["bytes"] == path.stat().st_size


def test_opening_a_large_file_decodes_nothing(tmp_path: Path) -> None:
    """A sparse file of 100 megapixels."""
    import time

    path = tmp_path / "x.tif"
    tifffile.memmap(path, shape=(10_000, 10_000, 3), dtype=np.uint8, photometric="rgb").flush()
    start = time.process_time()
    with open_painting(path) as painting:
        assert time.process_time() - start < 0.2
        assert painting.read(Box(9_000, 9_000, 100, 100)).max() == 0


def test_reading_a_closed_painting_is_an_error(tmp_path: Path) -> None:
    painting = open_painting(write(tmp_path / "x.tif", picture(20, 30, 3, 8)))
    painting.close()
    painting.close()
    with pytest.raises(ValueError, match="closed"):
        painting.read()
