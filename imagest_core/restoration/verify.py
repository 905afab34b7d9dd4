"""Verify a written file sample by sample: the source outside the fills, the fills inside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.map import TILE, DamageMap
from imagest_core.errors import PaintingError, VerificationError
from imagest_core.messages import Message
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Limits, Painting, open_painting
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.restoration.result import Fill


_RUN = 64
"""Mean length in pixels above which copying runs is faster than selecting single pixels."""


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
) -> Verification:
    """Compare the file ``written`` with ``painting`` and its ``fills``; raises ``VerificationError``.

    Strips and tiles with the same bytes in both files are not decoded (:mod:`imagest_core.painting.compare`).
    The fills are converted again, so fills missing from the file are detected as well. No fill may contain a
    ``protected`` pixel; so the comparison shows that all of these are identical.
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
            found = _compared(painting, result, rows, progress or Progress())
            return found if protected is None else replace(found, protected=protected.count())
    except PaintingError as error:
        raise VerificationError(
            Message("The written file can't be read back: {reason}", reason=error)
        ) from error


def _compared(
    painting: Painting, written: Painting, rows: Mapping[int, list[Fill]], progress: Progress
) -> Verification:
    from imagest_core.painting.compare import compare

    filled = 0

    def check(box: Box) -> Samples:
        nonlocal filled
        before = painting.read(box)
        tile_rows = range(box.y // TILE, (box.bottom - 1) // TILE + 1)
        overlapping = (fill for row in tile_rows for fill in rows[row])
        expected, inside = _expected(painting, before, box, overlapping)
        _check_strip(expected, written.read(box), inside, box)
        filled += int(np.count_nonzero(inside))
        return _outside(before, inside)

    boxes = (fill.box for fills in list(rows.values()) for fill in fills)
    comparison = compare(painting, written.path, written.page, boxes, check, progress)
    return Verification(comparison.samples, comparison.sha256, filled, comparison.method)


def _outside(samples: NDArray[np.generic], inside: Mask) -> NDArray[np.generic]:
    """Return (n, channels) the pixels outside the mask in row order."""
    pixels = np.ascontiguousarray(samples).reshape(inside.size, -1)
    changes = np.flatnonzero(np.diff(inside.ravel(), prepend=True, append=True))
    if changes.size > inside.size // _RUN:
        whole = np.dtype((np.void, pixels.strides[0]))
        kept = pixels.view(whole)[~inside.ravel()].view(samples.dtype)
        return kept.reshape(-1, samples.shape[2])
    runs = [pixels[start:end] for start, end in changes.reshape(-1, 2)]
    return np.concatenate([pixels[:0], *runs])


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


def _expected(
    painting: Painting, before: NDArray[np.generic], strip: Box, fills: Iterable[Fill]
) -> tuple[NDArray[np.generic], Mask]:
    """Return the expected samples of ``strip``, and the mask (h, w) of its filled pixels."""
    expected, inside = before.copy(), np.zeros(before.shape[:2], np.bool_)
    for fill in fills:
        part = fill.box.within(strip)
        if part.empty:
            continue
        mask = fill.mask[part.moved(-fill.box.x, -fill.box.y).slices]
        colour = fill.colour[part.moved(-fill.box.x, -fill.box.y).slices]
        target = part.moved(-strip.x, -strip.y).slices
        expected[target][mask] = painting.to_source(colour, before[target])[mask]
        inside[target] |= mask
    return expected, inside


def _check_strip(
    expected: NDArray[np.generic], actual: NDArray[np.generic], inside: Mask, strip: Box
) -> None:
    if np.array_equal(expected, actual):
        return
    wrong = (expected != actual).any(2)
    touched = int(np.count_nonzero(wrong & ~inside))
    y, x = np.argwhere(wrong & ~inside if touched else wrong)[0] + (strip.y, strip.x)
    if touched:
        raise VerificationError(
            Message(
                "The written file differs from the scan outside the mask, first at {x}, {y}; it was "
                "not kept.",
                x=x,
                y=y,
            )
        )
    raise VerificationError(
        Message("The fill at {x}, {y} did not reach the written file; it was not kept.", x=x, y=y)
    )
