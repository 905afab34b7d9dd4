"""No old samples remain in a patched TIFF, and everything else is unchanged."""

from __future__ import annotations

import struct
import subprocess
import time
import zlib
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
import pytest
import tifffile
from tiff_samples import (
    Kind,
    grey_entries,
    handmade,
    noise,
    restore,
    same_but,
    samples_of,
    smooth,
    write_source,
)

from imagest_core.painting.geometry import Box
from imagest_core.painting.tiff.compact import compact, zero_spans
from imagest_core.painting.tiff.extents import merge_spans, occupied_bytes, subtract_spans
from imagest_core.painting.tiff.ifd import Structure
from imagest_core.painting.writer import Patch

MAKER_NOTE, PRIVATE = 37500, 65000


def segments(path: Path, page: int = 0) -> list[bytes]:
    with tifffile.TiffFile(path) as tiff:
        places = zip(tiff.pages[page].dataoffsets, tiff.pages[page].databytecounts)
        whole = path.read_bytes()
        return [whole[start : start + count] for start, count in places]


def check_nothing_old(source: Path, out: Path, page: int = 0) -> int:
    """Assert that no part of a replaced segment is in the file; return the number of replaced segments."""
    old, new, whole = segments(source, page), segments(out, page), out.read_bytes()
    replaced = [a for a, b in zip(old, new) if a != b]
    for data in replaced:
        for start in range(0, len(data) - 24, 24):
            piece = data[start : start + 24]
            assert piece not in whole or not any(piece) or any(piece in kept for kept in new)
    return len(replaced)


def dead_bytes(path: Path) -> int:
    """Return the bytes of the file to which nothing points."""
    found = occupied_bytes(path)
    return found.size - int((found.spans[:, 1] - found.spans[:, 0]).sum())


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd"])
def test_replacing_a_single_strip_does_not_double_the_file(
    tmp_path: Path, compression: str, big: bool
) -> None:
    """The new strip is larger, so it doesn't fit into the old one's bytes."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    picture = noise(120, 200)
    picture[40:60] = 0
    options: dict[str, Any] = {"photometric": "rgb", "rowsperstrip": 120, "compression": compression}
    tifffile.imwrite(source, picture, bigtiff=big, description="A scan", software="Scanner", **options)
    patch = Patch(Box(0, 40, 200, 20), noise(20, 200, seed=1))
    wanted = restore(source, out, [patch])
    tifffile.imwrite(tmp_path / "new.tif", wanted, bigtiff=big, description="A scan", **options)
    np.testing.assert_array_equal(tifffile.imread(out), wanted)
    assert check_nothing_old(source, out) == 1
    assert out.stat().st_size < (tmp_path / "new.tif").stat().st_size * 1.05
    assert dead_bytes(out) <= dead_bytes(source) + 32
    same_but(source, out, 0)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("page", [0, 1, 2])
def test_other_pages_and_tags_are_equal_after_moving(tmp_path: Path, order: str, page: int) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    with tifffile.TiffWriter(source, byteorder=order) as writer:
        for number in range(3):
            writer.write(
                noise(60, 80, seed=number),
                photometric="rgb",
                tile=(32, 32),
                compression="zlib",
                subifds=1,
                description=f"Page {number}",
                metadata=None,
                resolution=(300 + number, 301),
                extratags=[(PRIVATE, 2, 0, "a private text that stays", True)],
            )
            writer.write(noise(20, 30, 1, seed=9)[..., 0], photometric="minisblack", metadata=None)
    wanted = restore(source, out, [Patch(Box(0, 0, 80, 40), np.zeros((40, 80, 3), "u1"))], page)
    np.testing.assert_array_equal(samples_of(out, page), wanted)
    same_but(source, out, 2 * page)
    assert check_nothing_old(source, out, page) == 6
    assert out.stat().st_size < source.stat().st_size - 8000


def test_new_tiles_fill_holes_of_old_ones(tmp_path: Path) -> None:
    """Some new tiles are smaller, some larger than the old ones; all holes are reused."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    picture = noise(256, 256)
    picture[:64, 64:128] = 7
    tifffile.imwrite(source, picture, photometric="rgb", tile=(64, 64), compression="zlib")
    swapped = np.concatenate([picture[:64, 64:128], picture[:64, :64]], axis=1)
    wanted = restore(source, out, [Patch(Box(0, 0, 128, 64), swapped)])
    np.testing.assert_array_equal(tifffile.imread(out), wanted)
    assert abs(out.stat().st_size - source.stat().st_size) < 1000
    with tifffile.TiffFile(source) as old, tifffile.TiffFile(out) as new:
        assert old.pages[0].dataoffsets[2:] == new.pages[0].dataoffsets[2:]


def strip_with(path: Path, *private: tuple[int, int, int, bytes | int], below: bytes = b"") -> Path:
    """Write an image in one strip, with an entry of unknown meaning and 40 private bytes at the end."""
    data = zlib.compress(noise(20, 100, 1, seed=3).tobytes() + bytes(8000))
    entries = grey_entries(100, 100, 8, 100, (273, 4, 1, 8), (279, 4, 1, len(data)))
    handmade(path, data, [*entries, *private], more=below)
    return path


PATCH = Patch(Box(0, 0, 100, 100), noise(100, 100, 1))


def test_private_offset_prevents_moving(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    strip_with(source, (PRIVATE, 4, 1, 0), below=b"forty private bytes that must not move!!")
    whole = source.read_bytes()
    place = len(whole) - 40
    source.write_bytes(
        whole.replace(struct.pack("<HHII", PRIVATE, 4, 1, 0), struct.pack("<HHII", PRIVATE, 4, 1, place))
    )
    wanted = restore(source, out, [PATCH])
    np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)
    written = out.read_bytes()
    assert written[place : place + 40] == whole[-40:]
    strip = segments(source)[0]
    assert written[8 : 8 + len(strip)] == bytes(len(strip))


@pytest.mark.parametrize("moves", [False, True])
def test_maker_note_with_offsets_prevents_moving(tmp_path: Path, moves: bool) -> None:
    """A maker note with numbers that can't be offsets in the file, or with one that can."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    note = b"\xff" * 40 if moves else b"\xff" * 20 + struct.pack(">I", 300) + b"\xff" * 16
    strip_with(source, (MAKER_NOTE, 7, 40, note), below=bytes(400))
    before = source.read_bytes()
    wanted = restore(source, out, [PATCH])
    np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)
    assert (out.read_bytes().find(note) == before.find(note)) is not moves
    check_nothing_old(source, out)


def test_search_of_private_values_is_limited(tmp_path: Path) -> None:
    """500 tags of unknown meaning share 60 kB: nothing is moved."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    strip_with(source, *((PRIVATE + tag, 7, 60_000, 10_000) for tag in range(500)), below=b"\xff" * 70_000)
    started = time.process_time()
    wanted = restore(source, out, [PATCH])
    assert time.process_time() - started < 5
    np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)
    check_nothing_old(source, out)


def test_previously_unused_bytes_are_kept(tmp_path: Path) -> None:
    """Bytes that no directory uses are ignored by the writer."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    strip_with(source, below=b"A remark behind the last directory." * 3)
    restore(source, out, [PATCH])
    assert b"A remark behind the last directory." * 3 in out.read_bytes()


def test_thumbnail_offsets_of_another_page_are_updated(tmp_path: Path) -> None:
    """Tags 513 and 514 are an offset and a size."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    picture = b"\xff\xd8 no real JPEG, but long enough \xff\xd9"
    strip_with(source, below=picture)
    data = bytearray(source.read_bytes())
    place = len(data) - len(picture)
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    data += bytes(len(data) % 2)
    struct.pack_into("<I", data, first + 2 + 12 * count, len(data))
    values = {256: 4, 257: 1, 258: 8, 259: 1, 262: 1, 273: place, 277: 1, 278: 1, 279: 4}
    values |= {513: place, 514: len(picture)}
    data += struct.pack("<H", len(values))
    data += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items()) + bytes(4)
    source.write_bytes(data)
    restore(source, out, [PATCH])
    with open(out, "rb") as file:
        structure = Structure(file)
        new = structure.number(structure.page(1), 513, 0)
    assert new != place
    assert out.read_bytes()[new : new + len(picture)] == picture


def test_conversion_to_bigtiff_leaves_no_old_samples(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    write_source(source, Kind())
    limit = source.stat().st_size + 400
    wanted = restore(source, out, [Patch(Box(0, 0, 101, 40), noise(40, 101))], classic_limit=limit)
    with tifffile.TiffFile(out) as tiff:
        assert tiff.is_bigtiff
    np.testing.assert_array_equal(samples_of(out), wanted)
    assert dead_bytes(out) <= dead_bytes(source) + 200
    same_but(source, out, 0)


def test_value_of_a_removed_entry_is_removed(tmp_path: Path) -> None:
    """After an entry is removed from a directory, :func:`compact` removes its value."""
    path = tmp_path / "scan.tif"
    secret = b"An old state of the picture. " * 20
    tags = [(37724, 7, len(secret), secret, True)]
    tifffile.imwrite(path, noise(40, 40), photometric="rgb", extratags=tags, compression="zlib")
    before, samples = occupied_bytes(path), tifffile.imread(path)
    with open(path, "rb+") as file:
        structure = Structure(file)
        entry = structure.page(0).find(37724)
        assert entry is not None
        file.seek(entry.offset)
        file.write(struct.pack("<HHII", 37724, 7, 1, 0))
    assert compact(path, before) < 16
    assert b"An old state" not in path.read_bytes()
    assert path.stat().st_size <= before.size - len(secret) + 16
    np.testing.assert_array_equal(tifffile.imread(path), samples)


def test_cloud_optimised_file_is_marked_as_edited(tmp_path: Path) -> None:
    """GDAL writes this text behind the header, and relies on the order of the tiles while it says NO."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    text = b"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
    ghost = b"GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n" % len(text) + text
    data = zlib.compress(noise(20, 100, 1, seed=3).tobytes() + bytes(8000))
    place = 8 + len(ghost)
    entries = grey_entries(100, 100, 8, 100, (273, 4, 1, place), (279, 4, 1, len(data)))
    handmade(source, ghost + data, entries)
    wanted = restore(source, out, [PATCH])
    np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)
    assert out.read_bytes()[8:place] == ghost.replace(b"EDITION=NO\n ", b"EDITION=YES\n")
    restore(source, out, [], force=True)
    assert out.read_bytes() == source.read_bytes()


def test_zero_spans(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with open(path, "rb+") as file:
        zero_spans(file, np.array([(1, 3), (8, 10)], np.uint64))
    assert path.read_bytes() == b"0\0\x0034567\0\0"


def test_merge_and_subtract_spans() -> None:
    spans = np.array([(5, 9), (0, 2), (8, 12), (12, 13), (20, 20)], np.uint64)
    assert merge_spans(spans).tolist() == [[0, 2], [5, 13]]
    other = np.array([(1, 6), (10, 11)], np.uint64)
    assert subtract_spans(merge_spans(spans), other).tolist() == [[0, 1], [6, 10], [11, 13]]
    nothing = np.zeros((0, 2), np.uint64)
    assert subtract_spans(other, nothing).tolist() == other.tolist()
    assert len(subtract_spans(nothing, other)) == len(merge_spans(nothing)) == 0


@pytest.mark.skipif(which("tiffinfo") is None, reason="needs libtiff's tools")
def test_libtiff_reads_what_was_moved(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    write_source(source, Kind(compression="lzw", tiled=True, predictor=True))
    restore(source, out, [Patch(Box(0, 0, 101, 75), smooth(75, 101)[::-1].copy())])
    found = subprocess.run(["tiffinfo", "-d", "-s", str(out)], capture_output=True, text=True, check=True)
    assert "Scanner" in found.stdout
    assert "rror" not in found.stderr
