from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from lut_profiles import described, lut_profile, profile
from PIL import Image

from imagest_core.errors import ProfileError
from imagest_core.painting.color import icc
from imagest_core.painting.color import working as colour
from imagest_core.painting.reader import Painting, open_painting

ADOBE = {"whitepoint": [0.3127, 0.3290, 1.0], "primaries": [0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1]}

SRGB = {"whitepoint": [0.3127, 0.3290, 1.0], "primaries": [0.64, 0.33, 1, 0.30, 0.60, 1, 0.15, 0.06, 1]}


def lstar(count: int = 4096) -> np.ndarray:
    """Return the L* tone curve of eciRGB v2 as a 16-bit table."""
    lightness = np.linspace(0, 100, count)
    linear = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    return np.rint(linear * 65535).astype(np.uint16)


def srgb_table() -> np.ndarray:
    return np.rint(colour.decode_srgb(np.linspace(0, 1, 1024)) * 65535).astype(np.uint16)


def grey_profile(gamma: float) -> bytes:
    return imagecodecs.cms_profile("gray", whitepoint=[0.3457, 0.3585, 1.0], gamma=gamma)


PROFILES = {
    "none": None,
    "sRGB": imagecodecs.cms_profile("srgb"),
    "AdobeRGB": imagecodecs.cms_profile("adobergb"),
    "wide, gamma 2.2": imagecodecs.cms_profile("rgb", gamma=2.2, **ADOBE),
    "wide, L* table": imagecodecs.cms_profile("rgb", transferfunction=lstar(), **ADOBE),
    "sRGB by table": imagecodecs.cms_profile("rgb", transferfunction=srgb_table(), **SRGB),
}
GREYS = {"none": None, "gamma 2.2": grey_profile(2.2), "gamma 1.8": grey_profile(1.8)}


def write(path: Path, samples: np.ndarray, embedded: bytes | None) -> Painting:
    kind = "rgb" if samples.ndim == 3 else "minisblack"
    tifffile.imwrite(path, samples, photometric=kind, iccprofile=embedded, metadata=None)
    return open_painting(path)


def colours(depth: int) -> np.ndarray:
    """Return all greys, and colours of typical paint: no channel near zero next to a full one."""
    most = 2**depth - 1
    greys = np.repeat(np.arange(most + 1)[:, None], 3, axis=1)
    mild = np.random.default_rng(1).integers(most // 8, most + 1, (20_000, 3))
    samples = np.concatenate([greys, mild])
    return samples[: len(samples) // 64 * 64].reshape(-1, 64, 3).astype(f"u{depth // 8}")


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("name", PROFILES)
def test_samples_round_trip_identically(tmp_path: Path, name: str, depth: int) -> None:
    samples = colours(depth)
    with write(tmp_path / "x.tif", samples, PROFILES[name]) as painting:
        working = painting.read_working()
        assert working.dtype == np.float32
        assert working.shape == samples.shape
        assert np.array_equal(painting.to_source(working, samples), samples)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("name", GREYS)
def test_grey_samples_round_trip_identically(tmp_path: Path, name: str, depth: int) -> None:
    samples = np.arange(2**depth, dtype=f"u{depth // 8}").reshape(-1, 64)
    with write(tmp_path / "x.tif", samples, GREYS[name]) as painting:
        working = painting.read_working()
        assert np.ptp(working, axis=2).max() == 0
        assert np.array_equal(painting.to_source(working, samples[..., None])[..., 0], samples)


@pytest.mark.parametrize("name", ["AdobeRGB", "wide, gamma 2.2", "wide, L* table"])
def test_agrees_with_littlecms(name: str) -> None:
    known = PROFILES[name]
    assert known is not None
    space, note = colour.colour_space(known, grey=False)
    assert isinstance(space, colour.Matrix)
    assert note == ""
    inside = 0.2 + 0.6 * np.random.default_rng(2).random((50, 50, 3), np.float32)
    there, reference = space.to_working(inside), colour.LittleCms(known, grey=False)
    light, other = colour.decode_srgb(there), colour.decode_srgb(reference.to_working(inside))
    assert np.abs(light - other).max() < 2e-4
    assert np.abs(space.from_working(there) - reference.from_working(there)).max() < 6e-4


def test_grey_agrees_with_littlecms() -> None:
    space, _ = colour.colour_space(grey_profile(2.2), grey=True)
    ramp = np.linspace(0.05, 1, 300, dtype=np.float32).reshape(20, 15, 1)
    reference = colour.LittleCms(grey_profile(2.2), grey=True)
    assert np.abs(space.to_working(ramp) - reference.to_working(ramp)).max() < 3e-4


def test_wide_colours_are_not_clipped() -> None:
    space, _ = colour.colour_space(PROFILES["AdobeRGB"], grey=False)
    green = np.array([[[0.1, 0.9, 0.1]]], np.float32)
    working = space.to_working(green)
    assert working.min() < 0
    assert np.abs(space.from_working(working) - green).max() < 1e-5


@pytest.mark.parametrize("name", ["wide, gamma 2.2", "wide, L* table", "AdobeRGB"])
def test_white_stays_white(name: str) -> None:
    space, _ = colour.colour_space(PROFILES[name], grey=False)
    assert np.abs(space.to_working(np.ones((1, 1, 3), np.float32)) - 1).max() < 1e-6


@pytest.mark.parametrize("name", ["sRGB", "sRGB by table"])
def test_srgb_profiles_are_not_converted(name: str) -> None:
    space, note = colour.colour_space(PROFILES[name], grey=False)
    assert isinstance(space, colour.Srgb)
    assert note == ""


def test_missing_profile_is_reported(tmp_path: Path) -> None:
    with write(tmp_path / "x.tif", colours(8), None) as painting:
        assert painting.notes == ("The file has no colour profile: sRGB is assumed.",)
        assert painting.profile is None
        assert painting.profile_name == "sRGB"


def one_way_lut(profile: bytes) -> bytes:
    """Return ``profile`` with an A2B0 tag that contains no table."""
    count = int.from_bytes(profile[128:132], "big")
    shift = 12
    entries = b""
    for i in range(count):
        name, start, size = struct.unpack(">4sII", profile[132 + 12 * i : 144 + 12 * i])
        entries += struct.pack(">4sII", name, start + shift, size)
    body = profile[132 + 12 * count :]
    start = 132 + 12 * (count + 1) + len(body)
    entries += struct.pack(">4sII", b"A2B0", start, 64)
    whole = profile[128 - 128 : 128] + struct.pack(">I", count + 1) + entries + body + b"mft2" + bytes(60)
    return struct.pack(">I", len(whole)) + whole[4:]


FAULTY: dict[str, tuple[bytes, str]] = {
    "for grey": (grey_profile(2.2), "is made for grey, not for RGB"),
    "for CMYK": (profile({}, space=b"CMYK"), "is made for CMYK, not for RGB"),
    "cut": (imagecodecs.cms_profile("adobergb")[:300], "is cut short"),
    "a cut table": (lut_profile()[:3000], "is cut short"),
    "nonsense": (bytes(range(256)) * 4, "is damaged"),
    "nothing": (b"", "is damaged"),
    "a damaged table": (one_way_lut(imagecodecs.cms_profile("adobergb")), "is damaged"),
    "only there": (
        lut_profile(back=False),
        "works in one direction only: it has no table from colours back to samples",
    ),
    "only back": (
        lut_profile(there=False),
        "works in one direction only: it has no table from samples to colours",
    ),
    "no tables": (profile({b"desc": described("Empty")}), "contains no colour data"),
    "tables of two profiles": (lut_profile(inverse_of=4), "doesn't convert colours back to the same samples"),
    "a device link": (lut_profile(kind=b"link"), "is a device link"),
    "named colours": (lut_profile(kind=b"nmcl"), "is a list of named colours"),
    "abstract": (lut_profile(kind=b"abst"), "is an abstract profile"),
    "over no known space": (profile({}, pcs=b"Luv "), "uses an unknown connection space"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_srgb_replaces_an_unusable_profile_only_on_request(tmp_path: Path, name: str) -> None:
    faulty, said = FAULTY[name]
    samples, path = colours(8)[:20], tmp_path / "x.png"
    Image.fromarray(samples).save(path)
    stored = b"iCCP" + b"icc\0\0" + (zlib.compress(faulty) if faulty else b"no Deflate")
    data = path.read_bytes()
    path.write_bytes(
        data[:33]
        + struct.pack(">I", len(stored) - 4)
        + stored
        + struct.pack(">I", zlib.crc32(stored))
        + data[33:]
    )
    with pytest.raises(
        ProfileError, match=rf"x\.png has a colour profile that {said}.*: assign .*--assume-srgb"
    ):
        open_painting(path)
    with open_painting(path, assume_srgb=True) as painting:
        assert painting.srgb_assumed
        assert painting.info()["srgb_assumed"]
        assert any(note.startswith(f"The file's colour profile {said}") for note in painting.notes)
        assert np.array_equal(painting.to_source(painting.read_working(), samples), samples)
        assert painting.profile == faulty


def test_an_rgb_profile_on_grey_is_unusable(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="is made for RGB, not for grey"):
        write(tmp_path / "x.tif", colours(8)[..., 0], PROFILES["sRGB"])


def test_assuming_srgb_does_not_affect_a_usable_profile(tmp_path: Path) -> None:
    write(tmp_path / "x.tif", colours(8), PROFILES["AdobeRGB"]).close()
    with open_painting(tmp_path / "x.tif", assume_srgb=True) as painting:
        assert not painting.srgb_assumed
        assert painting.notes == ()
        assert isinstance(painting.colour_space, colour.Matrix)


# Lookup tables


def test_lookup_table_is_used_and_its_error_reported(tmp_path: Path) -> None:
    samples = colours(16)[:40]
    with write(tmp_path / "x.tif", samples, lut_profile(name="Bench scanner")) as painting:
        (note,) = painting.notes
        found = re.fullmatch(
            r"The colour profile Bench scanner is a lookup table: converting there and back differs by up to"
            r" ([\d.]+) of 255 \(mean ([\d.]+)\), in filled pixels only\.",
            note,
        )
        assert found
        most, mean = map(float, found.groups())
        assert 0 < mean < most < 100
        assert painting.profile_name == "Bench scanner"
        again = painting.to_source(painting.read_working(), samples)
    difference = np.abs(again.astype(float) - samples) * 255 / 65535
    assert 0 < difference.max() <= most * 1.5


def test_reported_error_is_that_of_the_profile() -> None:
    errors = []
    for exponent in (1.0, 1.2, 1.5):
        space, note = colour.profile_space(lut_profile(inverse_of=exponent), grey=False)
        assert space is not None
        probe = np.random.default_rng(0).uniform(0.1, 0.9, (40, 40, 3)).astype(np.float32)
        errors.append(np.abs(space.from_working(space.to_working(probe)) - probe).mean() * 255)
        reported = float(note.split("(mean ")[1].split(")")[0])
        assert reported == pytest.approx(errors[-1], rel=0.5, abs=5)
    assert errors == sorted(errors)


def test_only_filled_samples_are_converted(tmp_path: Path) -> None:
    """Samples outside the mask are copied even if the profile is inexact."""
    from imagest_core.painting.geometry import Box
    from imagest_core.painting.writer import Patch, write_painting

    samples = colours(8)[:40]
    with write(tmp_path / "x.tif", samples, lut_profile(inverse_of=1.3)) as painting:
        box = Box(5, 6, 7, 8)
        fill = painting.to_source(painting.read_working(box), painting.read(box))
        write_painting(painting, [Patch(box, fill)], tmp_path / "out.tif", check=lambda path: None)
    changed = (tifffile.imread(tmp_path / "out.tif") != samples).any(axis=2)
    assert changed[box.slices].any()
    changed[box.slices] = False
    assert not changed.any()


def test_curves_with_a_flat_end_are_used_and_reported(tmp_path: Path) -> None:
    """Dark samples of a scanner curve with a flat start share a colour, which maps back to one of them."""
    flat = np.maximum(np.linspace(-0.4, 1, 1024), 0)
    curve = np.rint(flat**2 * 65535).astype(np.uint16)
    faulty = imagecodecs.cms_profile("rgb", transferfunction=curve, **ADOBE)
    space, note = colour.colour_space(faulty, grey=False)
    assert isinstance(space, colour.Matrix)
    assert "can't be inverted exactly" in note


def test_alpha_is_kept(tmp_path: Path) -> None:
    samples = np.random.default_rng(3).integers(0, 65536, (20, 20, 4), dtype=np.uint16)
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, samples, photometric="rgb", extrasamples=["unassalpha"])
    with open_painting(path) as painting:
        out = painting.to_source(np.full((20, 20, 3), 0.5, np.float32), samples)
    assert np.array_equal(out[..., 3], samples[..., 3])
    assert (out[..., :3] == 32768).all()


def test_out_of_gamut_colours_are_clipped(tmp_path: Path) -> None:
    with write(tmp_path / "x.tif", colours(8), PROFILES["AdobeRGB"]) as painting:
        wild = np.array([[[-9.0, 0.5, 7.0]]], np.float32)
        assert painting.to_source(wild, np.zeros((1, 1, 3), np.uint8)).tolist()[0][0][2] == 255


def parametric(kind: int, *values: float) -> bytes:
    return (
        b"para"
        + bytes(4)
        + struct.pack(">HH", kind, 0)
        + struct.pack(f">{len(values)}i", *[round(v * 65536) for v in values])
    )


SRGB_NUMBERS = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
CURVES = {
    "identity": b"curv" + bytes(4) + struct.pack(">I", 0),
    "gamma": b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)),
    "table": b"curv" + bytes(4) + struct.pack(">I", 1024) + srgb_table().astype(">u2").tobytes(),
    "para 0": parametric(0, 1.8),
    "para 1": parametric(1, 2.0, 0.9, 0.1),
    "para 2": parametric(2, 2.0, 0.9, 0.05, 0.02),
    "para 3": parametric(3, *SRGB_NUMBERS),
    "para 4": parametric(4, *SRGB_NUMBERS, 0.0, 0.0),
}


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_inverted(name: str) -> None:
    curve = icc._curve(CURVES[name])
    samples = np.linspace(0, 1, 4097)
    linear = curve.linear(samples)
    assert (np.diff(linear) >= 0).all()
    assert linear.min() >= 0
    assert linear.max() <= 1.0001
    assert np.abs(curve.sample(linear) - samples).max() < 2e-4


@pytest.mark.parametrize(
    "tag",
    [
        b"",
        b"mft2" + bytes(40),
        b"curv" + bytes(4) + struct.pack(">IHHH", 3, 0, 60000, 5),
        parametric(9, 1.0),
        parametric(0, -1),
    ],
)
def test_curves_without_inverse_are_refused(tag: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        icc._curve(tag)


def test_profile_name() -> None:
    assert icc.name(imagecodecs.cms_profile("srgb")) == "sRGB built-in"
    assert icc.name(b"") == "unnamed profile"
