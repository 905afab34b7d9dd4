"""Export a reduced picture of the painting that shows where it was filled and where it is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from imagest_core.arrays import Labels, Mask
from imagest_core.damage.hatching import hatch
from imagest_core.damage.map import TILE, DamageMap, tile_box
from imagest_core.errors import OutputError, ProjectError
from imagest_core.export.picture_spec import MarkedPicture
from imagest_core.messages import Message
from imagest_core.painting.atomic import replacing
from imagest_core.painting.color.display import Display, Pixels
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.outputs import FileKind, check_replaceable
from imagest_core.painting.reader import Painting
from imagest_core.painting.reduce import area_mean
from imagest_core.progress import Progress
from imagest_core.project.run import Run
from imagest_core.project.snapshot import Snapshot

_FORMATS = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF"}
_ACCEPTED, _UNDER_REVIEW, _HYPOTHESIS = 1, 2, 3
_FILL_COLOURS = {
    _ACCEPTED: (255, 255, 255),
    _UNDER_REVIEW: (255, 210, 74),
    _HYPOTHESIS: (226, 107, 208),
}
_BAND = 8 * TILE
_DEFAULT = MarkedPicture()
_LAST_LEVEL = 8
"""The coarsest level at which a tile is a whole number of pixels."""


def write_marked_picture(
    painting: Painting,
    snapshot: Snapshot,
    out: Path,
    spec: MarkedPicture = _DEFAULT,
    *,
    force: bool = False,
    inputs: tuple[Path, ...] = (),
    progress: Progress | None = None,
) -> tuple[int, int]:
    """Write the painting with its fills as an 8-bit sRGB PNG or TIFF; returns its width and height.

    It is meant for documentation: the fills are hatched, so that they can't be taken for original paint.

    Raises
    ------
    OutputError, ProjectError, PaintingError, Cancelled
        No file is left.
    """
    kind = _FORMATS.get(out.suffix.lower())
    if kind is None:
        raise OutputError(
            Message("{out} must end in .png or .tif: choose such a name.", out=out.name or str(out))
        )
    check_replaceable(out, FileKind.PICTURE)
    run = _shown_run(snapshot, spec.run)
    with replacing(out, force=force, source=painting.path, inputs=inputs) as temporary:
        pixels = _draw(painting, snapshot, spec, run, progress or Progress())
        _save(pixels, temporary, kind, painting)
    return pixels.shape[1], pixels.shape[0]


def _shown_run(snapshot: Snapshot, number: int | None) -> Run | None:
    if number is None:
        return None
    if number not in snapshot.state.runs:
        raise ProjectError(
            Message("There is no result {number} in the project: check its number.", number=number)
        )
    return snapshot.state.runs[number]


def _draw(
    painting: Painting, snapshot: Snapshot, spec: MarkedPicture, run: Run | None, progress: Progress
) -> Pixels:
    """Return (h, w, 3) uint8, red, green, blue."""
    import cv2

    longest = max(painting.width, painting.height)
    scale = min(spec.side / longest, 1.0)
    level = min(max(int(np.floor(-np.log2(scale) + 1e-9)), 0), _LAST_LEVEL)
    size = max(round(painting.width * scale), 1), max(round(painting.height * scale), 1)
    reduced, fills = _reduced(painting, snapshot, run, level, progress)
    pixels = cv2.resize(reduced, size, interpolation=cv2.INTER_AREA)
    if spec.hatched:
        _hatch_fills(pixels, _resized(fills, size))
    if spec.outlined:
        _outline_damage(pixels, _resized(_labels_at(snapshot.state.damage, level), size), snapshot)
    return np.asarray(pixels)


def _reduced(
    painting: Painting, snapshot: Snapshot, run: Run | None, level: int, progress: Progress
) -> tuple[Pixels, Labels]:
    """Return the painting with its fills at ``level`` as (h, w, 3) colours, and (h, w) labels of fills."""
    step, display = 1 << level, Display(painting)
    band_height = max(_BAND, step)
    height, width = -(-painting.height // step), -(-painting.width // step)
    pixels = np.empty((height, width, 3), np.uint8)
    marks = np.zeros((height, width), np.uint8)
    tops = range(0, painting.height, band_height)
    for top in progress.steps(tops):
        band = Box(0, top, painting.width, band_height).within(painting.box)
        samples = painting.read(band, level)
        filled = np.zeros(samples.shape[:2], np.uint8)
        for box, colours, labels in _fills_in(snapshot, run, band, painting):
            target = _at_level(box.moved(0, -band.y), step).slices
            samples[target] = area_mean(colours, step) if level else colours
            filled[target] = _pooled(labels, step)
        rows = slice(band.y // step, band.y // step + samples.shape[0])
        pixels[rows] = display(samples)[..., 2::-1]
        marks[rows] = filled
    return pixels, marks


def _fills_in(
    snapshot: Snapshot, run: Run | None, band: Box, painting: Painting
) -> Iterator[tuple[Box, Samples, Labels]]:
    """Yield box, samples and labels of every tile of ``band`` that has fills."""
    accepted = set(snapshot.accepted.keys())
    under_review = run.tile_keys if run is not None else frozenset()
    for key in sorted(accepted | under_review):
        box = tile_box(key).within(band)
        if box.empty:
            continue
        samples, labels = painting.read(box), np.zeros((box.height, box.width), np.uint8)
        composed = snapshot.accepted.tile(key)
        if composed is not None:
            _paste(samples, labels, box, composed.box, composed.samples, composed.mask, _ACCEPTED)
            hypothetical = np.isin(composed.runs, snapshot.accepted.hypotheses)
            _paste(samples, labels, box, composed.box, composed.samples, hypothetical, _HYPOTHESIS)
        if run is not None and key in under_review:
            tile = run.content.tile(key)
            label = _HYPOTHESIS if run.hypothesis else _UNDER_REVIEW
            _paste(samples, labels, box, tile.box, tile.samples, tile.regions > 0, label)
        yield box, samples, labels


def _paste(
    samples: Samples, labels: Labels, box: Box, filled: Box, values: Samples, mask: Mask, label: int
) -> None:
    common = filled.within(box)
    if common.empty:
        return
    target, source = common.moved(-box.x, -box.y).slices, common.moved(-filled.x, -filled.y).slices
    inside = mask[source]
    samples[target][inside] = values[source][inside]
    labels[target][inside] = label


def _labels_at(damage: DamageMap, level: int) -> Labels:
    """Return (h, w) labels of visible classes; a reduced pixel has the largest label that it covers."""
    step = 1 << level
    visible = np.zeros(256, np.uint8)
    for item in damage.classes:
        visible[item.label] = item.label if item.visible else 0
    out = np.zeros((-(-damage.height // step), -(-damage.width // step)), np.uint8)
    for cell in damage.occupied():
        out[_at_level(cell, step).slices] = _pooled(visible[damage.read(cell)], step)
    return out


def _at_level(box: Box, step: int) -> Box:
    return Box.spanning(box.x // step, box.y // step, -(-box.right // step), -(-box.bottom // step))


def _pooled(labels: Labels, step: int) -> Labels:
    """Return the largest label of every ``step`` × ``step`` block."""
    height, width = labels.shape
    padded = np.pad(labels, ((0, -height % step), (0, -width % step)))
    blocks = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)
    return np.asarray(blocks.max(axis=(1, 3)))


def _resized(labels: Labels, size: tuple[int, int]) -> Labels:
    """Resize labels to (width, height) so that lines one pixel wide do not disappear."""
    import cv2

    height, width = labels.shape
    if (width, height) == size:
        return labels
    widened = cv2.dilate(labels, np.ones((2, 2), np.uint8)) if width > size[0] else labels
    return np.asarray(cv2.resize(widened, size, interpolation=cv2.INTER_NEAREST))


def _hatch_fills(pixels: Pixels, fills: Labels) -> None:
    height, width = fills.shape
    lines = hatch(fills, Box(0, 0, width, height)) & (fills > 0)
    for label, colour in _FILL_COLOURS.items():
        pixels[lines & (fills == label)] = colour
        pixels[_edges(fills == label)] = colour


def _outline_damage(pixels: Pixels, labels: Labels, snapshot: Snapshot) -> None:
    for item in snapshot.state.damage.classes:
        if (labels == item.label).any():
            colour = tuple(int(item.colour[at : at + 2], 16) for at in (1, 3, 5))
            pixels[_edges(labels == item.label)] = colour


def _edges(mask: Mask) -> Mask:
    """(h, w) bool: pixels of ``mask`` with a neighbour outside it; the border of the picture is no edge."""
    padded = np.pad(mask, 1, mode="edge")
    inner = padded[2:, 1:-1] & padded[:-2, 1:-1] & padded[1:-1, 2:] & padded[1:-1, :-2]
    return np.asarray(mask & ~inner)


def _save(pixels: Pixels, out: Path, kind: str, painting: Painting) -> None:
    from PIL import Image as PillowImage

    from imagest_core.painting.color.working import srgb_profile

    options: dict[str, object] = {"icc_profile": srgb_profile()}
    if painting.resolution is not None:
        scale = pixels.shape[1] / painting.width * 25.4
        options["dpi"] = (painting.resolution.px_per_mm_x * scale, painting.resolution.px_per_mm_y * scale)
    if kind == "TIFF":
        options["compression"] = "tiff_deflate"
    PillowImage.fromarray(pixels).save(out, kind, **options)
