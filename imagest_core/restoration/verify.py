"""Verify a written file sample by sample: the source outside the fills, the fills inside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from imagest_core.arrays import Image, Mask
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.errors import PaintingError, VerificationError
from imagest_core.messages import Message, template
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Limits, Painting, open_painting
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.painting.stored_parts import PartDigests
    from imagest_core.restoration.fill import Fill


_TOUCHED = template(
    "The written file differs from the scan outside the mask, first at {x}, {y}; it was not kept."
)
_NOT_FILLED = template("The fill at {x}, {y} did not reach the written file; it was not kept.")
_RUN = 64
"""Mean length in pixels above which runs are faster than selecting single pixels."""


@dataclass(frozen=True)
class Verification:
    """The result of comparing every sample of the written file with its expected value.

    Parameters
    ----------
    samples
        Number of samples outside the filled pixels that equal the source's.
    sha256
        A hash of those samples, see ``method``.
    filled
        Number of filled pixels.
    method
        "samples": ``sha256`` is the hash of the samples in row order, in the file's depth (little-endian).
        "bytes": of the digests of the file's parts, see :class:`imagest_core.painting.compare.Comparison`.
        Records without a method used "samples".
    protected
        Number of protected pixels, all of which are among the compared ones.
    """

    samples: int
    sha256: str
    filled: int
    method: str = "samples"
    protected: int = 0


def verify(
    painting: Painting,
    fills: Iterable[Fill],
    written: Path,
    progress: Progress | None = None,
    *,
    protected: DamageMap | None = None,
    digests: PartDigests | None = None,
) -> Verification:
    """Compare the file ``written`` with ``painting`` and its ``fills``; raises ``VerificationError``.

    Strips and tiles with the same bytes in both files are not decoded (:mod:`imagest_core.painting.compare`).
    The fills are converted again, so fills missing from the file are detected as well. No fill may contain a
    ``protected`` pixel; so the comparison shows that all of these are identical. ``digests`` are those of the
    painting's parts, if they are known.
    """
    from imagest_core.painting.compare import CACHE
    from imagest_core.painting.writer import written_page

    rows: dict[int, list[Fill]] = defaultdict(list)
    for fill in fills:
        if protected is not None and (fill.mask & (protected.read(fill.box) > 0)).any():
            raise VerificationError("A fill contains protected pixels; the file was not kept.")
        rows[fill.box.y // TILE].append(fill)
    try:
        page, limits = written_page(painting), Limits(cache=CACHE)
        with open_painting(written, page=page, limits=limits, assume_srgb=painting.assume_srgb) as result:
            _check_kind(painting, result)
            found = _compared(painting, result, rows, digests, progress or Progress())
            return found if protected is None else replace(found, protected=protected.count())
    except PaintingError as error:
        raise VerificationError(
            Message("The written file can't be read back: {reason}", reason=error)
        ) from error


def _compared(
    painting: Painting,
    written: Painting,
    rows: Mapping[int, list[Fill]],
    digests: PartDigests | None,
    progress: Progress,
) -> Verification:
    from imagest_core.painting.compare import compare

    filled: list[int] = []
    decoded = lru_cache(painting.width // TILE + 2)(_decoded)

    def check(box: Box) -> list[Samples]:
        before, after = painting.read(box), written.read(box)
        tile_rows = range(box.y // TILE, (box.bottom - 1) // TILE + 1)
        overlapping = (fill for row in tile_rows for fill in rows.get(row, ()))
        inside = _check_fills(painting, before, after, box, overlapping, decoded)
        filled.append(int(np.count_nonzero(inside)))
        return _outside(before, inside)

    boxes = (fill.box for fills in list(rows.values()) for fill in fills)
    comparison = compare(painting, written.path, written.page, boxes, check, progress, digests=digests)
    return Verification(comparison.samples, comparison.sha256, sum(filled), comparison.method)


def _decoded(fill: Fill) -> tuple[Mask, Image]:
    return fill.mask, fill.colour


def _outside(samples: Samples, inside: Mask) -> list[Samples]:
    """Return the pixels outside the mask in row order, as arrays (n, channels)."""
    pixels = np.ascontiguousarray(samples).reshape(inside.size, -1)
    changes = np.flatnonzero(np.diff(inside.ravel(), prepend=True, append=True))
    if changes.size > inside.size // _RUN:
        whole = np.dtype((np.void, pixels.strides[0]))
        kept = pixels.view(whole)[~inside.ravel()].view(samples.dtype)
        return [kept.reshape(-1, samples.shape[2])]
    return [pixels[start:end] for start, end in changes.reshape(-1, 2)]


def _check_kind(painting: Painting, written: Painting) -> None:
    for name in ("width", "height", "channels", "depth", "white_is_zero", "profile"):
        before, after = getattr(painting, name), getattr(written, name)
        if before != after:
            shown = "" if name == "profile" else f": {before} became {after}"
            raise VerificationError(
                Message(
                    "The written file is of another kind than the scan ({name}{shown}).",
                    name=name,
                    shown=shown,
                )
            )


def _check_fills(
    painting: Painting,
    before: Samples,
    after: Samples,
    strip: Box,
    fills: Iterable[Fill],
    decoded: Callable[[Fill], tuple[Mask, Image]],
) -> Mask:
    """Raise unless ``after`` is ``before`` with the fills; return the mask (h, w) of the filled pixels.

    ``decoded`` returns the mask and the colours of a fill, which a strip shares with its neighbours.
    ``after`` is changed.
    """
    inside, missing = np.zeros(before.shape[:2], np.bool_), np.zeros(before.shape[:2], np.bool_)
    for fill in fills:
        part = fill.box.within(strip)
        if part.empty:
            continue
        own, target = part.moved(-fill.box.x, -fill.box.y).slices, part.moved(-strip.x, -strip.y).slices
        whole_mask, whole_colour = decoded(fill)
        mask, colour = whole_mask[own], whole_colour[own]
        under = before[target][mask]
        expected = painting.to_source(colour[mask][np.newaxis], under[np.newaxis])[0]
        missing[target][mask] = (after[target][mask] != expected).any(1)
        after[target][mask] = under
        inside[target] |= mask
    if not np.array_equal(before, after):
        _raise_at((before != after).any(2), strip, _TOUCHED)
    if missing.any():
        _raise_at(missing, strip, _NOT_FILLED)
    return inside


def _raise_at(wrong: Mask, strip: Box, sentence: str) -> NoReturn:
    """Raise ``VerificationError`` for the first wrong pixel of ``strip``."""
    y, x = np.argwhere(wrong)[0] + (strip.y, strip.x)
    raise VerificationError(Message(sentence, x=x, y=y))
