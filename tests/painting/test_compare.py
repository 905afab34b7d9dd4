"""Comparison of a written file with its source: what is decoded, and that errors are detected."""

from __future__ import annotations

import hashlib
import random
import struct
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tiff_samples import Kind, grey_entries, handmade, noise, random_patches, restore, smooth, write_source

from imagest_core.errors import PaintingError, VerificationError
from imagest_core.painting.color.working import srgb_profile
from imagest_core.painting.compare import Comparison, compare, part_digests
from imagest_core.painting.formats import segments
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.painting.stored_parts import PartDigests
from imagest_core.painting.tiff.ifd import Structure
from imagest_core.painting.writer import Patch
from imagest_core.progress import Progress

BOX = Box(70, 40, 20, 10)
KIND = Kind(tiled=True, predictor=True)


def checker(before: Painting, after: Painting, boxes: list[Box]) -> Callable[[Box], Any]:
    """Compare everything outside ``boxes``."""

    def check(box: Box) -> Any:
        outside = np.ones((box.height, box.width), bool)
        for filled in boxes:
            inside = filled.within(box)
            outside[inside.moved(-box.x, -box.y).slices] = False
        one, other = before.read(box), after.read(box)
        if not np.array_equal(one[outside], other[outside]):
            raise VerificationError("It differs.")
        return one[outside]

    return check


def compared(source: Path, out: Path, boxes: list[Box], page: int = 0) -> Comparison:
    with open_painting(source, page=page) as before, open_painting(out, page=page) as after:
        for name in ("box", "channels", "depth", "white_is_zero", "profile"):
            if getattr(before, name) != getattr(after, name):
                raise VerificationError("It is of another kind.")
        return compare(before, out, page, boxes, checker(before, after, boxes))


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the decoded segments of both files."""
    seen: list[int] = []
    real = segments.SegmentReader._decoded

    def counted(self: segments.SegmentReader, index: int) -> Any:
        seen.append(index)
        return real(self, index)

    monkeypatch.setattr(segments.SegmentReader, "_decoded", counted)
    return seen


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_only_re_encoded_segments_are_decoded(
    tmp_path: Path, decoded: list[int], tiled: bool, orientation: int
) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    kind = replace(KIND, tiled=tiled, orientation=orientation)
    write_source(source, kind)
    with open_painting(source) as painting:
        size = painting.width, painting.height
    stored = Box(50, 40, 20, 10)
    box = Orientation(orientation).displayed_box(stored, *size)
    assert Orientation(orientation).stored_box(box, *size) == stored
    patch = Patch(box, noise(box.height, box.width))
    wanted = restore(source, out, [patch])
    decoded.clear()
    found = compared(source, out, [box])
    assert found.method == "bytes"
    assert found.samples == wanted.size - 3 * box.area
    assert sorted(decoded) == ([4, 4] if tiled else [3, 3])


def test_fill_is_checked_even_if_the_bytes_are_equal(tmp_path: Path) -> None:
    """A fill that was not written leaves equal bytes."""
    source = tmp_path / "source.tif"
    write_source(source, KIND)
    asked: list[Box] = []
    with open_painting(source) as painting:

        def check(box: Box) -> Any:
            asked.append(box)
            return painting.read(box)

        compare(painting, source, 0, [BOX], check)
        assert any(box.touches(BOX) for box in asked)
        asked.clear()
        assert compare(painting, source, 0, [], check).samples == 75 * 101 * 3
        assert asked == []
        compare(painting, source, 0, [], check, converted=True)
        assert sum(box.area for box in asked) == painting.box.area


@pytest.mark.parametrize("compression", [None, "lzw"])
@pytest.mark.parametrize("planar", [False, True])
def test_any_changed_sample_is_detected(tmp_path: Path, compression: str | None, planar: bool) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    kind = Kind(compression, planar=planar, depth=16)
    write_source(source, kind)
    with open_painting(source) as painting:
        patches = random_patches(painting.box, 3, 16, 4, count=1)
    wanted = restore(source, out, patches)
    box = patches[0].box
    assert compared(source, out, [box]).samples == wanted.size - 3 * box.area
    outside = next((x, y) for y in range(75) for x in range(101) if not box.touches(Box(x, y, 1, 1)))
    restore(source, out, [*patches, Patch(Box(*outside, 1, 1), noise(1, 1, depth=16))], force=True)
    with pytest.raises(VerificationError):
        compared(source, out, [box])


@pytest.mark.parametrize("rows", [16, 300])
def test_digest_lists_the_parts_in_the_order_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Threads compare groups of parts; the hash must not depend on which ends first."""
    monkeypatch.setattr("imagest_core.painting.stored_parts._GROUP", 2)
    monkeypatch.setattr("imagest_core.painting.stored_parts._PLAIN_PART", 16 * 200 * 3)
    samples = np.random.default_rng(1).integers(0, 255, (300, 200, 3), np.uint8)
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, samples, photometric="rgb", rowsperstrip=rows)
    with open_painting(path) as painting:
        result = compare(painting, path, 0, [], painting.read)
    expected = hashlib.sha256()
    for row in range(0, 300, 16):
        expected.update(hashlib.sha256(samples[row : row + 16].tobytes()).digest())
    assert result == Comparison(samples.size, expected.hexdigest(), "bytes")


@pytest.mark.parametrize("tiled", [False, True])
def test_known_digests_give_the_same_hash_and_hide_no_difference(tmp_path: Path, tiled: bool) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    write_source(source, Kind(tiled=tiled))
    box = Box(2, 3, 20, 10)
    restore(source, out, [Patch(box, noise(10, 20))])
    with open_painting(source) as painting:
        digests = part_digests(painting, Progress())
        assert digests is not None

        def compared_with(known: PartDigests | None) -> Comparison:
            return compare(painting, out, 0, [box], painting.read, digests=known)

        assert compared_with(digests) == compared_with(None)
        unread = PartDigests(bytes(len(digests.joined)))
        assert compared_with(unread).sha256 != compared_with(None).sha256
        restore(source, out, [Patch(painting.box._replace(height=70), noise(70, painting.width))], force=True)
        read: list[Box] = []

        def check(part: Box) -> list[Samples]:
            read.append(part)
            return [painting.read(part)]

        compare(painting, out, 0, [box], check, digests=digests)
        assert sum(part.area for part in read) >= 60 * painting.width


TINY: dict[str, Any] = {"photometric": "rgb", "metadata": None, "software": "Scanner"}


@pytest.mark.parametrize("layout", [{"tile": (16, 16), "compression": "zlib"}, {"rowsperstrip": 5}])
def test_any_changed_byte_is_detected_or_harmless(tmp_path: Path, layout: dict[str, Any]) -> None:
    """Each changed byte is either detected, or the image is the same."""
    source, out, wrong = (tmp_path / name for name in ("source.tif", "out.tif", "wrong.tif"))
    tags = [
        (274, 3, 1, 3, True),
        (34675, 7, len(srgb_profile()), srgb_profile(), True),
        (339, 3, 3, (1, 1, 1), True),
    ]
    tifffile.imwrite(source, noise(20, 24), extratags=tags[:2], **TINY, **layout)
    patch = Patch(Box(18, 2, 4, 3), noise(3, 4, seed=1))
    restore(source, out, [patch])
    whole, rng = out.read_bytes(), random.Random(1)
    before = state(out)
    found = 0
    for place in sorted(rng.sample(range(len(whole)), 400)):
        changed = bytearray(whole)
        changed[place] ^= 1 << rng.randrange(8)
        wrong.write_bytes(changed)
        try:
            compared(source, wrong, [patch.box])
        except (VerificationError, PaintingError):
            found += 1
        else:
            assert same_outside(before, state(wrong), patch.box), place
    assert found > 100


def state(path: Path) -> tuple[np.ndarray, bytes | None]:
    with open_painting(path) as painting:
        return painting.read(), painting.profile


def same_outside(
    one: tuple[np.ndarray, bytes | None], other: tuple[np.ndarray, bytes | None], box: Box
) -> bool:
    (before, profile), (after, other_profile) = one, other
    before, after = before.copy(), after.copy()
    before[box.slices] = after[box.slices] = 0
    return np.array_equal(before, after) and profile == other_profile


@pytest.mark.parametrize(
    ("tag", "value"), [(262, 0), (317, 2), (274, 3), (266, 2), (339, 2), (284, 2), (259, 1)]
)
def test_tag_that_changes_the_meaning_is_detected(tmp_path: Path, tag: int, value: int) -> None:
    """All strips have equal bytes, but these have another meaning."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    data = zlib.compress(smooth(20, 24, 1).tobytes())
    entries = grey_entries(24, 20, 8, 20, (273, 4, 1, 8), (279, 4, 1, len(data)))
    more = [(code, 3, 1, struct.pack("<H", 1)) for code in (266, 274, 284, 317, 339)]
    handmade(source, data, sorted([*entries, *more], key=lambda entry: entry[0]))
    out.write_bytes(source.read_bytes())
    with open(out, "rb+") as file:
        structure = Structure(file)
        entry = structure.page(0).find(tag)
        assert entry is not None
        file.seek(entry.value_offset)
        file.write(struct.pack("<H", value))
    try:
        found = compared(source, out, [])
    except (VerificationError, PaintingError):
        return
    assert found.method == "samples"
    np.testing.assert_array_equal(state(source)[0], state(out)[0])


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_hidden_channels_are_compared(tmp_path: Path, compression: str | None, planar: str) -> None:
    """Channels that aren't displayed are compared like all others."""
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    samples = noise(40, 50, 4)
    options: dict[str, Any] = {"photometric": "rgb", "extrasamples": ["unassalpha"], "rowsperstrip": 9}
    options |= {"compression": compression, "planarconfig": planar}
    wrong = samples.copy()
    wrong[10, 10, 3] ^= 1
    for path, stored in ((source, samples), (out, wrong)):
        tifffile.imwrite(path, stored if planar == "contig" else np.moveaxis(stored, 2, 0), **options)
    with open_painting(source) as painting:
        painting.channels = 3
        with pytest.raises(VerificationError, match="additional channel"):
            compare(painting, out, 0, [], lambda box: painting.read(box)[..., :3])


def test_threads_end_with_a_failed_comparison(tmp_path: Path) -> None:
    samples = np.zeros((300, 200, 3), np.uint8)
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, samples, photometric="rgb", rowsperstrip=1)
    before = threading.active_count()

    def check(box: Box) -> Any:
        raise VerificationError("It differs.")

    with open_painting(path) as painting:
        with pytest.raises(VerificationError) as error:
            compare(painting, path, 0, [Box(0, 0, 5, 5)], check)
        assert threading.active_count() == before
    assert error.value.message == "It differs."
