"""TIFF files for the writer's tests, and functions that compare two of them tag by tag."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile

from imagest_core.painting.geometry import Box
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reader import open_painting
from imagest_core.painting.writer import Patch, write_painting

OF_SEGMENTS = {273, 279, 324, 325}
PROFILE = imagecodecs.cms_profile("adobergb")
GREY_PROFILE = imagecodecs.cms_profile("gray", whitepoint=[0.3457, 0.3585, 1.0], gamma=2.2)
XMP = b"<x:xmpmeta tiff:Orientation='6'/>"


@dataclass(frozen=True)
class Kind:
    """One way to store an image."""

    compression: str | None = "zlib"
    predictor: bool = False
    planar: bool = False
    order: str = "<"
    big: bool = False
    tiled: bool = False
    depth: int = 8
    channels: int = 3
    orientation: int = 1
    page: int = 0

    def options(self) -> dict[str, Any]:
        grey = self.channels < 3
        return {
            "photometric": "minisblack" if grey else "rgb",
            "planarconfig": None if self.channels == 1 else ("separate" if self.planar else "contig"),
            "extrasamples": ["unassalpha"] if self.channels in (2, 4) else None,
            "compression": self.compression,
            "predictor": 2 if self.predictor and self.compression else None,
            **({"tile": (32, 48)} if self.tiled else {"rowsperstrip": 13}),
        }


def noise(height: int, width: int, channels: int = 3, depth: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**depth, (height, width, channels), f"u{depth // 8}")


def smooth(height: int, width: int, channels: int = 3, depth: int = 8) -> np.ndarray:
    """Return an image that every codec compresses."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [(x * (3 + i) + y * 5) // 8 % 2**depth for i in range(channels)]
    return np.stack(planes, -1).astype(f"u{depth // 8}")


def write_source(path: Path, kind: Kind, height: int = 75, width: int = 101) -> np.ndarray:
    """A TIFF of three pages, each with two directories below, and private tags; gives the samples
    (height, width, channels), as stored, of the page ``kind`` means.
    """
    private = [
        (65000, 1, 5, b"\1\2\3\4\5", True),
        (65001, 3, 3, (7, 8, 9), True),
        (65002, 4, 1, 123456, True),
    ]
    profile = PROFILE if kind.channels > 2 else GREY_PROFILE
    tags = [(274, 3, 1, kind.orientation, True), (34675, 7, len(profile), profile, True), *private]
    tags += [(700, 1, len(XMP), XMP, True), (33723, 7, 12, b"\x1c\x02\x05\0\7letters", True)]
    samples = smooth(height, width, kind.channels, kind.depth)
    stored = np.moveaxis(samples, 2, 0) if kind.planar else samples
    stored = stored[..., 0] if kind.channels == 1 else stored
    with tifffile.TiffWriter(path, byteorder=kind.order, bigtiff=kind.big) as writer:
        for page in range(3):
            described = {"description": f"Page {page}", "resolution": (300, 400 + page), "extratags": tags}
            writer.write(stored, subifds=2, metadata=None, software="Scanner", **described, **kind.options())
            for size in (11, 29):
                other = noise(size, size + 1, 1, 8, size + page)[..., 0]
                writer.write(other, photometric="minisblack", metadata=None, compression="lzw")
    return samples


def random_patches(box: Box, channels: int, depth: int, seed: int, count: int = 3) -> list[Patch]:
    """Return overlapping patches in ``box``; every second one has a mask."""
    rng = np.random.default_rng(seed)
    patches = []
    for index in range(count):
        width, height = int(rng.integers(1, box.width // 2)), int(rng.integers(1, box.height // 2))
        x, y = int(rng.integers(0, box.width - width + 1)), int(rng.integers(0, box.height - height + 1))
        mask = rng.random((height, width)) < 0.4 if index % 2 else None
        samples = noise(height, width, channels, depth, seed + index)
        patches.append(Patch(Box(x, y, width, height), samples, mask))
    return patches


def painted(samples: np.ndarray, patches: Sequence[Patch]) -> np.ndarray:
    """Return the expected samples as displayed, computed without the code under test."""
    wanted = samples.copy()
    for patch in patches:
        for row in range(patch.box.height):
            for column in range(patch.box.width):
                if patch.mask is None or patch.mask[row, column]:
                    wanted[patch.box.y + row, patch.box.x + column] = patch.samples[row, column]
    return wanted


def restore(source: Path, out: Path, patches: Sequence[Patch], page: int = 0, **options: Any) -> np.ndarray:
    """Write ``source`` with ``patches``; return the expected samples as displayed."""
    with open_painting(source, page=page) as painting:
        wanted = painted(painting.read(), patches)
        write_painting(painting, iter(patches), out, check=lambda path: None, **options)
    return wanted


def samples_of(path: Path, page: int = 0) -> np.ndarray:
    """Return the samples as displayed, read by the program."""
    with open_painting(path, page=page) as painting:
        return painting.read()


def stored_samples(path: Path, kind: Kind) -> np.ndarray:
    """Return the samples (height, width, channels) as stored, read by tifffile."""
    samples = tifffile.imread(path, key=kind.page)
    if kind.channels == 1:
        return samples[..., None]
    return np.moveaxis(samples, 0, 2) if kind.planar else samples


def as_stored(displayed: np.ndarray, kind: Kind) -> np.ndarray:
    return Orientation(kind.orientation).store(displayed)


Tags = dict[int, tuple[int, int, Any]]


def directories(path: Path) -> list[tuple[Tags, list[bytes]]]:
    """Return tags (type, count, value) and segment bytes of every page and subdirectory."""
    found = []
    with tifffile.TiffFile(path) as tiff:
        for page in tiff.pages:
            found.append(_directory(tiff, page))
            found += [_directory(tiff, below) for below in (page.pages or ())]
    return found


def _directory(tiff: tifffile.TiffFile, page: Any) -> tuple[Tags, list[bytes]]:
    tags = {
        tag.code: (int(tag.dtype), tag.count, None if tag.code == 330 else tag.value) for tag in page.tags
    }
    segments = []
    for offset, count in zip(page.dataoffsets, page.databytecounts):
        tiff.filehandle.seek(offset)
        segments.append(tiff.filehandle.read(count))
    return tags, segments


def same_but(source: Path, out: Path, changed: int, *, tables: set[int] = OF_SEGMENTS) -> None:
    """Assert that directory ``changed`` differs in its segments alone, and no other one at all.

    Places may differ, types of ``tables`` too: what they point to is compared instead.
    """
    old, new = directories(source), directories(out)
    assert len(old) == len(new)
    for index, ((old_tags, old_data), (new_tags, new_data)) in enumerate(zip(old, new)):
        assert old_tags.keys() == new_tags.keys()
        for code, value in old_tags.items():
            if code in tables or code == 330:
                assert value[1] == new_tags[code][1]
            else:
                assert value == new_tags[code], f"tag {code} of directory {index}"
        if index != changed:
            assert old_data == new_data


Entry = tuple[int, int, int, bytes | int]
"""Tag, type, count, and the value's bytes, or its offset in the file."""


def handmade(path: Path, data: bytes, entries: Sequence[Entry], order: str = "<", more: bytes = b"") -> None:
    """Write a classic TIFF with one directory and ``data`` directly after the header, at byte 8."""
    values, table = b"", b""
    start = 8 + len(data)
    for tag, kind, count, value in entries:
        packed = value if isinstance(value, bytes) else struct.pack(order + "I", value)
        if len(packed) > 4:
            place, values = start + len(values), values + packed + b"\0" * (len(packed) % 2)
            packed = struct.pack(order + "I", place)
        table += struct.pack(order + "HHI", tag, kind, count) + packed.ljust(4, b"\0")
    mark = b"II" if order == "<" else b"MM"
    header = mark + struct.pack(order + "HI", 42, start + len(values))
    directory = struct.pack(order + "H", len(entries)) + table + bytes(4)
    path.write_bytes(header + data + values + directory + more)


def grey_entries(
    width: int, height: int, compression: int, rows: int, offsets: Entry, counts: Entry
) -> list[Entry]:
    """Return the tags of an 8-bit grey image in strips, in order."""

    def short(tag: int, value: int) -> Entry:
        return tag, 3, 1, struct.pack("<H", value)

    return [
        short(256, width),
        short(257, height),
        short(258, 8),
        short(259, compression),
        short(262, 1),
        offsets,
        short(277, 1),
        short(278, rows),
        counts,
    ]
