"""Lossless TIFF of the decoded samples, written for lossy files and other formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import IFDRational
from tiff_samples import directories, noise, random_patches, restore, samples_of, smooth

from imagest_core.painting.geometry import Box
from imagest_core.painting.metadata.writing_notes import WritingNote
from imagest_core.painting.reader import open_painting
from imagest_core.painting.writer import Patch, keeps_file, metadata_notes, writing_notes, written_page

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6"/></x:xmpmeta>'
EXIF, GPS = 34665, 34853


def exif(orientation: int = 1, order: str = "<") -> Image.Exif:
    block = Image.Exif()
    block.endian = order
    block[270], block[271], block[274], block[315] = "A panel", "Maker", orientation, "Anon"
    block.get_ifd(EXIF).update({0x829A: IFDRational(1, 125), 0x9003: "2020:01:02 03:04:05", 0x8827: 200})
    block.get_ifd(GPS).update({1: "N", 2: (IFDRational(50), IFDRational(4), IFDRational(5))})
    return block


def save(path: Path, height: int = 300, width: int = 390, channels: int = 3, **options: Any) -> Path:
    Image.fromarray(smooth(height, width, channels).squeeze()).save(path, **options)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_jpeg_with_all_metadata(tmp_path: Path, order: str, orientation: int) -> None:
    block = exif(orientation, order)
    source = save(tmp_path / "source.jpg", exif=block, icc_profile=SRGB, xmp=XMP, dpi=(300, 200))
    out = tmp_path / "out.tif"
    with open_painting(source) as painting:
        assert not keeps_file(painting)
        assert "exactly the decoded samples of source.jpg" in writing_notes(painting)[0]
        wanted = restore(source, out, random_patches(painting.box, 3, 8, 4))
        with open_painting(out) as written:
            np.testing.assert_array_equal(written.read(), wanted)
            assert written.orientation == 1
            assert written.profile == SRGB
            assert written.resolution is not None
            assert written.resolution.dpi == pytest.approx(painting.resolution.dpi)
            assert not written.lossy
    check_tags(out, software="Imagest Workstation")


@pytest.mark.parametrize("orientation", [1, 6])
def test_effects_of_rotation_are_reported(tmp_path: Path, orientation: int) -> None:
    block = exif(orientation, "<")
    block.update({282: IFDRational(300), 283: IFDRational(200), 296: 2})
    with open_painting(save(tmp_path / "source.jpg", exif=block, xmp=XMP)) as painting:
        notes = " ".join(writing_notes(painting))
    assert "tiff:Orientation in the XMP (tag 700), as 1 (upright)" in notes
    for name in ("Orientation (tag 274)", "XResolution and YResolution (tags 282 and 283), exchanged"):
        assert (name in notes) == (orientation == 6)


def check_tags(out: Path, software: str) -> None:
    with tifffile.TiffFile(out) as tiff:
        (page,) = tiff.pages
        tags = page.tags
        assert (page.compression, page.predictor, page.is_tiled) == (8, 2, True)
        assert tags[270].value == "A panel"
        assert tags[271].value == "Maker"
        assert tags[305].value == software
        assert tags[700].value == XMP.replace(b'"6"', b'"1"')
        assert 274 not in tags or tags[274].value == 1
        assert tags[EXIF].value["DateTimeOriginal"] == "2020:01:02 03:04:05"
        assert tags[EXIF].value["ExposureTime"] == (1, 125)
        assert tags[EXIF].value["ISOSpeedRatings" if "ISOSpeedRatings" in tags[EXIF].value else 34855] == 200
        assert tags[GPS].value["GPSLatitude"] == (50, 1, 4, 1, 5, 1)
        assert list(tags.keys()) == sorted(tags.keys())


def test_new_tiff_can_be_rewritten_as_bigtiff(tmp_path: Path) -> None:
    source = save(tmp_path / "source.jpg", exif=exif(), icc_profile=SRGB, xmp=XMP)
    first, second = tmp_path / "first.tif", tmp_path / "second.tif"
    restore(source, first, [], software="Somebody")
    patch = Patch(Box(30, 40, 200, 190), noise(190, 200))
    wanted = restore(first, second, [patch], classic_limit=first.stat().st_size)
    np.testing.assert_array_equal(samples_of(second), wanted)
    with tifffile.TiffFile(second) as tiff:
        assert tiff.is_bigtiff
    check_tags(second, software="Somebody")


@pytest.mark.parametrize(("channels", "depth"), [(1, 8), (1, 16), (3, 8), (3, 16), (4, 8), (4, 16)])
def test_png_of_any_kind(tmp_path: Path, channels: int, depth: int) -> None:
    import imagecodecs

    source, out = tmp_path / "source.png", tmp_path / "out.tif"
    source.write_bytes(imagecodecs.png_encode(smooth(70, 300, channels, depth).squeeze()))
    with open_painting(source) as painting:
        patches = random_patches(painting.box, channels, depth, 11)
        assert "exactly the decoded samples" in writing_notes(painting)[0]
    wanted = restore(source, out, patches)
    np.testing.assert_array_equal(samples_of(out), wanted)
    np.testing.assert_array_equal(tifffile.imread(out).reshape(wanted.shape), wanted)


@pytest.mark.parametrize("suffix", [".webp", ".jp2"])
def test_webp_and_jpeg_2000(tmp_path: Path, suffix: str) -> None:
    source, out = save(tmp_path / f"source{suffix}"), tmp_path / "out.tif"
    wanted = restore(source, out, [Patch(Box(250, 250, 20, 20), noise(20, 20))])
    np.testing.assert_array_equal(samples_of(out), wanted)


def jpeg_tiff(path: Path, orientation: int) -> None:
    tags = [(274, 3, 1, orientation, True), (65000, 3, 3, (7, 8, 9), True), (34675, 7, len(SRGB), SRGB, True)]
    with tifffile.TiffWriter(path, byteorder=">") as writer:
        for page in range(2):
            writer.write(
                smooth(128, 200) + page,
                photometric="rgb",
                tile=(64, 64),
                compression="jpeg",
                resolution=(300, 400),
                description=f"Page {page}",
                extratags=tags,
                metadata=None,
            )


@pytest.mark.parametrize("page", [0, 1])
@pytest.mark.parametrize("orientation", [1, 5, 8])
def test_other_jpeg_page_of_a_tiff_is_unchanged(tmp_path: Path, orientation: int, page: int) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    jpeg_tiff(source, orientation)
    with open_painting(source, page=page) as painting:
        notes = metadata_notes(painting)
        patches = random_patches(painting.box, 3, 8, 2)
        dpi = painting.resolution.dpi
        assert written_page(painting) == page
    assert WritingNote(f"Page {2 - page} of the file", "kept") in notes
    wanted = restore(source, out, patches, page=page)
    np.testing.assert_array_equal(samples_of(out, page), wanted)
    np.testing.assert_array_equal(tifffile.imread(out, key=page), wanted)
    with open_painting(out, page=page) as written:
        assert (written.orientation, written.pages, written.lossy) == (1, 2, False)
        assert written.resolution.dpi == pytest.approx(dpi)
        assert written.metadata.description == f"Page {page}"
        assert written.profile == SRGB
    with tifffile.TiffFile(out) as tiff:
        assert tiff.pages[page].tags[65000].value == (7, 8, 9)
    before, after = directories(source)[1 - page], directories(out)[1 - page]
    assert before[1] == after[1]
    assert {tag: value for tag, value in before[0].items() if tag != 324} == {
        tag: value for tag, value in after[0].items() if tag != 324
    }


@pytest.mark.parametrize("order", ["<", ">"])
def test_pages_of_a_bigtiff_are_kept_with_sub_ifds(tmp_path: Path, order: str) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    with tifffile.TiffWriter(source, bigtiff=True, byteorder=order) as writer:
        writer.write(noise(30, 40), photometric="rgb", metadata=None, subifds=1, rowsperstrip=7)
        writer.write(noise(9, 7, 1)[..., 0], metadata=None, compression="zlib")
        writer.write(smooth(64, 80), photometric="rgb", metadata=None, compression="jpeg", tile=(64, 64))
        writer.write(noise(21, 20, seed=4), photometric="rgb", metadata=None, subfiletype=1)
        writer.write(noise(20, 20, seed=5), photometric="rgb", metadata=None, planarconfig=None)
    wanted = restore(source, out, [Patch(Box(3, 3, 9, 9), noise(9, 9))], page=1)
    np.testing.assert_array_equal(samples_of(out, 1), wanted)
    with tifffile.TiffFile(out) as tiff:
        assert (tiff.is_bigtiff, len(tiff.pages), tiff.byteorder) == (False, 3, order)
        np.testing.assert_array_equal(tiff.pages[0].asarray(), noise(30, 40))
        np.testing.assert_array_equal(tiff.pages[0].pages[0].asarray(), noise(9, 7, 1)[..., 0])
        np.testing.assert_array_equal(tiff.pages[2].asarray(), noise(20, 20, seed=5))
    assert noise(21, 20, seed=4).tobytes()[:30] not in out.read_bytes()


def test_large_image_becomes_a_bigtiff(tmp_path: Path) -> None:
    source, out = save(tmp_path / "source.png"), tmp_path / "out.tif"
    wanted = restore(source, out, [], classic_limit=100_000)
    with open_painting(out) as written:
        assert written.format == "BigTIFF"
        np.testing.assert_array_equal(written.read(), wanted)


def test_broken_exif_block_is_dropped(tmp_path: Path) -> None:
    source, out = tmp_path / "source.jpg", tmp_path / "out.tif"
    block = bytearray(exif().tobytes())
    block[14:16] = b"\xff\xff"
    save(source, exif=bytes(block))
    wanted = restore(source, out, [Patch(Box(0, 0, 9, 9), noise(9, 9))])
    np.testing.assert_array_equal(samples_of(out), wanted)


def test_iptc_of_a_jpeg_is_carried(tmp_path: Path) -> None:
    source, out = save(tmp_path / "source.jpg"), tmp_path / "out.tif"
    record = b"\x1c\x02\x78\0\5Panel"
    resource = b"8BIM\x04\x04\0\0" + len(record).to_bytes(4, "big") + record
    block = b"Photoshop 3.0\0" + resource
    data = source.read_bytes()
    source.write_bytes(data[:2] + b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block + data[2:])
    restore(source, out, [])
    with tifffile.TiffFile(out) as tiff:
        tags = tiff.pages[0].tags
        kept = tags[33723 if 33723 in tags else 34377].value
    assert record in bytes(kept)


@pytest.mark.parametrize("kind", ["assocalpha", "unassalpha"])
def test_alpha_kind_is_kept(tmp_path: Path, kind: str) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    options = {"photometric": "rgb", "extrasamples": [kind], "compression": "webp", "tile": (64, 64)}
    tifffile.imwrite(source, smooth(64, 64, 4), **options)
    wanted = restore(source, out, [Patch(Box(0, 0, 9, 9), noise(9, 9, 4))])
    np.testing.assert_array_equal(samples_of(out), wanted)
    with tifffile.TiffFile(source) as old, tifffile.TiffFile(out) as new:
        assert new.pages[0].compression == 8
        assert new.pages[0].extrasamples == old.pages[0].extrasamples
