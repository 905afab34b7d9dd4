"""Reduced copies, previews and layers in a TIFF must not show the image before its restoration."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tiff_samples import noise, restore, samples_of, smooth

from imagest_core.painting.geometry import Box
from imagest_core.painting.metadata import iptc, photoshop, xmp
from imagest_core.painting.reader import open_painting
from imagest_core.painting.tiff.ifd import Field, Structure, append_directory, numbers_field
from imagest_core.painting.writer import Patch, metadata_notes, writing_notes, written_page

PATCH = Patch(Box(3, 4, 20, 10), noise(10, 20))
PRIVATE = b"private" * 300
SECRET = noise(1, 100, 3, seed=3).tobytes()


def jpeg(seed: int = 5) -> bytes:
    """Return a small JPEG."""
    import io

    file = io.BytesIO()
    Image.fromarray(noise(24, 32, seed=seed)).save(file, "JPEG", quality=95)
    return file.getvalue()


def resource(number: int, data: bytes) -> bytes:
    return photoshop.Resource(b"8BIM", number, b"\0\0", data).packed()


def data_set(number: int, data: bytes) -> bytes:
    return struct.pack(">BBBH", 0x1C, 2, number, len(data)) + data


def packet(picture: bytes) -> bytes:
    text = base64.b64encode(picture).decode()
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:t="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:g="http://ns.adobe.com/xap/1.0/g/img/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:format>image/tiff</dc:format><t:Thumbnails><rdf:Alt><rdf:li rdf:parseType='Resource'>"
        f"<g:image>{text}</g:image></rdf:li></rdf:Alt></t:Thumbnails></rdf:Description></rdf:RDF></x:xmpmeta>"
        "<?xpacket end='w'?>"
    ).encode()


def written(source: Path, out: Path, page: int = 0) -> list[tuple[str, str]]:
    """Write ``source`` with a patch; return tags and actions of the notes."""
    with open_painting(source, page=page) as painting:
        notes = [(note.tag, note.action) for note in metadata_notes(painting)]
        place = written_page(painting)
    wanted = restore(source, out, [PATCH], page)
    np.testing.assert_array_equal(samples_of(out, place), wanted)
    return notes


def tagged(path: Path, *tags: tuple[int, int, bytes], order: str = "<", big: bool = False) -> None:
    extra = [(tag, kind, len(value), value, True) for tag, kind, value in tags]
    tifffile.imwrite(
        path, smooth(40, 60), photometric="rgb", compression="zlib", extratags=extra, metadata=None,
        byteorder=order, bigtiff=big,
    )  # fmt: skip


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_only_images_are_removed_from_values(tmp_path: Path, order: str, big: bool) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    keyword, path_resource = data_set(25, b"Panel"), resource(2000, b"a path that stays")
    thumbnails = (
        resource(1033, b"\1" * 28 + SECRET) + resource(1036, jpeg(1)) + resource(4000, b"x" + jpeg(2))
    )
    tagged(
        source,
        (700, 1, packet(jpeg(3))),
        (33723, 7, keyword + data_set(202, SECRET)),
        (34377, 1, resource(1028, keyword + data_set(202, jpeg(4))) + thumbnails + path_resource),
        (37724, 7, b"Adobe Photoshop Document Data Block\0" + SECRET),
        (65000, 7, PRIVATE + jpeg(6) + b"more"),
        (65001, 7, jpeg(7)),
        order=order,
        big=big,
    )
    notes = written(source, out)
    data = out.read_bytes()
    assert SECRET[:24] not in data
    for seed in (1, 2, 3, 4, 6, 7):
        assert jpeg(seed)[200:230] not in data
        assert base64.b64encode(jpeg(seed)[201:231]) not in data
    assert {action for _, action in notes} == {"removed"}
    assert {tag.partition(" (")[0] for tag, _ in notes} == {
        "XMP thumbnails", "IPTC preview", "Photoshop thumbnail", "Photoshop preview", "Photoshop layers",
        "Embedded preview",
    }  # fmt: skip
    with tifffile.TiffFile(out) as tiff:
        tags = tiff.pages[0].tags
        assert not {37724, 65001} & set(tags.keys())
        assert tags[65000].value == PRIVATE + bytes(len(jpeg(6))) + b"more"
        assert bytes(tags[33723].value) == keyword
        kept, rest = photoshop.parse(bytes(tags[34377].value))
        assert [(each.number, each.data) for each in kept] == [(1028, keyword), (2000, b"a path that stays")]
        assert rest == b""
        assert len(tags[700].value) == len(packet(jpeg(3)))
        assert xmp.text_of(tags[700].value, "dc", "format") == "image/tiff"


@pytest.mark.parametrize("kind", [2, 3, 4, 8, 9])
def test_images_in_private_values_of_any_type_are_removed(tmp_path: Path, kind: int) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    value = PRIVATE + jpeg() + bytes(-len(PRIVATE + jpeg()) % 4)
    tagged(source, (65000, 7, value))
    data = bytearray(source.read_bytes())
    with tifffile.TiffFile(source) as tiff:
        at = tiff.pages[0].tags[65000].offset
    size = {2: 1, 3: 2, 4: 4, 8: 2, 9: 4}[kind]
    struct.pack_into("<HI", data, at + 2, kind, len(value) // size)
    source.write_bytes(data)
    assert written(source, out) == [("Embedded preview (tag 65000)", "removed")]
    assert jpeg()[200:230] not in out.read_bytes()
    assert PRIVATE in out.read_bytes()


def test_value_shared_with_another_page_is_kept_there(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    value = resource(1036, jpeg(1)) + resource(2000, b"a path")
    tags = [(34377, 1, len(value), value, True)]
    with tifffile.TiffWriter(source) as writer:
        for _ in range(2):
            writer.write(smooth(40, 60), photometric="rgb", extratags=tags, metadata=None, compression="zlib")
    with open(source, "rb+") as file:
        first, second = (page.find(34377) for page in Structure(file).chain())
        file.seek(second.offset + 8)
        file.write(struct.pack("<I", first.value_offset))
    assert written(source, out) == [("Photoshop thumbnail (resource 1036 in tag 34377)", "removed")]
    with tifffile.TiffFile(out) as tiff:
        assert bytes(tiff.pages[1].tags[34377].value) == value
        assert bytes(tiff.pages[0].tags[34377].value) == resource(2000, b"a path")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize("flag", [0, 1])
def test_jpeg_copy_in_sub_ifds_is_removed(tmp_path: Path, order: str, others: int, flag: int) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    kept = noise(13, 11, 1, seed=8)[..., 0]
    with tifffile.TiffWriter(source, byteorder=order) as writer:
        writer.write(smooth(80, 120), photometric="rgb", compression="lzw", subifds=1 + others, metadata=None)
        for _ in range(others):
            writer.write(kept, metadata=None)
        writer.write(noise(40, 60), photometric="rgb", compression="jpeg", subfiletype=flag, metadata=None)
    with tifffile.TiffFile(source) as tiff:
        preview = tiff.pages[0].pages[others]
        tiff.filehandle.seek(preview.dataoffsets[0])
        old = tiff.filehandle.read(preview.databytecounts[0])
    assert old in source.read_bytes()
    assert written(source, out) == [("Reduced copy of 60 × 40 pixels (SubIFDs, tag 330)", "removed")]
    assert old[100:130] not in out.read_bytes()
    with tifffile.TiffFile(out) as tiff:
        assert (330 in tiff.pages[0].tags) == bool(others)
        for below in tiff.pages[0].pages or ():
            np.testing.assert_array_equal(below.asarray(), kept)


def exif_block(thumbnail: bytes, note: bytes = b"") -> bytes:
    """Return an EXIF block with a maker note, and a thumbnail in its second directory."""
    notes = struct.pack("<HHHII", 1, 37500, 7, len(note), 56) + bytes(4) + note if note else b""
    second = 38 + len(notes)
    first = struct.pack("<HHHIIHHII", 2, 271, 2, 4, 0x414243, 34665, 4, 1, 38)
    blob = b"II*\0\x08\0\0\0" + first + struct.pack("<I", second if thumbnail else 0) + notes
    if thumbnail:
        entries = [(259, 3, 1, 6), (513, 4, 1, second + 42), (514, 4, 1, len(thumbnail))]
        blob += struct.pack("<H", 3) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
        blob += bytes(4) + thumbnail
    return blob


def test_thumbnail_pages_are_removed_and_others_kept(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    other = noise(30, 20, seed=4)
    with tifffile.TiffWriter(source) as writer:
        writer.write(noise(21, 21, seed=1), photometric="rgb", subfiletype=1, metadata=None)
        writer.write(smooth(64, 64), photometric="rgb", compression="zlib", metadata=None)
        writer.write(np.ones((64, 64), bool), photometric="minisblack", subfiletype=4, metadata=None)
        writer.write(noise(20, 21, seed=2), photometric="rgb", subfiletype=1, metadata=None)
        writer.write(other, photometric="rgb", metadata=None)
        writer.write(noise(10, 7, seed=5), photometric="rgb", subfiletype=1, metadata=None)
    assert written(source, out, page=1) == [
        ("Reduced copy of 21 × 21 pixels (page 1, tag 254)", "removed"),
        ("Reduced copy of 21 × 20 pixels (page 4, tag 254)", "removed"),
    ]
    for gone in (noise(21, 21, seed=1), noise(20, 21, seed=2)):
        assert gone.tobytes()[:40] not in out.read_bytes()
    with tifffile.TiffFile(out) as tiff:
        assert len(tiff.pages) == 4
        np.testing.assert_array_equal(tiff.pages[2].asarray(), other)
        np.testing.assert_array_equal(tiff.pages[3].asarray(), noise(10, 7, seed=5))


@pytest.mark.parametrize("compression", ["zlib", "jpeg"])
def test_undeclared_copies_are_named(tmp_path: Path, compression: str) -> None:
    source = tmp_path / "source.tif"
    with tifffile.TiffWriter(source) as writer:
        writer.write(smooth(40, 60), photometric="rgb", compression=compression, metadata=None)
        for height, width in ((20, 30), (30, 20), (40, 60)):
            writer.write(smooth(height, width), photometric="rgb", compression="zlib", metadata=None)
    with open_painting(source) as painting:
        notes = [note for note in metadata_notes(painting) if note.action == "kept"]
    assert [note.tag for note in notes if note.detail] == ["Page 2 of the file"]
    assert "if it is a copy, it still shows the damage" in notes[0].sentence


def test_page_of_another_image_is_ignored(tmp_path: Path) -> None:
    source = tmp_path / "source.tif"
    with tifffile.TiffWriter(source) as writer:
        for page in range(2):
            writer.write(smooth(64, 64) + page, photometric="rgb", metadata=None)
            writer.write(noise(21, 21, seed=page), photometric="rgb", subfiletype=1, metadata=None)
    written(source, tmp_path / "out.tif", page=2)
    with tifffile.TiffFile(tmp_path / "out.tif") as tiff:
        assert [page.shape[0] for page in tiff.pages] == [64, 21, 64]
        np.testing.assert_array_equal(tiff.pages[1].asarray(), noise(21, 21, seed=0))


def test_thumbnail_next_to_the_strips_is_removed(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    tagged(source, (513, 4, b"\1\0\0\0"), (514, 4, b"\1\0\0\0"))
    thumbnail = jpeg(9)
    data = source.read_bytes()
    source.write_bytes(data + thumbnail)
    with open(source, "rb+") as file:
        page = Structure(file).page(0)
        for tag, number in ((513, len(data)), (514, len(thumbnail))):
            file.seek(page.find(tag).offset + 4)
            file.write(struct.pack("<II", 1, number))
    assert written(source, out) == [("JPEG thumbnail (tag 513)", "removed")]
    assert thumbnail[200:230] not in out.read_bytes()


def test_lossless_level_is_updated_and_reported(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    with tifffile.TiffWriter(source) as writer:
        writer.write(smooth(64, 64), photometric="rgb", metadata=None, subifds=1)
        writer.write(smooth(32, 32), photometric="rgb", subfiletype=1, metadata=None)
    assert written(source, out) == [("Reduced copy of 32 × 32 pixels (SubIFDs, tag 330)", "updated")]
    with open_painting(source) as painting:
        (sentence,) = writing_notes(painting)
    assert sentence.startswith("Updated to show the restored picture")


def rearranged(path: Path, chained: bool) -> None:
    """Link the page's first SubIFD to its second, by its own SubIFDs or as the next in its chain."""
    with open(path, "rb+") as file:
        structure = Structure(file)
        entry = structure.page(0).find(330)
        first, second = structure.directory_offsets(entry)
        below = structure.directory(first)
        if chained:
            file.seek(first + below.size - 4)
            file.write(struct.pack("<I", second))
        else:
            fields = [Field(each.tag, each.kind, each.count, structure.value(each)) for each in below.entries]
            fields.append(numbers_field(330, [second], structure.flavour))
            first = append_directory(file, structure.flavour, fields)
        file.seek(entry.offset + 4)
        file.write(struct.pack("<II", 1, first))


@pytest.mark.parametrize("chained", [False, True])
@pytest.mark.parametrize("size", [(32, 32), (30, 29)])
def test_nested_and_chained_copies_are_found(tmp_path: Path, chained: bool, size: tuple[int, int]) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    small = noise(16, 16, seed=6)
    with tifffile.TiffWriter(source) as writer:
        writer.write(smooth(64, 64), photometric="rgb", metadata=None, subifds=2)
        writer.write(smooth(*size), photometric="rgb", subfiletype=1, metadata=None)
        writer.write(small, photometric="rgb", subfiletype=1, metadata=None)
    rearranged(source, chained)
    updated = size == (32, 32)
    kept = updated or chained
    wide, high = size[::-1]
    assert set(written(source, out)) == {
        (f"Reduced copy of {wide} × {high} pixels (SubIFDs, tag 330)", "updated" if updated else "removed"),
        ("Reduced copy of 16 × 16 pixels (SubIFDs, tag 330)", "updated" if kept else "removed"),
    }
    with tifffile.TiffFile(out) as tiff, open(out, "rb") as file:
        structure = Structure(file)
        found = [each for each in structure.walk() if structure.number(each, 256, 0) == 16]
        assert len(found) == kept
        for each in found:
            place = int(structure.numbers(each.find(273))[0])
            new = np.frombuffer(structure.bytes_at(place, small.nbytes), np.uint8).reshape(small.shape)
            assert (new[1:3, 1:5] != small[1:3, 1:5]).any()
            np.testing.assert_array_equal(new[5:], small[5:])
        assert tiff.pages[0].shape == (64, 64, 3)
    assert small[2, 1:5].tobytes() not in out.read_bytes()


def test_nothing_is_removed_where_nothing_is_patched(tmp_path: Path) -> None:
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    tagged(source, (37724, 7, SECRET))
    restore(source, out, [])
    assert out.read_bytes() == source.read_bytes()


def test_iptc_previews_with_long_sizes() -> None:
    keyword = data_set(25, b"Panel")
    long = struct.pack(">BBBHI", 0x1C, 2, 202, 0x8004, 70_000) + bytes(70_000)
    assert iptc.without_previews(keyword + long + keyword) == keyword + keyword
    assert iptc.without_previews(keyword + b"rest") == keyword + b"rest"


@pytest.mark.parametrize("text", [b"", b"no xml", b"<a><b></a>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
def test_invalid_xmp_packet_is_kept(text: bytes) -> None:
    assert xmp.without_thumbnails(text) == text
    assert xmp.merged(text, packet(b"")) is None


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "tag"), [("ps_layers.tif", "Photoshop layers"), ("thumb_sub.tif", "Reduced copy of 150 × 100")]
)
def test_stale_structures_of_real_files(shared: Path, tmp_path: Path, name: str, tag: str) -> None:
    source, out = shared / "faulty" / name, tmp_path / "out.tif"
    with open_painting(source) as painting:
        assert tag in writing_notes(painting)[0]
        patch = Patch(Box(0, 0, 9, 9), np.zeros((9, 9, 3), painting.dtype))
    restore(source, out, [patch])
    with open(source, "rb") as file:
        structure = Structure(file)
        page = structure.page(0)
        layers = page.find(37724)
        if layers:
            old = structure.value(layers)[40:]
        else:
            (below,) = structure.directory_offsets(page.find(330))
            directory = structure.directory(below)
            place, size = (int(structure.numbers(directory.find(tag))[0]) for tag in (324, 325))
            old = structure.bytes_at(place, size)
    assert old[:64] not in out.read_bytes()
