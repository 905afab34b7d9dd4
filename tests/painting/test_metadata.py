from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from imagest_core.painting.formats.exif import Exif
from imagest_core.painting.reader import open_painting

SAMPLES = np.full((16, 24, 3), 90, np.uint8)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">inv. 12</x:xmpmeta>'
ADOBE = imagecodecs.cms_profile("adobergb")


def exif(**tags: object) -> bytes:
    found = Image.Exif()
    numbers = {"orientation": 274, "x": 282, "y": 283, "unit": 296, "description": 270, "software": 305}
    for name, value in tags.items():
        found[numbers[name]] = value
    return found.tobytes()


@pytest.mark.parametrize(("unit", "px_per_mm"), [(2, 300 / 25.4), (3, 30.0), (1, None)])
def test_resolution_of_a_tiff(tmp_path: Path, unit: int, px_per_mm: float | None) -> None:
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, SAMPLES, photometric="rgb", resolution=(300, 150), resolutionunit=unit)
    with open_painting(path) as painting:
        if px_per_mm is None:
            assert painting.resolution is None
        else:
            assert painting.resolution is not None
            assert painting.resolution.source == "TIFF tags"
            assert painting.resolution.px_per_mm_x == pytest.approx(px_per_mm)
            assert painting.resolution.px_per_mm_y == pytest.approx(px_per_mm / 2)


def test_resolution_of_a_png_and_of_jfif(tmp_path: Path) -> None:
    for name, source in (("x.png", "PNG pHYs"), ("x.jpg", "JFIF")):
        Image.fromarray(SAMPLES).save(tmp_path / name, dpi=(300, 300))
        with open_painting(tmp_path / name) as painting:
            assert painting.resolution is not None
            assert painting.resolution.source == source
            assert painting.resolution.dpi == pytest.approx((300, 300), abs=0.1)


def test_resolution_of_exif(tmp_path: Path) -> None:
    blob = exif(x=240.0, y=120.0, unit=2, orientation=6)
    Image.fromarray(SAMPLES).save(tmp_path / "x.webp", exif=blob)
    with open_painting(tmp_path / "x.webp") as painting:
        assert painting.resolution is not None
        assert painting.resolution.source == "EXIF"
        assert painting.resolution.dpi == pytest.approx((120, 240))


@pytest.mark.parametrize("value", [(0, 0), (1, 0), (4_000_000_000, 1)])
def test_implausible_resolution_is_none(tmp_path: Path, value: tuple[int, int]) -> None:
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, SAMPLES, photometric="rgb", resolution=(300, 300), resolutionunit=2)
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages[0].tags[282].valueoffset
    data = bytearray(path.read_bytes())
    data[at : at + 8] = struct.pack("<II", *value)
    path.write_bytes(data)
    with open_painting(path) as painting:
        assert painting.resolution is None


def test_tiff_metadata_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    tags = [(700, 1, len(XMP), XMP, True), (33723, 7, 8, b"\x1c\x02\x05\x00\x03abc", True)]
    options = {"description": "inv. 12, recto", "software": "scanner", "datetime": "2020:01:02 03:04:05"}
    tifffile.imwrite(
        path, SAMPLES, photometric="rgb", iccprofile=ADOBE, extratags=tags, metadata=None, **options
    )
    with open_painting(path) as painting:
        found = painting.metadata
        assert (found.xmp, found.iptc) == (XMP, b"\x1c\x02\x05\x00\x03abc")
        assert (found.description, found.software, found.date) == tuple(options.values())
        assert painting.profile == ADOBE


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_metadata_of_other_formats_is_read(tmp_path: Path, kind: str) -> None:
    path, options = tmp_path / f"x.{kind}", {}
    if kind == "png":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    else:
        options["xmp"] = XMP
    blob = exif(description="inv. 12", software="scanner")
    Image.fromarray(SAMPLES).save(path, exif=blob, icc_profile=ADOBE, **options)
    with open_painting(path) as painting:
        assert painting.profile == ADOBE
        assert painting.profile_name == "Adobe RGB (compatible)"
        assert painting.metadata.xmp == XMP
        assert painting.metadata.exif == blob.removeprefix(b"Exif\0\0")
        assert (painting.metadata.description, painting.metadata.software) == ("inv. 12", "scanner")


def test_multi_part_jpeg_profile_is_joined(tmp_path: Path) -> None:
    profile = ADOBE + bytes(100_000)
    Image.fromarray(SAMPLES).save(tmp_path / "x.jpg", icc_profile=profile)
    with open_painting(tmp_path / "x.jpg") as painting:
        assert painting.profile == profile


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"II",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"nonsense" * 9,
        exif(orientation=6)[:20],
    ],
)
def test_broken_exif_is_empty(blob: bytes) -> None:
    found = Exif(blob)
    assert found.orientation == 1
    assert found.resolution is None
    assert found.metadata().description == ""
