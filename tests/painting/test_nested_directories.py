"""Directories that share children, contain themselves, or claim more data than the file has."""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tiff_samples import grey_entries, handmade, noise, restore, smooth

from imagest_core.errors import PaintingError
from imagest_core.painting.geometry import Box
from imagest_core.painting.tiff.extents import occupied_bytes
from imagest_core.painting.tiff.ifd import Field, Structure, append_directory
from imagest_core.painting.writer import Patch

PATCH = Patch(Box(1, 2, 5, 6), noise(6, 5))


def tree(levels: int, fan: int, leaf: bytes = b"") -> bytes:
    """Return a TIFF whose directories each point to the next one ``fan`` times, with ``leaf`` at the end."""
    size = 2 + 12 * fan + 4
    out = b"II*\0" + struct.pack("<I", 8)
    end = 8 + levels * size
    for level in range(levels):
        below = 8 + (level + 1) * size
        tags = [330, 34665, 34853, 40965][:fan]
        out += struct.pack("<H", fan)
        out += b"".join(struct.pack("<HHII", tag, 4, 1, below if level + 1 < levels else end) for tag in tags)
        out += bytes(4)
    text = end + 2 + 12 + 4
    return out + struct.pack("<HHHIII", 1, 270, 2, len(leaf), text, 0) + leaf


def jpeg_with(path: Path, exif: bytes) -> Path:
    Image.fromarray(smooth(20, 30)).save(path, exif=b"Exif\0\0" + exif)
    return path


@pytest.mark.parametrize(("levels", "fan"), [(14, 2), (8, 4), (30, 4), (400, 3), (4000, 1)])
def test_shared_directories_are_carried_once(tmp_path: Path, levels: int, fan: int) -> None:
    exif = tree(levels, fan, b"a text at the very end")
    source = jpeg_with(tmp_path / "source.jpg", exif[:65000])
    out = tmp_path / "out.tif"
    started = time.process_time()
    restore(source, out, [PATCH])
    assert out.stat().st_size < 10_000 + 4 * len(exif)
    assert time.process_time() - started < 5
    assert (b"a text at the very end" in out.read_bytes()) == (levels < 32)


def test_implausibly_many_reduced_copies_are_refused_quickly(tmp_path: Path) -> None:
    """5,000 copies, each chained to the next, and all listed by the page and by each other."""
    source = tmp_path / "source.tif"
    tifffile.imwrite(source, smooth(20, 30), photometric="rgb", metadata=None)
    with open(source, "rb+") as file:
        structure = Structure(file)
        page, count = structure.page(0), 5000
        table = structure.size + structure.size % 2
        first, size = table + 4 * count, 2 + 2 * 12 + 4
        places = [first + index * size for index in range(count)]
        file.seek(table)
        file.write(struct.pack(f"<{count}I", *places))
        for place in places:
            entries = struct.pack("<HHIIHHII", 254, 4, 1, 1, 330, 4, count, table)
            file.write(struct.pack("<H", 2) + entries + struct.pack("<I", place + size))
        fields = [Field(each.tag, each.kind, each.count, structure.value(each)) for each in page.entries]
        fields.append(Field(330, 4, count, offset=table))
        start = append_directory(file, structure.flavour, fields)
        file.seek(4)
        file.write(struct.pack("<I", start))
    started = time.process_time()
    with pytest.raises(PaintingError, match="structure is damaged"):
        restore(source, tmp_path / "out.tif", [PATCH])
    assert time.process_time() - started < 5
    assert list(tmp_path.iterdir()) == [source]


def test_shared_value_is_not_written_repeatedly(tmp_path: Path) -> None:
    """300 tags share a value of 30 kB."""
    entries = b"".join(struct.pack("<HHII", 50000 + tag, 7, 30_000, 4000) for tag in range(300))
    exif = b"II*\0" + struct.pack("<IH", 8, 300) + entries + bytes(4)
    source = jpeg_with(tmp_path / "source.jpg", exif.ljust(4000, b"\0") + bytes(30_000))
    restore(source, tmp_path / "out.tif", [PATCH])
    assert (tmp_path / "out.tif").stat().st_size < 200_000


def test_recursive_directory_terminates(tmp_path: Path) -> None:
    exif = b"II*\0" + struct.pack("<IHHHIII", 8, 1, 34665, 4, 1, 8, 0)
    wanted = restore(jpeg_with(tmp_path / "source.jpg", exif), tmp_path / "out.tif", [PATCH])
    assert np.array_equal(tifffile.imread(tmp_path / "out.tif"), wanted)


def test_shared_directories_of_a_patched_file_are_kept(tmp_path: Path) -> None:
    """Also in a conversion to BigTIFF, which rewrites all directories."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    data = zlib.compress(smooth(20, 30, 1).tobytes())
    nested = tree(14, 2, b"a text at the very end")[8:]
    entries = grey_entries(30, 20, 8, 20, (273, 4, 1, 8), (279, 4, 1, len(data)))
    handmade(source, data, [*entries, (34665, 4, 1, 0)])
    start = source.stat().st_size
    moved = bytearray(nested)
    for place in range(0, 14 * 30, 30):
        for entry in (place + 10, place + 22):
            (below,) = struct.unpack_from("<I", moved, entry)
            struct.pack_into("<I", moved, entry, below - 8 + start)
    whole = source.read_bytes().replace(
        struct.pack("<HHII", 34665, 4, 1, 0), struct.pack("<HHII", 34665, 4, 1, start)
    )
    source.write_bytes(whole + moved)
    patch = Patch(Box(0, 0, 30, 20), noise(20, 30, 1))
    for limit in (2**32, len(whole)):
        wanted = restore(source, out, [patch], classic_limit=limit, force=True)
        np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)
        assert out.stat().st_size < 5000
        with open(out, "rb") as file:
            assert len(list(Structure(file).walk())) == 16


def test_overlapping_directories_are_refused(tmp_path: Path) -> None:
    """A chain of directories that start every 18 bytes, each with as many entries as fit."""
    count = 3000
    path = tmp_path / "chain.tif"
    one = struct.pack("<HHHII", 1000, 50000, 4, 1, 0) + bytes(4)
    body = bytearray(b"II*\0" + struct.pack("<I", 8) + one * count)
    for index in range(count - 1000):
        place = 8 + index * 18
        struct.pack_into("<I", body, place + 2 + 12 * 1000, place + 18)
    path.write_bytes(bytes(body))
    started = time.process_time()
    with pytest.raises(PaintingError, match="structure is damaged"):
        occupied_bytes(path)
    assert time.process_time() - started < 2
