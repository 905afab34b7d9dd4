"""Interpretation of masks: the same in every container, rejected if unclear."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from imagest_core.damage.map import DamageMap
from imagest_core.damage.mask_io import read_mask
from imagest_core.damage.mask_parts import read_mask_parts
from imagest_core.errors import MaskError

Write = Callable[[Path, np.ndarray], None]


def tiff(make: Callable[[np.ndarray], np.ndarray], **options: Any) -> Write:
    def write(path: Path, mask: np.ndarray) -> None:
        tifffile.imwrite(path, make(mask), metadata=None, **options)

    return write


def png(make: Callable[[np.ndarray], np.ndarray]) -> Write:
    return lambda path, mask: path.write_bytes(imagecodecs.png_encode(make(mask))) and None


def pillow(kind: str, make: Callable[[np.ndarray], Image.Image], **options: Any) -> Write:
    return lambda path, mask: make(mask).save(path, kind, **options)


def grey(dtype: Any, value: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda mask: (mask * value).astype(dtype)


def stacked(*channels: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda mask: np.stack([make(mask) for make in channels], axis=-1)


def indexed(black: int, white: int, colour: int = 255) -> Callable[[np.ndarray], Image.Image]:
    """Return a palette image in which the index ``white`` is damage of that grey."""

    def make(mask: np.ndarray) -> Image.Image:
        picture = Image.fromarray(np.where(mask, white, black).astype(np.uint8), "P")
        table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
        table[black], table[white] = 0, colour
        picture.putpalette(table.tobytes())
        return picture

    return make


def two_colours(first: int, second: int) -> Callable[[np.ndarray], Image.Image]:
    """Return an image of 8 bits a pixel whose palette has two greys; the lighter one is damage."""

    def make(mask: np.ndarray) -> Image.Image:
        picture = Image.fromarray((mask == (second > first)).astype(np.uint8), "P")
        picture.putpalette([first] * 3 + [second] * 3)
        return picture

    return make


def four_bit_bmp(path: Path, mask: np.ndarray) -> None:
    """Write a BMP of 4 bits a pixel, from the top, whose palette is black and white."""
    height, width = mask.shape
    rows = np.zeros((height, (width * 4 + 31) // 32 * 8), np.uint8)
    rows[:, :width] = mask
    data = (rows[:, ::2] << 4 | rows[:, 1::2]).tobytes()
    header = struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 4, 0, len(data), 0, 0, 2, 2)
    start = 14 + len(header) + 8
    path.write_bytes(
        b"BM" + struct.pack("<III", start + len(data), 0, start) + header + b"\0\0\0\0\xff\xff\xff\0" + data
    )


def run_length_bmp(path: Path, mask: np.ndarray) -> None:
    """Write a BMP of 8 bits a pixel with run lengths, whose palette is all greys."""
    height, width = mask.shape
    rows = (b"".join(bytes([1, 255 * int(each)]) for each in row) + b"\0\0" for row in mask[::-1])
    data = b"".join(rows) + b"\0\1"
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 0, 0, 256, 0)
    palette = b"".join(bytes([grey, grey, grey, 0]) for grey in range(256))
    start = 14 + len(header) + len(palette)
    path.write_bytes(b"BM" + struct.pack("<III", start + len(data), 0, start) + header + palette + data)


def colour_map(black: int, white: int, scale: int) -> np.ndarray:
    table = np.zeros((3, 256), np.uint16)
    table[:, white], table[:, black] = scale, 0
    return table


def indices(black: int, white: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda mask: np.where(mask, white, black).astype(np.uint8)


def packed_png(
    depth: int, value: int, kind: int = 0, palette: bytes = b"", interlaced: bool = False
) -> Write:
    """Return a writer of PNGs of 1, 2 or 4 bits with damage ``value``."""

    def write(path: Path, mask: np.ndarray) -> None:
        bits = np.unpackbits((mask * value).astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
        rows = np.packbits(bits.reshape(len(mask), -1), axis=1)
        data = b"".join(b"\0" + row.tobytes() for row in rows)
        head = struct.pack(">IIBBBBB", mask.shape[1], mask.shape[0], depth, kind, 0, 0, 0)
        parts = [(b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + b"".join(
                struct.pack(">I", len(v)) + n + v + struct.pack(">I", zlib.crc32(n + v))
                for n, v in parts
                if v or n != b"PLTE"
            )
        )

    return write


full = grey(np.uint8, 255)
opaque = lambda mask: np.full(mask.shape, 255, np.uint8)  # noqa: E731
CONTAINERS: dict[str, Write] = {
    "PNG, 1 bit": packed_png(1, 1),
    "PNG, 2 bits, value 2": packed_png(2, 2),
    "PNG, 4 bits": packed_png(4, 15),
    "PNG, 1 bit palette, white first": packed_png(1, 1, 3, bytes([0, 0, 0, 255, 255, 255])),
    "PNG, 2 bit palette": packed_png(2, 3, 3, bytes([0, 0, 0, 9, 9, 9, 8, 8, 8, 255, 255, 255])),
    "PNG, 8 bit": png(full),
    "PNG, 8 bit, value 1": png(grey(np.uint8, 1)),
    "PNG, 16 bit": png(grey(np.uint16, 65535)),
    "PNG, 16 bit, value 1": png(grey(np.uint16, 1)),
    "PNG, RGB": png(stacked(full, full, full)),
    "PNG, RGBA": png(stacked(full, full, full, opaque)),
    "PNG, grey with alpha": png(stacked(full, opaque)),
    "PNG, 16-bit RGBA": png(
        stacked(*[grey(np.uint16, 65535)] * 3, lambda m: np.full(m.shape, 65535, np.uint16))
    ),
    "PNG, palette": pillow("PNG", indexed(0, 255)),
    "PNG, inverted palette": pillow("PNG", indexed(7, 0)),
    "PNG, palette of grey 100": pillow("PNG", indexed(3, 200, 100)),
    "PNG, transparent palette": pillow("PNG", indexed(0, 255), transparency=9),
    "TIFF, 1 bit": pillow("TIFF", Image.fromarray),
    "TIFF, fax": pillow("TIFF", Image.fromarray, compression="group4"),
    "TIFF, 1 bit, white is zero": pillow("TIFF", lambda m: Image.fromarray(m), tiffinfo={262: 0}),
    "TIFF, 8 bit": tiff(full, tile=(32, 48), compression="zlib"),
    "TIFF, 8 bit, value 1": tiff(grey(np.uint8, 1)),
    "TIFF, bool": tiff(lambda m: m, photometric="minisblack"),
    "TIFF, 16 bit": tiff(grey(np.uint16, 65535), compression="lzw", rowsperstrip=13),
    "TIFF, 16 bit, big-endian": tiff(grey(np.uint16, 256), byteorder=">"),
    "TIFF, 32 bit, value 1": tiff(grey(np.uint32, 1)),
    "TIFF, int32": tiff(grey(np.int32, 255), compression="zlib"),
    "TIFF, int32, -1": tiff(grey(np.int32, -1)),
    "TIFF, int16": tiff(grey(np.int16, 1)),
    "TIFF, int8": tiff(grey(np.int8, 127)),
    "TIFF, uint64": tiff(grey(np.uint64, 2**40)),
    "TIFF, half float": tiff(grey(np.float16, 1)),
    "TIFF, float": tiff(grey(np.float32, 1), compression="zlib", predictor=3),
    "TIFF, float, 255": tiff(grey(np.float32, 255), byteorder=">"),
    "TIFF, double, 0.3": tiff(grey(np.float64, 0.3)),
    "TIFF, white is zero": tiff(lambda m: 255 - full(m), photometric="miniswhite"),
    "TIFF, white is zero, value 1": tiff(lambda m: (~m).astype(np.uint8), photometric="miniswhite"),
    "TIFF, white is zero, int32": tiff(lambda m: (~m).astype(np.int32), photometric="miniswhite"),
    "TIFF, palette": tiff(indices(0, 255), photometric="palette", colormap=colour_map(0, 255, 65535)),
    "TIFF, inverted palette": tiff(
        indices(200, 0), photometric="palette", colormap=colour_map(200, 0, 65280)
    ),
    "TIFF, palette of 8 bits": tiff(indices(9, 4), photometric="palette", colormap=colour_map(9, 4, 255)),
    "TIFF, RGB": tiff(stacked(full, full, full), photometric="rgb", planarconfig="contig"),
    "TIFF, planes": tiff(
        lambda m: np.moveaxis(stacked(full, full, full, opaque)(m), -1, 0),
        photometric="rgb",
        planarconfig="separate",
        extrasamples=["unassalpha"],
        compression="zlib",
    ),
    "TIFF, grey with alpha": tiff(
        stacked(full, opaque), photometric="minisblack", planarconfig="contig", extrasamples=[2]
    ),
    "TIFF, grey with a selection": tiff(
        stacked(full, lambda m: m * np.uint8(0)),
        photometric="minisblack",
        planarconfig="contig",
        extrasamples=[0],
    ),
    "TIFF, JPEG": tiff(full, compression="jpeg", compressionargs={"level": 100}, tile=(64, 64)),
    "TIFF, JPEG 2000, 4 bits": tiff(grey(np.uint8, 15), compression="jpeg2000", bitspersample=4),
    "TIFF, JPEG 2000, 12 bits": tiff(grey(np.uint16, 4095), compression="jpeg2000", bitspersample=12),
    "BMP, 1 bit": pillow("BMP", Image.fromarray),
    "BMP, grey": pillow("BMP", lambda m: Image.fromarray(full(m))),
    "BMP, black and white palette": pillow("BMP", two_colours(0, 255)),
    "BMP, reversed palette": pillow("BMP", two_colours(255, 0)),
    "BMP, 4 bits": four_bit_bmp,
    "BMP, run lengths": run_length_bmp,
    "BMP, RGB": pillow("BMP", lambda m: Image.fromarray(stacked(full, full, full)(m))),
    "GIF": pillow("GIF", lambda m: Image.fromarray(full(m))),
    "WebP": pillow("WEBP", lambda m: Image.fromarray(stacked(full, full, full)(m)), lossless=True),
    "JPEG": pillow("JPEG", lambda m: Image.fromarray(full(m)), quality=95),
    "JPEG 2000": pillow("JPEG2000", lambda m: Image.fromarray(full(m))),
    "JPEG 2000, 16 bit": lambda path, m: (
        path.write_bytes(imagecodecs.jpeg2k_encode(grey(np.uint16, 65535)(m), reversible=True)) and None
    ),
}


def shapes(seed: int, height: int, width: int) -> np.ndarray:
    """Return a loss, a crack and single pixels."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width), np.uint8)
    cv2.circle(picture, (int(rng.integers(width)), int(rng.integers(height))), height // 4, 1, -1)
    cv2.polylines(picture, [rng.integers(0, min(width, height), (5, 2)).astype(np.int32)], False, 1)
    picture[rng.integers(0, height, 9), rng.integers(0, width, 9)] = 1
    picture[0, 0], picture[-1, -1] = 0, 1
    return picture > 0


@pytest.mark.parametrize("name", CONTAINERS)
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6), height=st.integers(9, 300), width=st.integers(9, 600))
def test_every_container_yields_the_same_mask(
    tmp_path: Path, name: str, seed: int, height: int, width: int
) -> None:
    mask = shapes(seed, height, width)
    CONTAINERS[name](tmp_path / "mask", mask)
    assert read_mask(tmp_path / "mask", (width, height)) == DamageMap.from_mask(mask)


def test_greys_of_a_bmp_keep_their_values(tmp_path: Path) -> None:
    Image.fromarray(np.eye(40, 30, dtype=np.uint8) * 2).save(tmp_path / "labels.bmp")
    assert [part.value for part in read_mask_parts(tmp_path / "labels.bmp").parts] == [""]
    labels = np.arange(1200, dtype=np.uint8).reshape(40, 30) % 3
    Image.fromarray(labels).save(tmp_path / "labels.bmp")
    assert [part.value for part in read_mask_parts(tmp_path / "labels.bmp").parts] == ["1", "2"]


def test_files_of_several_pictures_are_refused(tmp_path: Path) -> None:
    first, second = (Image.fromarray(full(shapes(seed, 40, 50))) for seed in (1, 2))
    for name, kind in (("m.tif", "TIFF"), ("m.gif", "GIF"), ("m.png", "PNG")):
        first.save(tmp_path / name, kind, save_all=True, append_images=[second])
        with pytest.raises(MaskError, match=f"{name} has 2 pages: save the one"):
            read_mask(tmp_path / name)


def test_reduced_copies_are_no_further_pictures(tmp_path: Path) -> None:
    mask = shapes(1, 40, 50)
    with tifffile.TiffWriter(tmp_path / "m.tif") as writer:
        writer.write(full(mask))
        writer.write(full(mask)[::2, ::2], subfiletype=1)
    assert read_mask(tmp_path / "m.tif") == DamageMap.from_mask(mask)


def test_any_value_besides_0_is_damage(tmp_path: Path) -> None:
    mask = shapes(1, 40, 50)
    for value in range(1, 256):
        tifffile.imwrite(tmp_path / "m.tif", mask * np.uint8(value))
        assert read_mask(tmp_path / "m.tif") == DamageMap.from_mask(mask), value


def test_single_value_is_all_or_nothing(tmp_path: Path) -> None:
    for value, dtype in ((0, np.uint8), (0, np.float32), (255, np.uint8), (1, np.int32), (1, np.float32)):
        tifffile.imwrite(tmp_path / "m.tif", np.full((300, 270), value, dtype))
        assert read_mask(tmp_path / "m.tif").count() == (300 * 270 if value else 0)


# Soft edges


def drawn(thickness: int, kind: int = cv2.LINE_AA) -> np.ndarray:
    rng, picture = np.random.default_rng(4), np.zeros((400, 500), np.uint8)
    for _ in range(9):
        cv2.polylines(picture, [rng.integers(0, 400, (6, 2)).astype(np.int32)], False, 255, thickness, kind)
    return picture


def jpeg(picture: np.ndarray) -> np.ndarray:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "JPEG", quality=60)
    return np.asarray(Image.open(data))


SOFT = {
    "thin lines": drawn(1),
    "lines": drawn(3),
    "smaller": cv2.resize(drawn(3, cv2.LINE_8), (250, 200), interpolation=cv2.INTER_AREA),
    "feathered": cv2.GaussianBlur(drawn(40), (41, 41), 8),
    "JPEG": jpeg(drawn(5, cv2.LINE_8)),
    "two whites": np.where(
        np.arange(500) % 9 == 0, np.minimum(drawn(5, cv2.LINE_8), 254), drawn(5, cv2.LINE_8)
    ),
    "nearly black and white": np.where(drawn(3, cv2.LINE_8) > 0, 252, 3).astype(np.uint8),
}


@pytest.mark.parametrize("name", SOFT)
def test_soft_edges_are_thresholded_at_half(tmp_path: Path, name: str) -> None:
    picture = SOFT[name]
    expected = DamageMap.from_mask(picture >= 128)
    for change, options in (
        (lambda p: p, {}),
        (lambda p: p.astype(np.uint16) * 257, {}),
        (lambda p: p.astype(np.int32), {}),
        (lambda p: p / np.float32(255), {}),
        (lambda p: 255 - p, {"photometric": "miniswhite"}),
    ):
        tifffile.imwrite(tmp_path / "m.tif", change(picture), metadata=None, **options)
        assert read_mask(tmp_path / "m.tif") == expected


# Not clearly black and white


def labels(*values: int) -> np.ndarray:
    return np.repeat(np.repeat(np.array(values, np.uint8)[None], 60, axis=0), 60, axis=1)


def photograph() -> np.ndarray:
    rng = np.random.default_rng(0)
    return cv2.GaussianBlur(rng.integers(0, 256, (300, 300), np.uint8), (5, 5), 0)


UNCLEAR: dict[str, tuple[np.ndarray, str]] = {
    "two greys": (labels(127, 128), r"\(values 127, 128\)"),
    "classes": (labels(0, 1, 2, 3), r"\(values 0, 1, 2, 3\)"),
    "spread classes": (labels(0, 85, 170, 255), r"\(values 0, 85, 170, 255\)"),
    "strokes": (labels(0, 0, 0, 0, 128, 255), r"\(values 0, 128, 255\)"),
    "classes and a border": (labels(0, 1, 255), r"\(values 0, 1, 255\)"),
    "nearly black": (labels(0, 2, 3), r"\(values 0, 2, 3\)"),
    "many": (labels(*range(0, 250, 5)), r"\(values 0, 5, 10, 15 … 245 \(50 different ones\)\)"),
    "a photograph": (photograph(), r"different ones\)"),
    "float classes": (labels(0, 1, 2).astype(np.float32) / 4, r"\(values 0, 0.25, 0.5\)"),
    "int32 classes": (labels(0, 1, 2).astype(np.int32) * 1000, r"\(values 0, 1000, 2000\)"),
    "negative": (labels(0, 1, 2).astype(np.int16) - 1, r"\(values -1, 0, 1\)"),
    "no numbers": (np.where(labels(0, 1) > 0, np.nan, 0), "samples that are not numbers"),
    "infinity": (np.where(labels(0, 1) > 0, np.inf, 0), "samples that are not numbers"),
    "16-bit photograph": (photograph().astype(np.uint16) * 257 + labels(*[7] * 5).shape[0], "different ones"),
    "float noise": (np.random.default_rng(1).random((700, 700)), "different ones"),
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_rejects_unclear_masks_with_their_values(tmp_path: Path, name: str) -> None:
    samples, listed = UNCLEAR[name]
    tifffile.imwrite(tmp_path / "m.tif", samples, metadata=None)
    with pytest.raises(MaskError, match=rf"The mask m\.tif .*{listed}") as caught:
        read_mask(tmp_path / "m.tif")
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("name", ["m.png", "m.tif"])
def test_rejects_a_coloured_palette(tmp_path: Path, name: str) -> None:
    picture = Image.fromarray(labels(0, 1), "P")
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.save(tmp_path / name)
    with pytest.raises(MaskError, match="has colours"):
        read_mask(tmp_path / name)


def test_opacity_must_be_uniform(tmp_path: Path) -> None:
    mask = shapes(2, 300, 300)
    for alpha, valid in ((np.full(mask.shape, 77), True), (mask * 255, False), (mask * 0, False)):
        picture = np.dstack([mask * 255] * 3 + [alpha]).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / "m.png")
        if valid:
            assert read_mask(tmp_path / "m.png") == DamageMap.from_mask(mask)
        else:
            with pytest.raises(MaskError, match="partly transparent"):
                read_mask(tmp_path / "m.png")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["m.tif", "m.png", "m.jpg"])
def test_applies_the_orientation(tmp_path: Path, orientation: int, name: str) -> None:
    from imagest_core.painting.orientation import Orientation

    mask = np.kron(shapes(3, 40, 50), np.ones((8, 8), bool))
    block = Image.Exif()
    block[274] = orientation
    picture = Image.fromarray((mask * 255).astype(np.uint8))
    picture.save(
        tmp_path / name, **({"tiffinfo": {274: orientation}} if name == "m.tif" else {"exif": block})
    )
    displayed = Orientation(orientation).display(mask)
    assert read_mask(tmp_path / name, displayed.shape[::-1]) == DamageMap.from_mask(displayed)


def test_filtered_and_interlaced_png(tmp_path: Path) -> None:
    """All filters across band borders, and the seven passes of Adam7."""
    for depth in (1, 255):
        picture = cv2.GaussianBlur(drawn(9), (9, 9), 2) if depth == 255 else drawn(9, cv2.LINE_8)
        tall = np.vstack([picture] * 2)
        expected = DamageMap.from_mask(tall >= 128)
        for filters in range(6):
            options = [cv2.IMWRITE_PNG_STRATEGY, 0, cv2.IMWRITE_PNG_FILTER, 8 << filters]
            (tmp_path / "m.png").write_bytes(cv2.imencode(".png", tall, options)[1].tobytes())
            assert read_mask(tmp_path / "m.png") == expected


def adam7(picture: np.ndarray) -> bytes:
    data = b""
    for y, x, down, across in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        data += b"".join(b"\0" + row.tobytes() for row in picture[y::down, x::across] if row.size)
    head = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8, 0, 0, 0, 1)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(v)) + n + v + struct.pack(">I", zlib.crc32(n + v)) for n, v in parts
    )


def test_interlaced_png(tmp_path: Path) -> None:
    picture = drawn(5)
    (tmp_path / "m.png").write_bytes(adam7(picture))
    assert read_mask(tmp_path / "m.png") == DamageMap.from_mask(picture >= 128)


def test_rejects_a_png_with_a_wrong_checksum(tmp_path: Path) -> None:
    data = bytearray(imagecodecs.png_encode(drawn(5)))
    end = data.rfind(b"IEND") - 4
    data[end - 6] ^= 255  # of the Adler-32 checksum
    (tmp_path / "m.png").write_bytes(data)
    with pytest.raises(MaskError, match="damaged"):
        read_mask(tmp_path / "m.png")


MEASURED = """
import resource, sys
from imagest_core.damage.mask_io import read_mask
from imagest_core.damage.mask_parts import read_mask_parts
from imagest_core.damage.mask_pictures import open_mask
import imagecodecs, tifffile
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert read_mask(sys.argv[1]).count() == 400 * 300
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts KiB on Linux alone")
@pytest.mark.parametrize("name", ["m.png", "m.tif"])
def test_large_masks_are_read_in_bands(tmp_path: Path, name: str) -> None:
    """A copy of the 168 megapixels would take 168 MB."""
    picture = np.zeros((12_000, 14_000), np.uint8)
    picture[6000:6300, 7000:7400] = 255
    if name == "m.png":
        options = [cv2.IMWRITE_PNG_COMPRESSION, 1]
        (tmp_path / name).write_bytes(cv2.imencode(".png", picture, options)[1].tobytes())
    else:
        tifffile.imwrite(tmp_path / name, picture, compression="zlib", tile=(512, 512))
    del picture
    command = [sys.executable, "-c", MEASURED, str(tmp_path / name)]
    used = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert used < 100


@pytest.mark.shared
def test_palette_is_read_equally_from_tiff_and_png(shared: Path) -> None:
    read = [read_mask(shared / "faulty" / f"palette-mask-inverted.{ending}") for ending in ("tif", "png")]
    assert read[0] == read[1]
    assert 0 < read[0].count() < read[0].box.area / 2
