"""Kinds of TIFF that other programs write: further channels, missing tiles, YCbCr, old-style JPEG."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image
from tiff_samples import noise, random_patches, restore, samples_of, smooth

from imagest_core.errors import PaintingError
from imagest_core.painting.color.display import Display
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.painting.tiff.form import Compression, Form
from imagest_core.painting.writer import Patch, keeps_file, writing_notes

Tags = dict[int, tuple[int, list[int]]]
SHORT, LONG, RATIONAL = 3, 4, 5
CODES = {1: "B", SHORT: "H", LONG: "I", RATIONAL: "I"}


def tiff(tags: Tags, *segments: bytes, order: str = "<") -> bytes:
    """A classic TIFF of one directory; offsets (273, or 324 for tiles) and 513 are those of ``segments``."""
    place = 8 + 2 + 12 * len(tags) + 4
    long = sum(size for size in (len(packed(order, *tag)) for tag in tags.values()) if size > 4)
    starts = [place + long + sum(map(len, segments[:i])) for i in range(len(segments))]
    for tag in {273, 324} & tags.keys() if segments else ():
        tags[tag] = LONG, [start if data else 0 for start, data in zip(starts, segments)]
    if 513 in tags:
        tags[513] = LONG, starts[:1]
    entries, values = b"", b""
    for code in sorted(tags):
        kind, numbers = tags[code]
        value = packed(order, kind, numbers)
        entries += struct.pack(order + "HHI", code, kind, len(numbers) // (2 if kind == RATIONAL else 1))
        entries += value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", place + len(values))
        values += value if len(value) > 4 else b""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    return head + entries + bytes(4) + values + b"".join(segments)


def packed(order: str, kind: int, numbers: list[int]) -> bytes:
    return struct.pack(f"{order}{len(numbers)}{CODES[kind]}", *numbers)


# Predictors


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tiled", [False, True])
def test_a_predictor_of_uncompressed_samples_is_ignored(tmp_path: Path, order: str, tiled: bool) -> None:
    """libtiff, and all programs that use it, read such files so."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    samples = noise(32, 64, depth=16)
    stored = samples.astype(f"{order}u2")
    segments = [stored[:, :32].tobytes(), stored[:, 32:].tobytes()] if tiled else [stored.tobytes()]
    sizes = LONG, [len(data) for data in segments]
    places = {322: (SHORT, [32]), 323: (SHORT, [32]), 324: (LONG, [0, 0]), 325: sizes}
    tags = {256: (SHORT, [64]), 257: (SHORT, [32]), 258: (SHORT, [16] * 3), 259: (SHORT, [1])}
    tags |= {262: (SHORT, [2]), 277: (SHORT, [3]), 317: (SHORT, [2])}
    tags |= places if tiled else {273: (LONG, [0]), 278: (SHORT, [32]), 279: sizes}
    source.write_bytes(tiff(tags, *segments, order=order))
    np.testing.assert_array_equal(imagecodecs.tiff_decode(source.read_bytes()), samples)
    np.testing.assert_array_equal(samples_of(source), samples)
    wanted = restore(source, out, [Patch(Box(20, 10, 5, 4), noise(4, 5, depth=16, seed=1))])
    np.testing.assert_array_equal(imagecodecs.tiff_decode(out.read_bytes()), wanted)


# Further channels


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize(
    ("channels", "kinds"),
    [(5, (2, 0)), (5, (0, 0)), (4, (0,)), (9, (0, 0, 1, 0, 0, 0)), (3, (0, 0)), (4, (2, 0, 0))],
)
def test_saved_selections_survive(
    tmp_path: Path, channels: int, kinds: tuple[int, ...], compression: str | None, planar: bool
) -> None:
    grey, source, out = channels - len(kinds) == 1, tmp_path / "source.tif", tmp_path / "out.tif"
    samples = smooth(70, 90, channels, 16)
    options: dict[str, Any] = {
        "photometric": "minisblack" if grey else "rgb",
        "planarconfig": "separate" if planar else "contig",
        "extrasamples": kinds,
        "compression": compression,
        "rowsperstrip": 16,
    }
    tifffile.imwrite(source, np.moveaxis(samples, 2, 0) if planar else samples, metadata=None, **options)
    with open_painting(source) as painting:
        assert np.array_equal(painting.read(), samples)
        assert (painting.channels, painting.grey) == (channels, grey)
        assert painting.alpha == bool({1, 2} & set(kinds))
        assert keeps_file(painting)
        patch = filled(painting, Box(10, 12, 30, 40))
    wanted = restore(source, out, [patch])
    assert np.array_equal(samples_of(out), wanted)
    colours = 1 if grey else 3
    assert np.array_equal(wanted[..., colours:], samples[..., colours:])
    assert not np.array_equal(wanted[..., :colours], samples[..., :colours])
    with tifffile.TiffFile(source) as before, tifffile.TiffFile(out) as after:
        assert after.pages[0].extrasamples == before.pages[0].extrasamples


def filled(painting: Any, box: Box) -> Patch:
    """A grey fill as a restoration makes it: of the colours, over what lies there."""
    under = painting.read(box)
    return Patch(box, painting.to_source(np.full((box.height, box.width, 3), 0.4, np.float32), under))


def test_saved_selections_survive_in_a_new_file(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    tifffile.imwrite(source, smooth(40, 50, 6), photometric="rgb", extrasamples=(0, 1, 0))
    patches = random_patches(Box(0, 0, 50, 40), 6, 8, 1)
    wanted = restore(source, out, patches, form=Form(compression=Compression.LZW))
    assert np.array_equal(samples_of(out), wanted)
    with tifffile.TiffFile(out) as file:
        assert file.pages[0].extrasamples == (0, 1, 0)


def test_a_saved_selection_is_not_shown_as_transparency(tmp_path: Path) -> None:
    samples = np.full((4, 4, 5), 200, np.uint8)
    samples[..., 3:] = 0, 255
    for kinds, opaque in (((0, 0), True), ((0, 2), True), ((2, 0), False)):
        options = {"photometric": "rgb", "planarconfig": "contig", "extrasamples": kinds}
        tifffile.imwrite(tmp_path / "x.tif", samples, **options)
        with open_painting(tmp_path / "x.tif") as painting:
            shown = Display(painting)(painting.read())
        assert (shown[..., 3] == (255 if opaque else 0)).all()


# Strips and tiles that the file leaves out


def sparse(path: Path, compression: str | None, tiled: bool, inverted: bool = False) -> np.ndarray:
    """A picture without its first and its last tile or strip."""
    samples = noise(96, 64, 1)[..., 0]
    kind = "miniswhite" if inverted else "minisblack"
    options: dict[str, Any] = {"tile": (32, 32)} if tiled else {"rowsperstrip": 32}
    tifffile.imwrite(path, samples, photometric=kind, compression=compression, metadata=None, **options)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        for code in (324, 325) if tiled else (273, 279):
            tag = file.pages[0].tags[code]
            size = {SHORT: 2, LONG: 4}[tag.dtype]
            for index in (0, tag.count - 1):
                data[tag.valueoffset + index * size : tag.valueoffset + (index + 1) * size] = bytes(size)
    path.write_bytes(data)
    width = 32 if tiled else 64
    samples[:32, :width] = samples[-32:, -width:] = 0
    return samples


@pytest.mark.parametrize("tiled", [True, False])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "zstd"])
def test_missing_tiles_are_zeros_and_can_be_filled(
    tmp_path: Path, compression: str | None, tiled: bool
) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    samples = sparse(source, compression, tiled)
    with open_painting(source) as painting:
        assert np.array_equal(painting.read()[..., 0], samples)
        kind = "tiles" if tiled else "strips"
        assert f"The file leaves out 2 of its {kind}; their samples are read as 0." in painting.notes
        assert keeps_file(painting)
    wanted = restore(source, out, [Patch(Box(5, 6, 20, 20), noise(20, 20, 1, seed=4))])
    assert np.array_equal(samples_of(out), wanted)
    with open_painting(out) as written:
        assert f"The file leaves out 1 of its {kind}; their samples are read as 0." in written.notes


@pytest.mark.parametrize("tiled", [True, False])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_sparse_file_can_become_a_bigtiff(tmp_path: Path, compression: str | None, tiled: bool) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    sparse(source, compression, tiled, inverted=True)
    patches = [Patch(Box(5, 6, 50, 60), noise(60, 50, 1, seed=4))]
    wanted = restore(source, out, patches, classic_limit=1000)
    assert np.array_equal(samples_of(out), wanted)
    with open_painting(out) as written:
        assert written.format == "BigTIFF"


def test_a_lost_strip_is_no_missing_one(tmp_path: Path) -> None:
    tags: Tags = {256: (LONG, [8]), 257: (LONG, [8]), 258: (SHORT, [8]), 259: (SHORT, [1]), 262: (SHORT, [1])}
    tags |= {273: (LONG, [0]), 278: (LONG, [8]), 279: (LONG, [64])}
    (tmp_path / "x.tif").write_bytes(tiff(tags))
    with pytest.raises(PaintingError, match="cut short"):
        open_painting(tmp_path / "x.tif")


# YCbCr without JPEG


def ycbcr(across: int, down: int, width: int = 21, height: int = 19, **more: Any) -> bytes:
    """A YCbCr TIFF of three strips of random samples."""
    rng, rows = np.random.default_rng(across * 10 + down), 8
    encode = more.pop("encode", bytes)
    unit, wide = across * down + 2, -(-width // across)
    highs = [-(-min(rows, height - y) // down) for y in range(0, height, rows)]
    strips = [encode(rng.integers(0, 256, high * wide * unit, dtype=np.uint8).tobytes()) for high in highs]
    tags: Tags = {256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [8, 8, 8])}
    tags |= {259: (SHORT, [more.pop("compression", 1)]), 262: (SHORT, [6]), 273: (LONG, [0] * 3)}
    tags |= {277: (SHORT, [3]), 278: (LONG, [rows]), 279: (LONG, [*map(len, strips)])}
    tags |= {284: (SHORT, [1]), 530: (SHORT, [across, down]), **more.pop("tags", {})}
    return tiff(tags, *strips, **more)


def as_libtiff(data: bytes, index: int = 0) -> np.ndarray:
    return np.asarray(imagecodecs.tiff_decode(data, index=index, asrgb=True))[..., :3]


FULL_RANGE = {532: (RATIONAL, [0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1])}
VIDEO = {
    532: (RATIONAL, [16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1]),
    529: (RATIONAL, [2125, 10000, 7154, 10000, 721, 10000]),
}


@pytest.mark.parametrize("tags", [{}, FULL_RANGE, VIDEO], ids=["plain", "full", "video"])
@pytest.mark.parametrize(("across", "down"), [(1, 1), (2, 1), (2, 2), (1, 2), (4, 1), (4, 2), (4, 4)])
def test_ycbcr_is_read_as_libtiff_reads_it(tmp_path: Path, across: int, down: int, tags: Tags) -> None:
    data = ycbcr(across, down, tags=dict(tags))
    (tmp_path / "x.tif").write_bytes(data)
    with open_painting(tmp_path / "x.tif") as painting:
        samples = painting.read()
        assert (painting.channels, painting.depth, painting.lossy) == (3, 8, False)
        assert "The file stores YCbCr samples; they are read as RGB." in painting.notes
    reference = as_libtiff(data)
    assert samples.shape == reference.shape
    difference = np.abs(samples.astype(int) - reference)  # libtiff's tables are of whole numbers
    assert difference.max() <= (3 if tags == VIDEO else 2)
    assert difference.mean() < 0.6


@pytest.mark.parametrize(
    ("compression", "encode"),
    [(5, imagecodecs.lzw_encode), (8, imagecodecs.zlib_encode), (32773, imagecodecs.packbits_encode)],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_compressed_ycbcr(tmp_path: Path, compression: int, encode: Any, order: str) -> None:
    for name, made in (
        ("a", ycbcr(2, 2)),
        ("b", ycbcr(2, 2, compression=compression, encode=encode, order=order)),
    ):
        (tmp_path / name).write_bytes(made)
    assert np.array_equal(samples_of(tmp_path / "a"), samples_of(tmp_path / "b"))


def test_ycbcr_is_restored_as_its_decoded_samples(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    source.write_bytes(ycbcr(2, 2, compression=5, encode=imagecodecs.lzw_encode))
    with open_painting(source) as painting:
        assert not keeps_file(painting)
        assert "exactly the decoded samples of source.tif (LZW)" in writing_notes(painting)[0]
    wanted = restore(source, out, [Patch(Box(2, 3, 5, 6), noise(6, 5, 3))])
    assert np.array_equal(samples_of(out), wanted)


def test_impossible_ycbcr_gets_a_sentence(tmp_path: Path) -> None:
    zero = {529: (RATIONAL, [0, 1, 0, 1, 0, 1])}
    flat = {532: (RATIONAL, [9, 1, 9, 1, 128, 1, 255, 1, 128, 1, 255, 1])}
    planar = {284: (SHORT, [2])}
    for data in (ycbcr(3, 1), ycbcr(2, 2, tags=zero), ycbcr(2, 2, tags=flat), ycbcr(1, 1, tags=planar)):
        (tmp_path / "x.tif").write_bytes(data)
        with pytest.raises(PaintingError, match=r"x\.tif is .*: .*\.$"):
            open_painting(tmp_path / "x.tif")


# Old-style JPEG


def old_jpeg(width: int = 48, height: int = 40, **more: tuple[int, list[int]]) -> bytes:
    data = io.BytesIO()
    Image.fromarray(smooth(height, width, 3)).save(data, "JPEG", quality=90, subsampling=2)
    jpeg = data.getvalue()
    tags: Tags = {256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [8, 8, 8]), 259: (SHORT, [6])}
    tags |= {262: (SHORT, [6]), 273: (LONG, [0]), 277: (SHORT, [3]), 278: (LONG, [height])}
    tags |= {279: (LONG, [len(jpeg)]), 512: (SHORT, [1]), 513: (LONG, [0]), 514: (LONG, [len(jpeg)])}
    tags |= {530: (SHORT, [2, 2])} | {int(code[1:]): value for code, value in more.items()}
    return tiff(tags, jpeg)


@pytest.mark.parametrize("orientation", [(SHORT, [6]), (1, [3]), (SHORT, [1])])
def test_old_style_jpeg(tmp_path: Path, orientation: tuple[int, list[int]]) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    source.write_bytes(old_jpeg(t274=orientation))
    upright = smooth(40, 48, 3).astype(int)
    with open_painting(source) as painting:
        shown = painting.read().astype(int)
        expected = {1: upright, 3: upright[::-1, ::-1], 6: np.rot90(upright, -1)}[orientation[1][0]]
        assert shown.shape == expected.shape
        assert np.abs(shown - expected).mean() < 4
        assert (painting.compression, painting.lossy) == ("old-style JPEG", True)
        assert not keeps_file(painting)
    wanted = restore(source, out, [Patch(Box(2, 3, 5, 6), noise(6, 5, 3))])
    assert np.array_equal(samples_of(out), wanted)


def test_broken_old_style_jpeg_gets_a_sentence(tmp_path: Path) -> None:
    data = bytearray(old_jpeg())
    start = data.find(b"\xff\xd8")
    data[start : start + 600] = bytes(600)
    (tmp_path / "x.tif").write_bytes(data)
    with pytest.raises(PaintingError, match=r"x\.tif is"), open_painting(tmp_path / "x.tif") as painting:
        painting.read()


# Numbers of another type


@pytest.mark.parametrize("kind", [1, SHORT, LONG])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [3, 6])
def test_orientation_of_any_whole_type(tmp_path: Path, kind: int, order: str, orientation: int) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    samples = noise(20, 30, 1)
    tags: Tags = {
        256: (LONG, [30]),
        257: (LONG, [20]),
        258: (SHORT, [8]),
        259: (SHORT, [1]),
        262: (SHORT, [1]),
    }
    tags |= {273: (LONG, [0]), 274: (kind, [orientation]), 278: (LONG, [20]), 279: (LONG, [600])}
    source.write_bytes(tiff(tags, samples.tobytes(), order=order))
    with open_painting(source) as painting:
        assert painting.orientation == orientation
        assert np.array_equal(
            painting.read(), samples[::-1, ::-1] if orientation == 3 else np.rot90(samples, -1)
        )
    wanted = restore(source, out, [Patch(Box(1, 2, 4, 5), noise(5, 4, 1, seed=2))])
    assert np.array_equal(samples_of(out), wanted)
