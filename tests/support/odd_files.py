"""Small odd and broken pictures of every format, the same in every run."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

WIDTH, HEIGHT = 48, 40
HUGE = 0x7FFFFFFF


def samples(dtype: str = "u1", channels: int = 3) -> np.ndarray:
    """A smooth (h, w, channels) picture."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [x * 4, y * 5, (x + y) * 2, 200 + 0 * x][:channels]
    return (np.dstack(planes) * (1 if dtype == "u1" else 200)).astype(dtype)


def tiff(dtype: str = "u1", **options: Any) -> bytes:
    data = io.BytesIO()
    bigtiff = options.pop("bigtiff", False)
    with tifffile.TiffWriter(data, bigtiff=bigtiff) as file:
        file.write(samples(dtype), photometric="rgb", metadata=None, **options)
    return data.getvalue()


def pillow(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    data = io.BytesIO()
    Image.fromarray(samples()).convert(mode).save(data, kind, **options)
    return data.getvalue()


def whole_files() -> dict[str, bytes]:
    """Valid files, by name."""
    return {
        "strips.tif": tiff(rowsperstrip=8),
        "deflate16.tif": tiff("u2", rowsperstrip=8, compression="zlib", predictor=True),
        "tiles.tif": tiff(tile=(16, 16), compression="lzw"),
        "big.tif": tiff(bigtiff=True, compression="zlib", rowsperstrip=16),
        "jpeg.tif": tiff(tile=(16, 16), compression="jpeg"),
        "rgb.png": pillow("PNG"),
        "deep.png": imagecodecs.png_encode(samples("u2")),
        "palette.png": pillow("PNG", "P"),
        "rgb.jpg": pillow("JPEG"),
        "progressive.jpg": pillow("JPEG", progressive=True),
        "rgb.webp": pillow("WEBP", lossless=True),
        "rgb.jp2": imagecodecs.jpeg2k_encode(samples()),
    }


def broken(data: bytes, cuts: int, flips: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """``data`` truncated at several places, and with single bits flipped, mostly near the start."""
    for number in range(cuts):
        yield f"cut{number}", data[: max(1, len(data) * (number + 1) // (cuts + 1))]
    yield "cut-last", data[:-1]
    rng = np.random.default_rng(seed)
    for number in range(flips):
        place = int(rng.integers(len(data) if number % 2 else min(len(data), 400)))
        changed = bytearray(data)
        changed[place] ^= 1 << int(rng.integers(8))
        yield f"flip{number}", bytes(changed)


def chunk(name: bytes, data: bytes, wrong: bool = False) -> bytes:
    crc = zlib.crc32(name + data) ^ wrong
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def png(width: int, height: int, depth: int = 8, kind: int = 2, data: bytes = b"", *extra: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = [chunk(b"IHDR", head), *extra, chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def directory(*tags: tuple[int, int, int, int]) -> bytes:
    """A little-endian TIFF of one directory of (code, type, count, value)."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4) + bytes(64)


def lying() -> Iterator[tuple[str, bytes]]:
    """Headers that declare missing data."""
    rows = b"".join(b"\0" + bytes(WIDTH * 3) for _ in range(HEIGHT))
    yield "huge.png", png(HUGE, HUGE)
    yield "none.png", png(0, 0)
    yield "few-rows.png", png(WIDTH, HEIGHT, data=rows[:200])
    yield "odd-depth.png", png(WIDTH, HEIGHT, depth=7)
    yield (
        "profile.png",
        png(WIDTH, HEIGHT, 8, 2, rows, chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile"))),
    )
    yield "checksum.png", png(WIDTH, HEIGHT, 8, 2, rows, chunk(b"pHYs", bytes(9), wrong=True))
    yield "bomb.png", png(20_000, 20_000, data=bytes(1_000_000))
    basic = [(257, 4, 1, HEIGHT), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]
    at, rows_tag = (273, 4, 1, 8), (278, 4, 1, HEIGHT)
    yield "huge.tif", directory((256, 4, 1, HUGE), *basic, at, (279, 4, 1, 64), rows_tag)
    yield "outside.tif", directory((256, 4, 1, WIDTH), *basic, (273, 4, 1, HUGE), (279, 4, 1, 64), rows_tag)
    yield (
        "many-strips.tif",
        directory((256, 4, 1, WIDTH), *basic, (273, 4, HUGE, 8), (279, 4, HUGE, 8), rows_tag),
    )
    yield "no-strips.tif", directory((256, 4, 1, WIDTH), *basic)
    yield "loop.tif", b"II*\0\x08\0\0\0" + struct.pack("<H", 0) + struct.pack("<I", 8) + bytes(32)
    yield "ring.tif", directory((256, 4, 1, WIDTH), *basic, at, (279, 4, 1, 64), (330, 4, 1, 8))
    frame = (
        b"\xff\xd8\xff\xc0\0\x11\x08"
        + struct.pack(">HH", 65535, 65535)
        + b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"
    )
    yield "huge.jpg", frame + b"\xff\xd9"
    yield "bare.jpg", b"\xff\xd8\xff\xd9"
    yield "riff.webp", b"RIFF\xff\xff\xff\xffWEBPVP8L\xff\xff\xff\xff\x2f" + b"\xff" * 16
    yield "boxes.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x01jp2h" + b"\xff" * 40


def no_pictures() -> Iterator[tuple[str, bytes]]:
    """Files that are not pictures."""
    yield "empty.tif", b""
    yield "zeros.tif", bytes(4096)
    yield "text.png", b"not a picture\n" * 20
    yield "magic.tif", b"II*\0"
    yield "newer.psd", b"8BPS\0\x01" + bytes(30)


def odd_files(cuts: int = 2, flips: int = 4) -> Iterator[tuple[str, bytes]]:
    """All files: (name, bytes)."""
    for seed, (name, data) in enumerate(whole_files().items()):
        yield name, data
        for what, changed in broken(data, cuts, flips, seed):
            yield f"{what}-{name}", changed
    yield from lying()
    yield from no_pictures()


def write_odd_files(folder: Path, cuts: int = 2, flips: int = 4) -> list[Path]:
    """Write them into ``folder``."""
    made = []
    for name, data in odd_files(cuts, flips):
        (folder / name).write_bytes(data)
        made.append(folder / name)
    return made
