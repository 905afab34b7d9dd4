"""Metadata in a converted file: what is carried, in which form, and what is named because it isn't."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from xml.etree import ElementTree

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image
from tiff_samples import noise, restore, samples_of, smooth

from imagest_core.painting.geometry import Box
from imagest_core.painting.metadata import photoshop, xmp
from imagest_core.painting.reader import open_painting
from imagest_core.painting.tiff.ifd import Structure
from imagest_core.painting.writer import Patch, metadata_notes

PATCH = Patch(Box(2, 3, 10, 11), noise(11, 10))
GUID = "0123456789ABCDEF0123456789ABCDEF"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def jpeg(path: Path, *segments: tuple[int, bytes], trailer: bytes = b"") -> Path:
    Image.fromarray(smooth(40, 60)).save(path)
    data = path.read_bytes()
    added = b"".join(struct.pack(">BBH", 0xFF, kind, len(value) + 2) + value for kind, value in segments)
    path.write_bytes(data[:2] + added + data[2:] + trailer)
    return path


def png(path: Path, *chunks: tuple[bytes, bytes]) -> Path:
    data = bytes(imagecodecs.png_encode(smooth(40, 60)))
    added = b"".join(
        struct.pack(">I", len(value)) + name + value + struct.pack(">I", zlib.crc32(name + value))
        for name, value in chunks
    )
    path.write_bytes(data[:33] + added + data[33:])
    return path


def packet(body: str, note: str = "") -> bytes:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}" xmlns:a="urn:a:"><rdf:Description'
        f' rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"{note}>{body}</rdf:Description></rdf:RDF>'
        "</x:xmpmeta>"
    ).encode()


def written(source: Path, out: Path) -> tuple[set[tuple[str, str]], dict[int, object]]:
    """Write ``source`` with a patch; gives the notes' tags and actions, and the result's tags."""
    with open_painting(source) as painting:
        notes = {(note.tag, note.action) for note in metadata_notes(painting)}
    wanted = restore(source, out, [PATCH])
    np.testing.assert_array_equal(samples_of(out), wanted)
    np.testing.assert_array_equal(tifffile.imread(out), wanted)
    with tifffile.TiffFile(out) as tiff:
        return notes, {tag.code: tag.value for tag in tiff.pages[0].tags}


def extended(data: bytes, guid: str = GUID) -> list[tuple[int, bytes]]:
    """Extended XMP in parts of 1,000 bytes, the last one first."""
    parts = [
        b"http://ns.adobe.com/xmp/extension/\0"
        + guid.encode()
        + struct.pack(">II", len(data), start)
        + data[start : start + 1000]
        for start in range(0, len(data), 1000)
    ]
    return [(0xE1, part) for part in reversed(parts)]


def standard(body: str, note: str = "") -> tuple[int, bytes]:
    return 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet(body, note)


NOTE = f' xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="{GUID}"'


def test_extended_xmp_becomes_part_of_the_packet(tmp_path: Path) -> None:
    more = packet(f"<dc:source>{'x' * 5000}</dc:source><a:own>y</a:own>")
    source = jpeg(tmp_path / "a.jpg", standard("<dc:format>z</dc:format>", NOTE), *extended(more))
    notes, tags = written(source, tmp_path / "out.tif")
    assert notes == set()
    found = {element.name: element for element in xmp.elements(tags[700])}
    assert xmp.text_of(tags[700], "dc", "format") == "z"
    assert xmp.text_of(tags[700], "dc", "source") == "x" * 5000
    assert "urn:a: own" in found
    assert xmp.extended_guid(tags[700]) == ""
    assert "adobe:ns:meta/ xmpmeta" in found


@pytest.mark.parametrize("fault", ["a part is missing", "another name", "no main packet"])
def test_extended_xmp_that_is_incomplete_is_named(tmp_path: Path, fault: str) -> None:
    more = extended(
        packet("<dc:source>" + "x" * 5000 + "</dc:source>"), "F" * 32 if "name" in fault else GUID
    )
    segments = [standard("<dc:format>z</dc:format>", NOTE), *more]
    if fault == "a part is missing":
        del segments[2]
    if fault == "no main packet":
        del segments[0]
    notes, _ = written(jpeg(tmp_path / "a.jpg", *segments), tmp_path / "out.tif")
    assert notes == {("Extended XMP (JPEG segment APP1), which is incomplete", "lost")}


def test_photoshop_resources_and_iptc_get_their_own_tags(tmp_path: Path) -> None:
    record = b"\x1c\x02\x78\0\5Panel"
    thumbnail = imagecodecs.jpeg_encode(noise(20, 20), 95)
    blocks = [
        photoshop.Resource(b"8BIM", 1028, b"\0\0", record),
        photoshop.Resource(b"8BIM", 1036, b"\0\0", bytes(28) + thumbnail),
        photoshop.Resource(b"8BIM", 2000, b"\1A", b"a path"),
    ]
    data = photoshop.pack(blocks)
    halves = [(0xED, b"Photoshop 3.0\0" + part) for part in (data[:40], data[40:])]
    notes, tags = written(jpeg(tmp_path / "a.jpg", *halves), tmp_path / "out.tif")
    assert notes == {("Photoshop thumbnail (resource 1036 in tag 34377)", "removed")}
    assert tags[33723] == record + bytes(-len(record) % 4)
    assert bytes(tags[34377]) == blocks[2].packed()
    assert thumbnail[200:230] not in (tmp_path / "out.tif").read_bytes()
    with open(tmp_path / "out.tif", "rb") as file:
        assert Structure(file).page(0).find(33723).kind == 4


def test_segments_and_bytes_a_tiff_has_no_place_for_are_named(tmp_path: Path) -> None:
    segments = [(0xEC, b"Ducky\0\1"), (0xE2, b"MPF\0II*\0"), (0xE7, bytes(5)), (0xFE, b"a comment")]
    source = jpeg(tmp_path / "a.jpg", *segments, trailer=b"something else")
    notes, tags = written(source, tmp_path / "out.tif")
    assert notes == {
        ("JPEG segments APP12 Ducky, APP2 MPF (further pictures), APP7 of 5 bytes", "lost"),
        ("14 bytes behind the end of the JPEG", "lost"),
        ("JPEG text Comment", "converted"),
    }
    assert tags[270] == "a comment"


def afcp(place: int, iptc: bytes, preview: bytes) -> bytes:
    data = iptc + preview
    table = b"AXS!" + struct.pack(">HHI", 1, 2, 0)
    table += b"IPTC" + struct.pack(">II", len(iptc), place)
    table += b"PrVw" + struct.pack(">II", len(preview), place + len(iptc))
    return data + table + b"AXS!" + struct.pack(">II", place + len(data), 0)


def fotostation(kind: int, data: bytes) -> bytes:
    return data + struct.pack(">HII", kind, len(data) + 10, 0xA1B2C3D4)


@pytest.mark.parametrize("maker", ["AFCP", "FotoStation"])
def test_iptc_in_trailers_is_carried(tmp_path: Path, maker: str) -> None:
    record, preview = b"\x1c\x02\x78\0\5Panel", noise(5, 5).tobytes()
    source = jpeg(tmp_path / "a.jpg")
    if maker == "AFCP":
        trailer = afcp(source.stat().st_size, record, preview)
    else:
        trailer = fotostation(1, record) + fotostation(4, preview)
    source.write_bytes(source.read_bytes() + trailer)
    notes, tags = written(source, tmp_path / "out.tif")
    assert notes == {(f"{maker} preview behind the JPEG", "removed")}
    assert tags[33723] == record + bytes(-len(record) % 4)


def exif(note: bytes = b"", thumbnail: bytes = b"", order: str = "<") -> bytes:
    """An EXIF block with a maker note at byte 100, and a thumbnail."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    first = struct.pack(order + "H", 3)
    first += struct.pack(order + "HHI", 271, 2, 4) + b"ABC\0"
    first += struct.pack(order + "HHII", 531, 3, 1, 1 if order == "<" else 1 << 16)
    first += struct.pack(order + "HHII", 34665, 4, 1, 60)
    second = 100 + len(note) if thumbnail else 0
    block = mark + struct.pack(order + "I", 8) + first + struct.pack(order + "I", second)
    block = block.ljust(60, b"\0") + struct.pack(order + "HHHIII", 1, 37500, 7, len(note), 100, 0)
    block = block.ljust(100, b"\0") + note
    if thumbnail:
        entries = [(259, 3, 1, 6 if order == "<" else 6 << 16), (513, 4, 1, second + 42)]
        entries += [(514, 4, 1, len(thumbnail))]
        block += struct.pack(order + "H", 3)
        block += b"".join(struct.pack(order + "HHII", *entry) for entry in entries) + bytes(4) + thumbnail
    return b"Exif\0\0" + block


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("length", [50, 30_000])
def test_a_maker_note_keeps_its_place_and_loses_its_previews(tmp_path: Path, order: str, length: int) -> None:
    preview, thumbnail = (imagecodecs.jpeg_encode(noise(20, 20, seed=seed), 95) for seed in (1, 2))
    text = bytes(range(256)) * (length // 256 + 1)
    note = text[:length] + preview + text[:length]
    source = jpeg(tmp_path / "a.jpg", (0xE1, exif(note, thumbnail, order)))
    out = tmp_path / "out.tif"
    notes, _ = written(source, out)
    assert notes == {
        ("Maker note preview (EXIF tag 37500)", "removed"),
        ("EXIF thumbnail (tag 513)", "removed"),
        ("Tags of the old encoding: YCbCrPositioning (531)", "lost"),
    }
    data = out.read_bytes()
    assert data[100 : 100 + len(note)] == text[:length] + bytes(len(preview)) + text[:length]
    assert preview[200:230] not in data
    assert thumbnail[200:230] not in data
    with open(out, "rb") as file:
        structure = Structure(file)
        (below,) = structure.places(structure.page(0).find(34665))
        entry = structure.directory(below).find(37500)
        assert (entry.value_place, entry.size, structure.flavour.order) == (100, len(note), order)


def test_a_maker_note_in_a_bigtiff_keeps_its_place_too(tmp_path: Path) -> None:
    source = jpeg(tmp_path / "a.jpg", (0xE1, exif(bytes(range(200)))))
    wanted = restore(source, tmp_path / "out.tif", [PATCH], classic_limit=1000)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), wanted)
    assert (tmp_path / "out.tif").read_bytes()[100:300] == bytes(range(200))


def test_the_program_named_before_becomes_the_creator_tool(tmp_path: Path) -> None:
    block = Image.Exif()
    block[305], block[270] = "Scanner & Co", "Überschrift"
    source = tmp_path / "a.jpg"
    Image.fromarray(smooth(40, 60)).save(source, exif=block)
    notes, tags = written(source, tmp_path / "out.tif")
    assert notes == {("Software (tag 305)", "converted")}
    assert tags[305] == "Imagest Workstation"
    assert xmp.text_of(tags[700], "xmp", "CreatorTool") == "Scanner & Co"
    again, tags = written(tmp_path / "out.tif", tmp_path / "again.tif")
    assert again == set()


def text(key: str, value: str) -> tuple[bytes, bytes]:
    return b"tEXt", key.encode("latin-1") + b"\0" + value.encode("latin-1")


def test_texts_of_a_png(tmp_path: Path) -> None:
    profile = (
        b"\niptc profile\n      %8d\n" % 99
        + b"8BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\x78\0\5Panel".hex().encode()
    )
    source = png(
        tmp_path / "a.png",
        text("Author", "Anna"),
        text("Title", "Tafel <1>"),
        text("Creation Time", "Wed, 02 Oct 2002 13:00:00 +0000"),
        text("Copyright", "© Museum"),
        text("Inventory", "12"),
        (b"zTXt", b"Comment\0\0" + zlib.compress(b"unsigned")),
        (b"iTXt", b"Description\0\1\0de\0Titel\0" + zlib.compress("Öl".encode())),
        (b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(profile)),
        (b"zTXt", b"Source\0\0broken"),
        (b"tIME", struct.pack(">HBBBBB", 2020, 1, 2, 3, 4, 5)),
        (b"bKGD", bytes(6)),
    )
    notes, tags = written(source, tmp_path / "out.tif")
    assert notes == {
        ("PNG chunks bKGD", "lost"),
        ("PNG text Inventory", "lost"),
        ("PNG text Source, which is damaged", "lost"),
        *((f"PNG text {key}", "converted") for key in ("Author", "Title", "Creation Time", "Copyright")),
        *((f"PNG text {key}", "converted") for key in ("Comment", "Description", "Time")),
    }
    assert (tags[315], tags[33432], tags[306]) == ("Anna", "© Museum", "2020:01:02 03:04:05")
    assert tags[270] == "Öl"
    assert xmp.text_of(tags[700], "dc", "title") == "Tafel <1>"
    assert xmp.text_of(tags[700], "exif", "UserComment") == "unsigned"
    assert xmp.text_of(tags[700], "xmp", "CreateDate") == "2002-10-02T13:00:00+00:00"
    assert bytes(tags[33723])[:10] == b"\x1c\x02\x78\0\5Panel"


def test_a_text_that_contradicts_a_tag_is_named(tmp_path: Path) -> None:
    block = Image.Exif()
    block[315] = "Anna"
    source = png(
        tmp_path / "a.png", (b"eXIf", block.tobytes().removeprefix(b"Exif\0\0")), text("Author", "Berta")
    )
    notes, tags = written(source, tmp_path / "out.tif")
    assert tags[315] == "Anna"
    assert notes == {("PNG text Author", "lost")}


def test_a_text_beyond_all_bounds_is_not_carried_in_part(tmp_path: Path) -> None:
    long = zlib.compress(b" " * (33 << 20))
    source = png(tmp_path / "a.png", (b"zTXt", b"Comment\0\0" + long))
    notes, tags = written(source, tmp_path / "out.tif")
    assert notes == {("PNG text Comment, which is damaged", "lost")}
    assert 700 not in tags


def test_texts_in_xmp_are_xml(tmp_path: Path) -> None:
    odd = "a\x1b[2J\0\x7f\ufffe\uffff<&>]]> \U0001f58c"
    source = png(tmp_path / "a.png", (b"iTXt", b"Comment\0\0\0\0\0" + odd.encode()))
    _, tags = written(source, tmp_path / "out.tif")
    ElementTree.fromstring(tags[700])
    assert xmp.text_of(tags[700], "exif", "UserComment") == "a[2J\x7f<&>]]> \U0001f58c"


def box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + name + data


@pytest.mark.parametrize("order", ["<", ">"])
def test_boxes_of_jpeg_2000(tmp_path: Path, order: str) -> None:
    tie = struct.pack(order + "6d", 0, 0, 0, 5, 6, 7)
    geo = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    geo += struct.pack(order + "HHHIII", 1, 33922, 12, 6, 26, 0) + tie
    record, block = b"\x1c\x02\x78\0\5Panel", exif(bytes(range(100)), order="<")
    data = bytes(imagecodecs.jpeg2k_encode(smooth(40, 60), level=0, codecformat="jp2"))
    at = data.index(b"jp2c") - 4
    uuids = [
        (bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03"), geo),
        (b"JpgTiffExif->JP2", block),
        (bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), record),
        (b"0123456789abcdef", b"unknown"),
    ]
    added = b"".join(box(b"uuid", name + value) for name, value in uuids) + box(b"xml ", b"<a/>")
    source = tmp_path / "a.jp2"
    source.write_bytes(data[:at] + added + data[at:])
    notes, tags = written(source, tmp_path / "out.tif")
    assert tags[33922] == (0, 0, 0, 5, 6, 7)
    assert tags[271] == "ABC"
    assert tags[33723][: len(record)] == record
    assert notes == {
        ("Tags of the old encoding: YCbCrPositioning (531)", "lost"),
        (f"JPEG 2000 boxes uuid {b'0123456789abcdef'.hex()}, XML", "lost"),
    }


def test_the_resolution_of_the_file_outweighs_that_of_its_exif(tmp_path: Path) -> None:
    block = Image.Exif()
    block[282], block[283], block[296] = 72.0, 72.0, 2
    metres = struct.pack(">IIB", 11811, 11811, 1)
    chunks = [(b"pHYs", metres), (b"eXIf", block.tobytes().removeprefix(b"Exif\0\0"))]
    notes, _ = written(png(tmp_path / "a.png", *chunks), tmp_path / "out.tif")
    assert notes == {("XResolution, YResolution and ResolutionUnit in the EXIF block", "lost")}
    with open_painting(tmp_path / "out.tif") as painting:
        assert painting.resolution.dpi == pytest.approx((300, 300), abs=0.01)


def test_a_second_packet_is_joined_unless_it_contradicts(tmp_path: Path) -> None:
    first, second = standard("<dc:format>z</dc:format>"), standard("<dc:source>y</dc:source>")
    notes, tags = written(jpeg(tmp_path / "a.jpg", first, second), tmp_path / "a.tif")
    assert notes == set()
    assert (xmp.text_of(tags[700], "dc", "format"), xmp.text_of(tags[700], "dc", "source")) == ("z", "y")
    other = standard("<dc:format>x</dc:format>")
    notes, tags = written(jpeg(tmp_path / "b.jpg", first, other), tmp_path / "b.tif")
    assert notes == {("Further XMP (JPEG segment APP1)", "lost")}
    assert xmp.text_of(tags[700], "dc", "format") == "z"


@pytest.mark.parametrize("kind", [4, 9, 13])
def test_gps_is_found_whatever_the_type_of_its_address(tmp_path: Path, kind: int) -> None:
    block = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 34853, kind, 1, 26, 0)
    block += struct.pack("<HHHI4sI", 1, 1, 2, 2, b"N\0\0\0", 0)
    _, tags = written(jpeg(tmp_path / "a.jpg", (0xE1, b"Exif\0\0" + block)), tmp_path / "out.tif")
    assert tags[34853] == {"GPSLatitudeRef": "N"}


def test_a_thumbnail_whose_tags_make_no_sense_is_no_obstacle(tmp_path: Path) -> None:
    block = b"II*\0\x08\0\0\0" + struct.pack("<HHHI4sI", 1, 271, 2, 4, b"ABC\0", 26)
    block += struct.pack("<HHHIIHHIII", 2, 256, 7, 1, 9, 273, 2, 1, 0, 0)
    notes, tags = written(jpeg(tmp_path / "a.jpg", (0xE1, b"Exif\0\0" + block)), tmp_path / "out.tif")
    assert notes == {("EXIF thumbnail (tag 273)", "removed")}
    assert tags[271] == "ABC"


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool isn't installed")
def test_exiftool_finds_no_fault_with_the_iptc(tmp_path: Path) -> None:
    record = photoshop.Resource(b"8BIM", 1028, b"\0\0", b"\x1c\x02\0\0\2\0\2\x1c\x02\x78\0\5Panel").packed()
    source = jpeg(tmp_path / "a.jpg", (0xED, b"Photoshop 3.0\0" + record))
    written(source, tmp_path / "out.tif")
    command = ["exiftool", "-validate", "-warning", "-a", "-iptc:caption-abstract", str(tmp_path / "out.tif")]
    found = subprocess.run(command, capture_output=True, check=True).stdout.decode().splitlines()
    assert [line.split(":")[1].strip() for line in found if "Caption" in line] == ["Panel"]
    assert not [line for line in found if "Warning" in line and ("IPTC" in line or "83bb" in line)]


@pytest.mark.shared
def test_real_files_of_two_pages_and_of_long_xmp(shared: Path, tmp_path: Path) -> None:
    restore(shared / "faulty" / "twopage_jpeg.tif", tmp_path / "two.tif", [PATCH])
    with tifffile.TiffFile(tmp_path / "two.tif") as tiff:
        assert len(tiff.pages) == 2
    _, tags = written(shared / "faulty" / "xmpbig.jpg", tmp_path / "xmp.tif")
    assert xmp.text_of(tags[700], "dc", "title") == "Titel"
    assert len(tags[700]) > 65_536
