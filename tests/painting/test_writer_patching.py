"""Patching lossless TIFF files: every way to store them, and unusual ones."""

from __future__ import annotations

import os
import struct
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiff_samples import (
    Kind,
    as_stored,
    directories,
    grey_entries,
    handmade,
    noise,
    painted,
    random_patches,
    restore,
    same_but,
    samples_of,
    smooth,
    stored_samples,
    write_source,
)

from imagest_core.painting import file_copy
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.painting.tiff.ifd import Structure
from imagest_core.painting.writer import Patch, keeps_file, write_painting, writing_notes

COMPRESSIONS = (None, "lzw", "zlib", "deflate", "zstd", "packbits", "lzma")

KINDS = st.builds(
    Kind,
    compression=st.sampled_from(COMPRESSIONS),
    predictor=st.booleans(),
    planar=st.booleans(),
    order=st.sampled_from("<>"),
    big=st.booleans(),
    tiled=st.booleans(),
    depth=st.sampled_from((8, 16)),
    channels=st.sampled_from((1, 3, 4)),
    orientation=st.integers(1, 8),
    page=st.integers(0, 2),
).map(lambda kind: replace(kind, planar=kind.planar and kind.channels > 1))


def check_patching(kind: Kind, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "source.tif"), Path(folder, "out.tif")
        write_source(source, kind)
        before = source.read_bytes()
        with open_painting(source, page=kind.page) as painting:
            assert keeps_file(painting)
            patches = random_patches(painting.box, kind.channels, kind.depth, seed)
        wanted = restore(source, out, patches, kind.page)
        np.testing.assert_array_equal(samples_of(out, kind.page), wanted)
        np.testing.assert_array_equal(stored_samples(out, kind), as_stored(wanted, kind))
        same_but(source, out, 3 * kind.page)
        assert source.read_bytes() == before
        assert sorted(path.name for path in Path(folder).iterdir()) == ["out.tif", "source.tif"]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(KINDS, st.integers(0, 10**6))
def test_any_kind_of_file_is_patched_and_otherwise_unchanged(kind: Kind, seed: int) -> None:
    check_patching(kind, seed)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_each_compression_with_the_predictor(compression: str | None, planar: bool, order: str) -> None:
    check_patching(Kind(compression, True, planar, order, depth=16, tiled=planar), 5)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation(orientation: int) -> None:
    check_patching(Kind(orientation=orientation, tiled=True, channels=4), orientation)


def test_grey_with_alpha_and_white_as_zero(tmp_path: Path) -> None:
    check_patching(Kind(channels=2, predictor=True), 3)
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    tifffile.imwrite(source, smooth(40, 50, 1)[..., 0], photometric="miniswhite", compression="zlib")
    patch = Patch(Box(3, 4, 10, 11), noise(11, 10, 1))
    np.testing.assert_array_equal(restore(source, out, [patch]), samples_of(out))


def test_bits_in_reversed_order(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    data = zlib.compress(smooth(20, 30, 1).tobytes())
    reversed_bits = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
    entries = grey_entries(30, 20, 8, 20, (273, 4, 1, 8), (279, 4, 1, len(data)))
    entries.insert(5, (266, 3, 1, struct.pack("<H", 2)))
    handmade(source, reversed_bits, entries)
    wanted = restore(source, out, [Patch(Box(1, 2, 9, 5), noise(5, 9, 1))])
    np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)


def test_only_touched_segments_change(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    tifffile.imwrite(source, noise(512, 512), photometric="rgb", tile=(64, 64), compression="zlib")
    restore(source, out, [Patch(Box(60, 70, 10, 20), noise(20, 10, seed=1))])
    (_, old), (_, new) = directories(source)[0], directories(out)[0]
    assert [index for index, (a, b) in enumerate(zip(old, new)) if a != b] == [8, 9]
    assert out.stat().st_size < source.stat().st_size + 2 * 64 * 64 * 3 + 2048


def test_smaller_segment_shortens_the_file(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    tifffile.imwrite(source, noise(64, 64), photometric="rgb", rowsperstrip=16, compression="zlib")
    wanted = restore(source, out, [Patch(Box(0, 16, 64, 16), np.zeros((16, 64, 3), "u1"))])
    np.testing.assert_array_equal(samples_of(out), wanted)
    with tifffile.TiffFile(source) as old, tifffile.TiffFile(out) as new:
        before, after = old.pages[0].databytecounts, new.pages[0].databytecounts
    assert [a == b for a, b in zip(before, after)] == [True, False, True, True]
    saved = before[1] - after[1]
    assert source.stat().st_size - out.stat().st_size in range(saved - 16, saved + 1)


def test_only_patched_uncompressed_samples_change(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    tifffile.imwrite(source, np.zeros((200, 300, 3), "u2"), photometric="rgb", byteorder=">")
    restore(source, out, [Patch(Box(10, 20, 30, 40), np.full((40, 30, 3), 0x0101, "u2"))])
    old, new = (np.frombuffer(path.read_bytes(), "u1") for path in (source, out))
    assert old.size == new.size
    assert (old != new).sum() == 30 * 40 * 3 * 2


def test_empty_patch_gives_an_identical_file(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    write_source(source, Kind())
    samples = samples_of(source)
    idle = Patch(Box(5, 5, 9, 9), noise(9, 9), np.zeros((9, 9), bool))
    restore(
        source, out, [idle, Patch(Box(0, 0, 20, 30), samples[:30, :20]), Patch(Box(0, 0, 0, 0), noise(0, 0))]
    )
    assert out.read_bytes() == source.read_bytes()


def shared_strips(path: Path, compression: int, order: str = "<") -> None:
    """Write four uniform strips that share their bytes."""
    strip = np.full((10, 40), 77, "u1").tobytes()
    data = strip if compression == 1 else zlib.compress(strip)
    offsets = (273, 4, 4, struct.pack("<4I", 8, 8, 8, 8))
    handmade(
        path,
        data,
        grey_entries(40, 40, compression, 10, offsets, (279, 4, 4, struct.pack("<4I", *[len(data)] * 4))),
    )


@pytest.mark.parametrize("compression", [1, 8])
def test_strips_that_share_their_bytes(tmp_path: Path, compression: int) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    shared_strips(source, compression)
    for box in (Box(3, 12, 5, 6), Box(0, 0, 40, 25)):
        patch = Patch(box, np.zeros((box.height, box.width, 1), "u1"))
        wanted = restore(source, out, [patch], force=True)
        np.testing.assert_array_equal(samples_of(out), wanted)
        np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_pages_that_share_their_strips(tmp_path: Path, compression: str | None) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    with tifffile.TiffWriter(source) as writer:
        for _ in range(2):
            writer.write(
                noise(30, 40), photometric="rgb", rowsperstrip=8, compression=compression, metadata=None
            )
    with tifffile.TiffFile(source, mode="r+") as tiff:
        first, second = tiff.pages
        second.tags[273].overwrite(first.dataoffsets)
        second.tags[279].overwrite(first.databytecounts)
    wanted = restore(source, out, [Patch(Box(5, 5, 9, 9), np.zeros((9, 9, 3), "u1"))])
    np.testing.assert_array_equal(samples_of(out), wanted)
    np.testing.assert_array_equal(samples_of(out, 1), samples_of(source, 1))


def test_counts_too_narrow_for_the_new_segment(tmp_path: Path) -> None:
    """Two inline SHORT counts, one of which must exceed 65,535."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    strip = zlib.compress(bytes(300 * 300))
    size = len(strip)
    offsets = (273, 3, 2, struct.pack("<2H", 8, 8 + size))
    counts = (279, 3, 2, struct.pack("<2H", size, size))
    handmade(source, strip + strip, grey_entries(300, 600, 8, 300, offsets, counts))
    wanted = restore(source, out, [Patch(Box(0, 300, 300, 300), noise(300, 300, 1))])
    np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)
    with tifffile.TiffFile(out) as tiff:
        assert tiff.pages[0].tags[279].dtype == 4
        assert tiff.pages[0].dataoffsets[0] == 8
        assert tiff.pages[0].databytecounts[1] > 65_535


@pytest.mark.parametrize("strips", [1, 2, 3])
def test_offsets_too_narrow_for_the_new_value(tmp_path: Path, strips: int) -> None:
    """SHORT offsets, inline or not, in a file that is longer than their range."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    strip = zlib.compress(bytes(40 * 10))
    places = [8 + i * len(strip) for i in range(strips)]
    offsets = (273, 3, strips, struct.pack(f"<{strips}H", *places))
    counts = (279, 3, strips, struct.pack(f"<{strips}H", *[len(strip)] * strips))
    entries = grey_entries(40, 10 * strips, 8, 10, offsets, counts)
    handmade(source, strip * strips, entries, more=bytes(70_000))
    wanted = restore(source, out, [Patch(Box(0, 0, 40, 10), noise(10, 40, 1))])
    np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)
    with tifffile.TiffFile(out) as tiff:
        assert tiff.pages[0].tags[273].dtype == 4
        assert tiff.pages[0].tags[279].dtype == 3
        assert tiff.pages[0].dataoffsets[1:] == tuple(places[1:])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("page", [0, 2])
@pytest.mark.parametrize("compression", ["lzw", None])
def test_classic_file_above_its_limit_becomes_bigtiff(
    tmp_path: Path, order: str, page: int, compression: str | None
) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    kind = Kind(compression, order=order, page=page, orientation=6)
    write_source(source, kind)
    limit = source.stat().st_size + 400
    with open_painting(source, page=page) as painting:
        patches = random_patches(painting.box, 3, 8, 9)
    wanted = restore(source, out, patches, page, classic_limit=limit)
    with tifffile.TiffFile(out) as tiff:
        assert tiff.is_bigtiff == (compression is not None)
        assert tiff.byteorder == order
    np.testing.assert_array_equal(samples_of(out, page), wanted)
    np.testing.assert_array_equal(stored_samples(out, kind), as_stored(wanted, kind))
    same_but(source, out, 3 * page)


def test_conversion_to_bigtiff_frees_the_longer_header(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    shared_strips(source, 8)
    patch = Patch(Box(0, 12, 40, 6), noise(6, 40, 1))
    wanted = restore(source, out, [patch], classic_limit=source.stat().st_size)
    np.testing.assert_array_equal(tifffile.imread(out)[..., None], wanted)
    np.testing.assert_array_equal(samples_of(out), wanted)
    with tifffile.TiffFile(out) as tiff:
        assert tiff.is_bigtiff
        assert min(tiff.pages[0].dataoffsets) >= 16


def pyramid(path: Path, samples: np.ndarray, *, below: bool, **options: object) -> None:
    """Write ``samples`` with two reduced copies, in SubIFDs or as following pages."""
    with tifffile.TiffWriter(path) as writer:
        writer.write(samples, photometric="rgb", subifds=2 * below, metadata=None, **options)
        for level in (1, 2):
            reduced = block_means(samples, 2**level)
            writer.write(reduced, photometric="rgb", subfiletype=1, metadata=None, **options)


def block_means(samples: np.ndarray, factor: int) -> np.ndarray:
    rows, columns = range(0, samples.shape[0], factor), range(0, samples.shape[1], factor)
    means = [[samples[y : y + factor, x : x + factor].mean((0, 1)) for x in columns] for y in rows]
    return np.rint(means).astype(samples.dtype)


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("growth", [0, 9_000, 2**31])
def test_reduced_copies_are_updated(tmp_path: Path, below: bool, growth: int) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    pyramid(source, smooth(190, 255), below=below, tile=(32, 32), compression="zlib", predictor=2)
    with open_painting(source) as painting:
        notes = writing_notes(painting)
    assert len(notes) == 2
    assert all(note.startswith("Updated") for note in notes)
    limit = source.stat().st_size + growth
    wanted = restore(source, out, [Patch(Box(200, 150, 55, 40), noise(40, 55))], classic_limit=limit)
    with tifffile.TiffFile(out) as tiff:
        assert tiff.is_bigtiff == (growth < 2**31)
        pages = tiff.pages[0].pages if below else tiff.pages[1:]
        np.testing.assert_array_equal(tiff.pages[0].asarray(), wanted)
        for level, page in enumerate(pages, 1):
            got, right = page.asarray().astype(int), block_means(wanted, 2**level).astype(int)
            assert abs(got - right).max() <= 1
            assert (got != block_means(samples_of(source), 2**level)).any()


def test_other_reduced_copies_are_removed(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    with tifffile.TiffWriter(source) as writer:
        writer.write(smooth(64, 64), photometric="rgb", metadata=None)
        writer.write(smooth(21, 21), photometric="rgb", subfiletype=1, metadata=None)
    with open_painting(source) as painting:
        (note,) = writing_notes(painting)
    assert note.startswith("Removed")
    restore(source, out, [Patch(Box(1, 2, 3, 4), noise(4, 3))])
    with tifffile.TiffFile(out) as tiff:
        assert len(tiff.pages) == 1


def test_check_gets_the_finished_file_and_its_result_is_returned(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    write_source(source, Kind())
    patch = Patch(Box(1, 2, 3, 4), noise(4, 3))
    with open_painting(source) as painting:
        wanted = painted(painting.read(), [patch])
        seen = write_painting(painting, [patch], out, check=samples_of)
    np.testing.assert_array_equal(seen, wanted)


@pytest.mark.parametrize(
    "patch",
    [
        Patch(Box(95, 0, 10, 5), noise(5, 10)),
        Patch(Box(0, 0, 5, 5), noise(5, 5, depth=16)),
        Patch(Box(0, 0, 5, 5), noise(5, 5, 1)),
        Patch(Box(0, 0, 5, 5), noise(5, 5), np.ones((5, 4), bool)),
    ],
)
def test_patch_of_another_image_is_refused(tmp_path: Path, patch: Patch) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    write_source(source, Kind())
    with open_painting(source) as painting, pytest.raises(ValueError, match=r"patch|samples|mask"):
        write_painting(painting, [patch], out, check=lambda path: None)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("place", [0, 2**31])
def test_broken_directory_pointers_are_kept(tmp_path: Path, place: int) -> None:
    """Pointers to a next page and an EXIF directory outside the file, also when it becomes a BigTIFF."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    data = zlib.compress(smooth(20, 30, 1).tobytes())
    entries = grey_entries(30, 20, 8, 20, (273, 4, 1, 8), (279, 4, 1, len(data)))
    handmade(source, data, [*entries, (34665, 4, 1, place)])
    whole = source.read_bytes()
    source.write_bytes(whole[:-4] + struct.pack("<I", place))
    patch = Patch(Box(1, 2, 20, 15), noise(15, 20, 1))
    for limit in (2**32, len(whole)):
        wanted = restore(source, out, [patch], classic_limit=limit, force=True)
        np.testing.assert_array_equal(samples_of(out), wanted)
        with open(out, "rb") as file:
            structure = Structure(file)
            (page,) = structure.chain()
            assert structure.number(page, 34665, -1) == place


def test_loop_of_pages_terminates(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    data = zlib.compress(smooth(20, 30, 1).tobytes())
    handmade(source, data, grey_entries(30, 20, 8, 20, (273, 4, 1, 8), (279, 4, 1, len(data))))
    whole = source.read_bytes()
    source.write_bytes(whole[:-4] + whole[4:8])
    for limit in (2**32, len(whole)):
        patch = Patch(Box(1, 2, 20, 15), noise(15, 20, 1))
        wanted = restore(source, out, [patch], classic_limit=limit, force=True)
        np.testing.assert_array_equal(samples_of(out), wanted)


def test_copy_without_kernel_support(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    monkeypatch.setattr(file_copy, "_BLOCK", 1000)
    check_patching(Kind(), 8)
