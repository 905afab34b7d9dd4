from __future__ import annotations

import io
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from imagest_core.errors import PaintingError
from imagest_core.painting.reader import open_painting

SAMPLES = np.random.default_rng(3).integers(0, 256, (20, 24, 3), dtype=np.uint8)


def saved(kind: str) -> bytes:
    data = io.BytesIO()
    Image.fromarray(SAMPLES).save(data, kind)
    return data.getvalue()


def boxed(*brands: bytes) -> bytes:
    return (
        struct.pack(">I", 16 + 4 * (len(brands) - 1)) + b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:])
    )


KINDS: dict[str, tuple[bytes, str]] = {
    "BMP": (saved("BMP"), "a BMP picture: save it as a 16-bit TIFF"),
    "GIF": (saved("GIF"), "a GIF picture: save it as a 16-bit TIFF"),
    "PPM": (saved("PPM"), "a PPM picture: save it as a 16-bit TIFF"),
    "JPEG XL": (imagecodecs.jpegxl_encode(SAMPLES), "a JPEG XL picture: save it as a 16-bit TIFF"),
    "JPEG XL in a box": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "a JPEG XL picture"),
    "AVIF": (imagecodecs.avif_encode(SAMPLES), "an AVIF picture: save it as a 16-bit TIFF"),
    "JPEG-LS": (imagecodecs.jpegls_encode(SAMPLES), "a JPEG-LS picture: save it as a 16-bit TIFF"),
    "JPEG XR": (imagecodecs.jpegxr_encode(SAMPLES), "a JPEG XR picture"),
    "HEIC": (boxed(b"heic", b"mif1", b"heic") + bytes(40), "a HEIC picture: save it as a 16-bit TIFF"),
    "HEIC by a later brand": (boxed(b"mif1", b"heic") + bytes(40), "a HEIC picture"),
    "HEIF": (boxed(b"mif1", b"mif1") + bytes(40), "a HEIF picture"),
    "PSD": (b"8BPS\0\1" + bytes(40), r"a Photoshop document \(PSD\): save it as a 16-bit TIFF"),
    "PSB": (b"8BPS\0\2" + bytes(40), r"a large Photoshop document \(PSB\): save it as a 16-bit TIFF"),
    "EXR": (b"\x76\x2f\x31\x01\2\0\0\0" + bytes(40), "an OpenEXR picture: save it as a 16-bit TIFF"),
    "HDR": (b"#?RADIANCE\n" + bytes(40), "a Radiance HDR picture"),
    "XCF": (b"gimp xcf v011\0" + bytes(40), "a GIMP document"),
    "DICOM": (bytes(128) + b"DICM" + bytes(40), "a DICOM picture"),
    "SVG": (b'<?xml version="1.0"?>\n<svg xmlns="x">', "an SVG drawing: export it as a 16-bit TIFF"),
    "SVG alone": (b"\xef\xbb\xbf\n<svg width='3'>", "an SVG drawing"),
    "PDF": (b"%PDF-1.7\n" + bytes(40), "a PDF document: export it as a 16-bit TIFF"),
    "PostScript": (b"%!PS-Adobe-3.0\n" + bytes(40), "a PostScript document"),
    "CR2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(40), "a raw camera file: develop it"),
    "CR3": (boxed(b"crx ", b"isom") + bytes(40), "a raw camera file: develop it"),
    "ORF": (b"IIRO\x08\0\0\0" + bytes(40), "a raw camera file"),
    "RW2": (b"IIU\0\x18\0\0\0" + bytes(40), "a raw camera file"),
    "RAF": (b"FUJIFILMCCD-RAW 0201" + bytes(40), "a raw camera file"),
    "a film": (boxed(b"isom", b"mp42") + bytes(40), "no picture this program knows"),
    "a text": (b"BM is how this letter begins, dear colleague." + bytes(40), "no picture this program knows"),
    "a page": (b"<?xml version='1.0'?><html>" + bytes(40), "no picture this program knows"),
    "P1 as a word": (b"P1-section of the painting", "no picture this program knows"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_known_format_is_named_whatever_its_ending(tmp_path: Path, name: str) -> None:
    data, said = KINDS[name]
    (tmp_path / "scan.tif").write_bytes(data)
    with pytest.raises(PaintingError, match=rf"^scan.tif is {said}") as caught:
        open_painting(tmp_path / "scan.tif")
    assert str(caught.value).endswith(".")
    assert str(caught.value).count(". ") == 0


@pytest.mark.parametrize("where", ["below", "itself", "linear"])
def test_the_preview_of_a_raw_file_is_no_scan(tmp_path: Path, where: str) -> None:
    """DNG, NEF and ARW are TIFF files: a small RGB preview, with the camera's data below it."""
    path = tmp_path / "photo.dng"
    data = SAMPLES[..., 0].astype(np.uint16)
    with tifffile.TiffWriter(path) as file:
        if where == "below":
            file.write(SAMPLES, photometric="rgb", subifds=1, metadata=None)
        kind = 34892 if where == "linear" else 32803
        data = np.repeat(data[..., None], 3, axis=2) if where == "linear" else data
        file.write(data, photometric=kind, subfiletype=0, metadata=None)
    with pytest.raises(PaintingError, match=r"photo.dng is a raw camera file: develop it and save it"):
        open_painting(path)
