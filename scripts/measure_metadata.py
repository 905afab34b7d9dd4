"""Measure which metadata the written TIFF keeps: tags in total, lost, lost and named, lost without a word.

Run ``python -m scripts.measure_metadata FOLDER``; needs ``exiftool`` on the path. Every picture in FOLDER
that opens as a painting is written with one changed pixel. A tag is kept when the result has a tag of the
same name and value in any group; it is named when a sentence of the writer mentions it or what carries it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from imagest_core.errors import ImagestError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import open_painting
from imagest_core.painting.writer import Patch, write_painting, writing_notes

ENDINGS = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".jp2"}
OF_THE_FILE = {"ExifTool", "System", "Composite", "JFIF"}
"""Groups that describe the file and not the picture."""

# fmt: off
RASTER = {
    "ImageWidth", "ImageHeight", "BitsPerSample", "BitDepth", "ColorType", "Compression", "Filter",
    "Interlace", "StripOffsets", "StripByteCounts", "RowsPerStrip", "TileWidth", "TileLength",
    "TileOffsets", "TileByteCounts", "SamplesPerPixel", "PhotometricInterpretation",
    "PlanarConfiguration", "Predictor", "SubfileType", "FillOrder", "VP8Version", "HorizontalScale",
    "VerticalScale", "WebP_Flags", "AlphaIsUsed", "MajorBrand", "MinorVersion", "CompatibleBrands",
    "ColorSpecMethod", "ColorSpecPrecedence", "ColorSpecApproximation", "ColorComponents",
    "NumberOfComponents", "BitsPerComponent", "ColorSpace", "AlphaPreprocessing", "AlphaFiltering",
    "AlphaCompression", "HasExtendedXMP", "PreviewImageStart", "ThumbnailOffset",
    "ProfileName", "PixelsPerUnitX", "PixelsPerUnitY", "PixelUnits", "CaptureXResolution",
    "CaptureYResolution", "CaptureXResolutionUnit", "CaptureYResolutionUnit",
}
# fmt: on
"""Tags of how samples are stored and where things lie in the file."""

ALIASES = {
    "IFD1": "EXIF thumbnail",
    "PhotoMechanic": "Photo Mechanic",
    "MediaJukebox": "Media Jukebox",
    "Casio": "Casio QVCI",
    "JSON": "JUMBF",
    "XML-xsi": "XML",
}
"""What the writer's notes call a group."""

TAG_ALIASES = {
    "BackgroundColor": "bKGD",
    "Gamma": "gAMA",
    "SRGBRendering": "sRGB",
    "SignificantBits": "sBIT",
    "ModifyDate": "text Time",
    "Comment": "text [Cc]omment",
    "PhotoshopThumbnail": "Photoshop thumbnail",
    "ObjectPreviewData": "IPTC preview",
    "ObjectPreviewFileFormat": "IPTC preview",
    "ObjectPreviewFileVersion": "IPTC preview",
    "ImageData": "XMP thumbnails",
    "DepthImage": "XMP thumbnails",
    "ThumbnailTIFF": "Reduced copy",
    "About": "Further XMP",
    "Subject": "Further XMP",
}
"""What the writer's notes call a tag (regular expressions)."""

KINDS = {"EXIF", "MakerNotes", "XMP", "IPTC", "Photoshop", "PNG", "JPEG", "File", "RIFF", "Jpeg2000"}
"""Groups that are too large to be named as a whole."""


@dataclass
class Found:
    """What became of one file's tags."""

    name: str
    total: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)
    silent: list[tuple[str, str]] = field(default_factory=list)


def tags_of(path: Path) -> Counter[tuple[str, str, str]]:
    """(group, name, value) of every tag of a file that isn't about how it is stored."""
    command = ["exiftool", "-j", "-G0:1:4", "-a", "-u", "-n", "-struct", str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout.decode("utf-8", "replace"))[0]
    tags: Counter[tuple[str, str, str]] = Counter()
    for key, value in found.items():
        *groups, name = key.split(":")
        group = ":".join(part for part in dict.fromkeys(groups) if not part.startswith("Copy"))
        structural = OF_THE_FILE & set(groups) or (groups[:1] == ["File"] and name != "Comment")
        if groups and not structural and not (name in RASTER and "ExifIFD" not in groups):
            tags[group, name, json.dumps(value, sort_keys=True)] += 1
    return tags


def measure(path: Path) -> Found | None:
    """What writing the file with one changed pixel loses; None for a file that can't be opened or written."""
    try:
        return _measured(path)
    except ImagestError as error:
        print(f"{path.name}: {error}")
        return None


def _measured(path: Path) -> Found:
    painting = open_painting(path)
    with painting, tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.tif")
        box = Box(0, 0, 1, 1)
        patch = Patch(box, painting.read(box) ^ np.array(1, painting.dtype))
        write_painting(painting, [patch], out, check=lambda written: None)
        notes = " ".join(note.replace(path.name, "") for note in writing_notes(painting))
        return compare(path.name, tags_of(path), tags_of(out), notes)


def compare(
    name: str, before: Counter[tuple[str, str, str]], after: Counter[tuple[str, str, str]], notes: str
) -> Found:
    """Which tags of ``before`` have no counterpart in ``after``, and which of those ``notes`` don't name."""
    kept = {(tag, value) for _, tag, value in after}
    found = Found(name, before.total())
    for (group, tag, value), count in before.items():
        if (tag, value) not in kept:
            found.lost += [(group, tag)] * count
            if not is_named(group, tag, notes):
                found.silent += [(group, tag)] * count
    return found


def is_named(group: str, tag: str, notes: str) -> bool:
    """Whether a sentence mentions the tag, or a group it belongs to that isn't a whole kind of metadata."""
    groups = [ALIASES.get(part, part) for part in group.split(":") if part not in KINDS]
    names = [re.escape(name) for name in (tag, *groups)] + [TAG_ALIASES.get(tag, re.escape(tag))]
    return any(re.search(rf"\b{name}\b", notes) for name in names)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="list the tags that were lost and named too")
    args = parser.parse_args()
    if shutil.which("exiftool") is None:
        parser.error("exiftool isn't installed: install it to compare tags.")
    files = sorted(path for path in args.folder.iterdir() if path.suffix.lower() in ENDINGS)
    results = [found for path in files if (found := measure(path)) is not None]
    for found in results:
        print(f"{found.name}: {found.total} tags, {len(found.lost)} lost, {len(found.silent)} silent")
        for group, tag in found.lost if args.all else found.silent:
            print(f"    {'silent' if (group, tag) in found.silent else 'named'} {group}:{tag}")
    total, lost, silent = (
        sum(values)
        for values in zip(*((found.total, len(found.lost), len(found.silent)) for found in results))
    )
    print(
        f"{len(results)} files: {total} tags, {lost} lost, {lost - silent} of them named, {silent} silent, in"
        f" {sum(bool(found.silent) for found in results)} files"
    )


if __name__ == "__main__":
    main()
