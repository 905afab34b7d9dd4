"""Re-reading what was written: outside the fills the source, inside the fills, sample by sample."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE
from imagest_core.errors import PaintingError, VerificationError
from imagest_core.painting.compare import CACHE, compare
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Limits, Painting, open_painting
from imagest_core.painting.writer import written_page
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.restoration.result import Fill


@dataclass(frozen=True)
class Verification:
    """Every sample of the written file was compared with what it must be.

    ``samples``: how many outside the filled pixels were found equal to the source's; ``filled``: pixels
    inside. ``method`` says how they were compared and what ``sha256`` is the hash of: "samples", of all
    those samples, row by row, in the file's depth (little-endian); "bytes", of the digests of the file's
    parts (see :class:`imagest_core.painting.compare.Comparison`). Records without a method are of "samples".
    """

    samples: int
    sha256: str
    filled: int
    method: str = "samples"


def verify(
    painting: Painting, fills: Iterable[Fill], written: Path, progress: Progress | None = None
) -> Verification:
    """Compare the file ``written`` with ``painting`` under ``fills``; raises ``VerificationError``.

    Strips and tiles with the same bytes in both files are not decoded (:mod:`..painting.compare`). The
    fills are converted anew, so a fill that never reached the file is found as well.
    """
    rows: dict[int, list[Fill]] = defaultdict(list)
    for fill in fills:
        rows[fill.box.y // TILE].append(fill)
    try:
        page, limits = written_page(painting), Limits(cache=CACHE)
        with open_painting(written, page=page, limits=limits, assume_srgb=painting.assume_srgb) as result:
            _check_kind(painting, result)
            return _compared(painting, result, rows, progress or Progress())
    except PaintingError as error:
        raise VerificationError(f"The written file can't be read back: {error}") from error


def _compared(
    painting: Painting, written: Painting, rows: Mapping[int, list[Fill]], progress: Progress
) -> Verification:
    filled = 0

    def check(box: Box) -> Samples:
        nonlocal filled
        before = painting.read(box)
        reached = (fill for row in range(box.y // TILE, (box.bottom - 1) // TILE + 1) for fill in rows[row])
        expected, inside = _expected(painting, before, box, reached)
        _check_strip(expected, written.read(box), inside, box)
        filled += int(np.count_nonzero(inside))
        return before[~inside]

    boxes = (fill.box for fills in list(rows.values()) for fill in fills)
    found = compare(painting, written.path, written.page, boxes, check, progress)
    return Verification(found.samples, found.sha256, filled, found.method)


def _check_kind(painting: Painting, written: Painting) -> None:
    for name in ("width", "height", "channels", "depth", "white_is_zero", "profile"):
        before, after = getattr(painting, name), getattr(written, name)
        if before != after:
            shown = "" if name == "profile" else f": {before} became {after}"
            raise VerificationError(f"The written file is of another kind than the scan ({name}{shown}).")


def _expected(
    painting: Painting, before: NDArray[np.generic], strip: Box, fills: Iterable[Fill]
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """What ``strip`` must hold, and (h, w) where it is filled."""
    expected, inside = before.copy(), np.zeros(before.shape[:2], np.bool_)
    for fill in fills:
        part = fill.box.within(strip)
        if part.empty:
            continue
        mask = fill.mask[part.moved(-fill.box.x, -fill.box.y).slices]
        colour = fill.colour[part.moved(-fill.box.x, -fill.box.y).slices]
        here = part.moved(-strip.x, -strip.y).slices
        expected[here][mask] = painting.to_source(colour, before[here])[mask]
        inside[here] |= mask
    return expected, inside


def _check_strip(
    expected: NDArray[np.generic], found: NDArray[np.generic], inside: NDArray[np.bool_], strip: Box
) -> None:
    if np.array_equal(expected, found):
        return
    wrong = (expected != found).any(2)
    touched = int(np.count_nonzero(wrong & ~inside))
    y, x = np.argwhere(wrong & ~inside if touched else wrong)[0] + (strip.y, strip.x)
    if touched:
        raise VerificationError(
            f"The written file differs from the scan outside the mask, first at {x}, {y}; it was not kept."
        )
    raise VerificationError(f"The fill at {x}, {y} did not reach the written file; it was not kept.")
