from __future__ import annotations

import logging
import os
import re
import resource
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from imagest_core.errors import PaintingError
from imagest_core.painting.orientation import Orientation
from imagest_core.painting.reader import Limits, open_painting

SHARED = Path(__file__).parents[3] / "shared" / "bad-input"
SAMPLES = np.random.default_rng(5).integers(0, 256, (64, 48, 3), dtype=np.uint8)


def refusal(path: Path, limits: Limits | None = None) -> str:
    """Return the message raised by opening or reading the file."""
    with pytest.raises(PaintingError) as caught, open_painting(path, limits=limits) as painting:
        painting.read()
    return checked(str(caught.value))


def checked(sentence: str) -> str:
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0
    assert len(sentence) < 400
    return sentence


def tiff(tags: dict[int, tuple[int, int, int]], data: bytes = b"", order: str = "<") -> bytes:
    """Return a classic TIFF with one directory; ``tags``: code → (type, count, value as a 32-bit word)."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    entries = [
        struct.pack(order + "HHI", code, *tags[code][:2]) + word(order, *tags[code]) for code in sorted(tags)
    ]
    return head + struct.pack(order + "H", len(tags)) + b"".join(entries) + bytes(4) + data


def word(order: str, kind: int, count: int, value: int) -> bytes:
    return (
        struct.pack(order + "HH", value, 0) if kind == 3 and count == 1 else struct.pack(order + "I", value)
    )


def grey(width: int = 8, height: int = 8, **changes: tuple[int, int, int]) -> dict[int, tuple[int, int, int]]:
    """Tags of an uncompressed 8-bit grey picture whose samples follow the directory of 8 entries."""
    tags = {
        256: (4, 1, width),
        257: (4, 1, height),
        258: (3, 1, 8),
        259: (3, 1, 1),
        262: (3, 1, 1),
        273: (4, 1, 8 + 2 + 8 * 12 + 4),
        278: (4, 1, height),
        279: (4, 1, min(width * height, 2**32 - 1)),
    }
    return tags | {int(code[1:]): value for code, value in changes.items()}


def test_handmade_tiff_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    path.write_bytes(tiff(grey(), bytes(range(64))))
    with open_painting(path) as painting:
        assert painting.read().ravel().tolist() == list(range(64))


HANDMADE: dict[str, tuple[bytes, str]] = {
    "a bomb": (tiff(grey(100_000, 100_000), bytes(64)), "over the limit of 2,000 megapixels"),
    "no width": (tiff(grey(0, 8), bytes(64)), "declares a size of"),
    "cut short": (tiff(grey(), bytes(63)), "cut short"),
    "counts too small": (tiff(grey(t279=(4, 1, 10)), bytes(64)), "cut short"),
    "offset outside": (tiff(grey(t273=(4, 1, 4_000_000_000)), bytes(64)), "cut short"),
    "offset zero": (tiff(grey(t273=(4, 1, 0)), bytes(64)), "cut short|damaged"),
    "too few strips": (tiff(grey(t278=(4, 1, 1)), bytes(64)), "damaged|cut short"),
    "absurd count of strips": (tiff(grey(t273=(4, 2**31, 100)), bytes(64)), "damaged|cut short"),
    "absurd channels": (tiff(grey() | {277: (3, 1, 65535)}, bytes(64)), "65535 channels|damaged"),
    "a volume": (tiff(grey() | {32997: (4, 1, 5)}, bytes(320)), "volume|damaged|cut short"),
    "float": (tiff(grey(t258=(3, 1, 32)) | {339: (3, 1, 3)}, bytes(256)), "floating-point"),
    "signed": (tiff(grey(t258=(3, 1, 16)) | {339: (3, 1, 2)}, bytes(256)), "signed"),
    "32 bits": (tiff(grey(t258=(3, 1, 32)), bytes(256)), "32-bit picture: convert it to 8 or 16 bits"),
    "12 bits": (tiff(grey(t258=(3, 1, 12)), bytes(256)), "12-bit"),
    "4 bits": (tiff(grey(t258=(3, 1, 4)), bytes(256)), "4-bit"),
    "palette": (tiff(grey(t262=(3, 1, 3)), bytes(64)), "palette"),
    "Lab": (tiff(grey(t262=(3, 1, 8)) | {277: (3, 1, 3)}, bytes(256)), "L\\*a\\*b\\*"),
    "an unknown kind": (tiff(grey(t262=(3, 1, 777)), bytes(64)), "unknown kind"),
    "an unknown codec": (tiff(grey(t259=(3, 1, 12345)), bytes(64)), "compressed by"),
    "Deflate that isn't": (tiff(grey(t259=(3, 1, 8)), bytes(64)), "damaged"),
    "LZW that isn't": (tiff(grey(t259=(3, 1, 5)), b"\x80\x01\xff" * 30), "damaged"),
    "JPEG that isn't": (tiff(grey(t259=(3, 1, 7)), bytes(62) + b"\xff\xd9"), "damaged"),
    "a compression that can't be read": (tiff(grey(t259=(3, 9, 9_000)), bytes(64)), "tag 259 can't be read"),
    "an orientation that can't be read": (tiff(grey() | {274: (3, 9, 9_000)}, bytes(80)), "tag 274 can't be"),
    "a profile that can't be read": (tiff(grey() | {34675: (7, 99, 9_000)}, bytes(80)), "profile"),
    "a loop of directories": (b"II*\0" + struct.pack("<IHI", 8, 0, 8) + bytes(20), "damaged|size"),
    "no directory": (b"II*\0" + bytes(12), "damaged"),
    "only a head": (b"II*\0", "damaged"),
    "a BigTIFF head": (b"II+\0\x08\0\0\0" + b"\xff" * 8, "damaged"),
    "random after the head": (b"MM\0*" + np.random.default_rng(1).bytes(3000), "damaged|is"),
    "text": (b"Dear colleague, the scan is attached.", "not in a supported picture format"),
    "nothing": (b"", "is empty"),
    "a GIF": (b"GIF89a" + bytes(40), "a GIF picture: save it as a 16-bit TIFF"),
    "a PNG head": (b"\x89PNG\r\n\x1a\n", "cut short"),
    "a JPEG head": (b"\xff\xd8\xff\xe0", "cut short"),
    "a WebP head": (b"RIFF\0\1\0\0WEBP", "cut short"),
    "a JP2 head": (b"\0\0\0\x0cjP  \r\n\x87\n", "damaged|cut short"),
    "a bare codestream": (b"\xff\x4f\xff\x51" + bytes(60), "cut short|declares"),
}


@pytest.mark.parametrize("name", HANDMADE)
def test_bad_file_raises_one_sentence(tmp_path: Path, name: str) -> None:
    data, said = HANDMADE[name]
    path = tmp_path / "x.tif"
    path.write_bytes(data)
    assert re.search(said, refusal(path))


def test_library_messages_are_not_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.tif"
    path.write_bytes(tiff(grey() | {700: (77, 2**31, 9), 9: (0, 1, 1)}, bytes(64)))
    logging.getLogger("tifffile").setLevel(logging.NOTSET)
    with open_painting(path) as painting:
        painting.read()
    assert capfd.readouterr() == ("", "")


ENCODERS: dict[str, Callable[[np.ndarray], bytes]] = {
    "png": imagecodecs.png_encode,
    "jpg": imagecodecs.jpeg8_encode,
    "webp": lambda samples: imagecodecs.webp_encode(samples, lossless=True),
    "jp2": lambda samples: imagecodecs.jpeg2k_encode(samples, codecformat="jp2"),
    "j2k": lambda samples: imagecodecs.jpeg2k_encode(samples, codecformat="j2k"),
}


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
@pytest.mark.parametrize("kind", ENCODERS)
def test_truncated_file_is_detected(tmp_path: Path, kind: str, share: float) -> None:
    data, path = ENCODERS[kind](SAMPLES), tmp_path / f"x.{kind}"
    path.write_bytes(data)
    with open_painting(path) as painting:
        assert painting.read().shape == SAMPLES.shape
    path.write_bytes(data[: int(len(data) * share)])
    assert re.search(r"cut short.*: get an intact copy of it\.$", refusal(path))


@pytest.mark.parametrize("compression", [None, "lzw", "adobe_deflate", "zstd", "jpeg", "packbits"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_truncated_tiff_is_detected_on_opening(tmp_path: Path, compression: str | None, share: float) -> None:
    path = tmp_path / "x.tif"
    tifffile.imwrite(
        path, SAMPLES, photometric="rgb", compression=compression, rowsperstrip=16, metadata=None
    )
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(PaintingError, match=r"(cut short|damaged).*: get an intact copy of it\.$"):
        open_painting(path)


@pytest.mark.parametrize("compression", ["lzw", "adobe_deflate", "zstd", "jpeg", "packbits"])
def test_truncated_strip_in_a_complete_file_is_detected(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "x.tif"
    tifffile.imwrite(
        path, SAMPLES, photometric="rgb", compression=compression, rowsperstrip=16, metadata=None
    )
    with tifffile.TiffFile(path) as file:
        tag = file.pages[0].tags[279]
        counts = [count if i != 2 else count // 2 for i, count in enumerate(tag.value)]
        at, size = tag.valueoffset, tag.dtype
    data = bytearray(path.read_bytes())
    data[at : at + len(counts) * (2 if size == 3 else 4)] = struct.pack(
        f"<4{'H' if size == 3 else 'I'}", *counts
    )
    path.write_bytes(data)
    assert "damaged" in refusal(path)


def chunk(name: bytes, value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + name + value + struct.pack(">I", zlib.crc32(name + value))


def png(width: int, height: int, depth: int, kind: int, data: bytes, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    body = [chunk(b"IHDR", head), *more, chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def test_png_bombs_and_palettes(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    for data, said in (
        (png(60_000, 60_000, 8, 2, b""), "over the limit"),
        (png(30_000, 30_000, 8, 2, bytes(1000)), "cut short"),
        (png(8, 8, 8, 3, bytes(72), chunk(b"PLTE", bytes(6))), "palette"),
        (png(8, 8, 8, 2, bytes(72)), "damaged"),
    ):
        path.write_bytes(data)
        assert said in refusal(path)


def test_jpeg_with_too_few_bytes_for_its_size_is_refused(tmp_path: Path) -> None:
    data = bytearray(imagecodecs.jpeg8_encode(SAMPLES))
    frame = data.find(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 20_000, 20_000)
    path = tmp_path / "x.jpg"
    path.write_bytes(data)
    assert "too few bytes" in refusal(path)


def test_size_decoded_at_once_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(imagecodecs.png_encode(SAMPLES))
    assert "only be decoded as a whole" in refusal(path, Limits(at_once=1000))
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, SAMPLES, photometric="rgb", compression="lzw", rowsperstrip=64)
    assert "smaller tiles" in refusal(path, Limits(at_once=1000))
    assert "over the limit" in refusal(path, Limits(pixels=1000))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_png_below_8_bits_is_read_as_grey(tmp_path: Path, depth: int) -> None:
    values = np.arange(64).reshape(8, 8) % 2**depth
    bits = np.unpackbits(values.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :].reshape(8, -1)
    rows = b"".join(b"\0" + row.tobytes() for row in np.packbits(bits, axis=1))
    path = tmp_path / "x.png"
    path.write_bytes(png(8, 8, depth, 0, rows))
    with open_painting(path) as painting:
        assert np.array_equal(painting.read()[..., 0], values * (255 // (2**depth - 1)))


OTHER_SAMPLES = {
    "grey": SAMPLES[..., 0].copy(),
    "with alpha": np.dstack([SAMPLES, SAMPLES[..., :1]]),
    "smaller": SAMPLES[:40, :40].copy(),
    "wider": np.pad(SAMPLES, ((0, 0), (0, 16), (0, 0))),
    "of the same area": SAMPLES.reshape(48, 64, 3),
}


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        (codec, name)
        for codec in ("jpeg", "jpeg2000", "webp")
        for name in OTHER_SAMPLES
        if (codec, name) != ("webp", "grey")
    ],
)
@pytest.mark.parametrize("tile", [(64, 48), None])
def test_segment_of_another_size_is_damage(
    tmp_path: Path, name: str, tile: tuple[int, int] | None, codec: str
) -> None:
    path, encode = (
        tmp_path / "x.tif",
        getattr(imagecodecs, {"jpeg2000": "jpeg2k"}.get(codec, codec) + "_encode"),
    )
    options = {"shape": SAMPLES.shape, "dtype": np.uint8, "photometric": "rgb", "metadata": None}
    for samples in (SAMPLES, OTHER_SAMPLES[name]):
        segments = iter([encode(np.ascontiguousarray(samples))])
        tifffile.imwrite(path, segments, compression=codec, tile=tile, rowsperstrip=64, **options)
        if samples is SAMPLES:
            with open_painting(path) as painting:
                assert painting.read().shape == SAMPLES.shape
    assert "damaged" in refusal(path)


def test_strip_that_is_higher_than_the_picture_is_read(tmp_path: Path) -> None:
    found, path = [], tmp_path / "x.tif"
    options = {"shape": SAMPLES.shape, "dtype": np.uint8, "photometric": "rgb", "metadata": None}
    for samples in (SAMPLES, np.pad(SAMPLES, ((0, 16), (0, 0), (0, 0)))):
        segments = iter([imagecodecs.jpeg_encode(samples, 95)])
        tifffile.imwrite(path, segments, compression="jpeg", rowsperstrip=64, **options)
        with open_painting(path) as painting:
            found.append(painting.read())
    plain, taller = (samples[:56] for samples in found)  # chroma below is interpolated
    np.testing.assert_array_equal(plain, taller)


def test_webp_in_a_grey_page_is_damage(tmp_path: Path) -> None:
    segments = iter([imagecodecs.webp_encode(np.ascontiguousarray(SAMPLES[:40, :40]), lossless=True)])
    options = {"shape": SAMPLES.shape[:2], "dtype": np.uint8, "photometric": "minisblack", "metadata": None}
    tifffile.imwrite(tmp_path / "x.tif", segments, compression="webp", rowsperstrip=64, **options)
    assert "damaged" in refusal(tmp_path / "x.tif")


def test_signed_segment_is_damage(tmp_path: Path) -> None:
    segments = iter([imagecodecs.jpeg2k_encode(SAMPLES.astype(np.int8), reversible=True)])
    options = {"shape": SAMPLES.shape, "dtype": np.uint8, "photometric": "rgb", "metadata": None}
    tifffile.imwrite(tmp_path / "x.tif", segments, compression="jpeg2000", rowsperstrip=64, **options)
    assert "damaged" in refusal(tmp_path / "x.tif")


@pytest.mark.parametrize("kind", [np.int8, np.int16])
def test_signed_jpeg_2000_is_refused(tmp_path: Path, kind: type) -> None:
    path = tmp_path / "x.jp2"
    path.write_bytes(imagecodecs.jpeg2k_encode(SAMPLES.astype(kind), reversible=True))
    assert "signed whole-number picture" in refusal(path)


@pytest.mark.parametrize(
    ("space", "said"), [(12, "CMYK"), (14, "L\\*a\\*b"), (21, "colour space 21"), (24, "24")]
)
def test_jpeg_2000_of_other_colours_is_refused(tmp_path: Path, space: int, said: str) -> None:
    path = tmp_path / "x.jp2"
    path.write_bytes(jpeg_2000(space))
    assert re.search(said, refusal(path))


def test_jpeg_2000_of_ycc_is_read_as_rgb(tmp_path: Path) -> None:
    path = tmp_path / "x.jp2"
    path.write_bytes(jpeg_2000(18))
    with open_painting(path) as painting:
        assert "The file stores YCbCr samples; they are read as RGB." in painting.notes
        assert not np.array_equal(painting.read(), SAMPLES)


def jpeg_2000(space: int) -> bytes:
    """Return a JPEG 2000 that declares this enumerated colour space."""
    data = bytearray(imagecodecs.jpeg2k_encode(SAMPLES, reversible=True, codecformat="jp2"))
    struct.pack_into(">I", data, data.index(b"colr") + 7, space)
    return bytes(data)


def test_cmyk_is_refused(tmp_path: Path) -> None:
    cmyk = Image.new("CMYK", (20, 20), (1, 2, 3, 4))
    for name in ("x.jpg", "x.tif"):
        cmyk.save(tmp_path / name)
        assert "CMYK picture: convert it to 8- or 16-bit RGB" in refusal(tmp_path / name)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)
    assert "doesn't exist" in refusal(tmp_path / "missing.tif")
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "pipe")


def test_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is simulated, because root can read everything."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "x.tif"
    path.write_bytes(b"II*\0")
    monkeypatch.setattr(Path, "open", refuse)
    assert "ask for permission" in refusal(path)


def test_random_damage_never_crashes(tmp_path: Path) -> None:
    """Random bytes in the header give a message, or samples of the declared size."""
    rng, path = np.random.default_rng(11), tmp_path / "x"
    tifffile.imwrite(tmp_path / "t", SAMPLES, photometric="rgb", compression="lzw", tile=(16, 16))
    originals = [(tmp_path / "t").read_bytes(), *(encode(SAMPLES) for encode in ENCODERS.values())]
    for original in originals:
        for _ in range(40):
            data = bytearray(original)
            for at in rng.integers(4, min(len(data), 400), 3):
                data[at] = rng.integers(0, 256)
            path.write_bytes(data)
            try:
                with open_painting(path, limits=Limits(pixels=10**7)) as painting:
                    assert painting.read().shape == (painting.height, painting.width, painting.channels)
            except PaintingError as error:
                checked(str(error))


def reference(path: Path) -> np.ndarray:
    """Return the samples as displayed by another library."""
    if path.suffix == ".jpg":  # Pillow's decoder differs by one level
        code = open_painting(path).orientation
        return Orientation(code).display(imagecodecs.jpeg8_decode(path.read_bytes()))
    if "16bit_RGB" in path.name:  # not supported by Pillow
        return tifffile.imread(path)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L") if picture.mode == "1" else picture)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no folder of bad files beside the checkout")
def test_every_odd_file_opens_correctly_or_is_refused() -> None:
    opened = []
    for path in sorted(SHARED.iterdir()):
        start = time.monotonic()
        try:
            with open_painting(path) as painting:
                assert np.array_equal(np.squeeze(painting.read()), np.squeeze(reference(path))), path.name
                opened.append(path.name)
        except PaintingError as error:
            checked(str(error))
        assert time.monotonic() - start < 10
    assert "hopper_bigtiff.tif" in opened
    assert "g4_orientation_5.tif" in opened
    if sys.platform == "linux":
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2_000_000
