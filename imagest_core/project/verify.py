"""Verification of an exported file: every sample comes from the scan or an accepted fill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.arrays import Mask
from imagest_core.damage.map import TILE, TileKey, tile_box
from imagest_core.errors import PaintingError, VerificationError
from imagest_core.messages import Message
from imagest_core.painting.compare import CACHE, compare
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Limits, Painting, open_painting
from imagest_core.painting.tiff.form import KEPT, Form
from imagest_core.painting.writer import written_page
from imagest_core.progress import Progress
from imagest_core.project.accepted_fills import AcceptedFills, ComposedTile

_KIND = ("width", "height", "channels", "depth", "white_is_zero", "profile")


@dataclass
class ExportCheck:
    """Origin of every pixel of an exported file.

    Parameters
    ----------
    samples
        Number of samples outside the fills that equal those of the scan.
    sha256
        Hash of them.
    runs
        Number of pixels filled by each run.
    converted
        Number of samples in a file of another bit depth or colour space, each of which equals the converted
        sample of the scan or fill; then no sample is identical.
    method
        How samples were compared, and what ``sha256`` is a hash of
        (:class:`imagest_core.painting.compare.Comparison`).
    protected
        Number of protected pixels, none of which is filled.
    """

    samples: int = 0
    sha256: str = ""
    runs: Counter[int] = field(default_factory=Counter)
    converted: int = 0
    method: str = "samples"
    protected: int = 0

    def to_plain(self) -> dict[str, Any]:
        """Return the values as a plain dictionary."""
        runs = {str(number): pixels for number, pixels in sorted(self.runs.items())}
        values = {
            "identical_samples": self.samples,
            "sha256": self.sha256,
            "method": self.method,
            "filled": self.filled,
            "runs": runs,
        }
        if self.protected:
            values["protected_pixels"] = self.protected
        return values | ({"converted_samples": self.converted} if self.converted else {})

    @property
    def filled(self) -> int:
        """Number of filled pixels."""
        return self.runs.total()


def check_export(
    painting: Painting,
    accepted: AcceptedFills,
    written: Path,
    progress: Progress | None = None,
    form: Form = KEPT,
) -> ExportCheck:
    """Compare every sample of ``written`` with the scan and the accepted fills, as stored by ``form``.

    Strips and tiles with the same bytes in both files are not decoded (:mod:`..painting.compare`). Raises
    ``VerificationError`` naming the first wrong pixel, or if the file is of another kind or can't be read.
    """
    try:
        with _opened(painting, written, form) as export:
            _check_kind(painting, export, form)
            return _compare(painting, accepted, export, form, progress or Progress())
    except PaintingError as error:
        raise VerificationError(Message("The exported file can't be read: {reason}", reason=error)) from error


def _opened(painting: Painting, written: Path, form: Form) -> Painting:
    """Open the page of ``written`` that holds the painting."""
    page, limits = written_page(painting, form), Limits(cache=CACHE)
    first = open_painting(written, limits=limits, assume_srgb=painting.assume_srgb)
    if not page or first.pages == 1:
        return first
    first.close()
    return open_painting(written, page=page, limits=limits, assume_srgb=painting.assume_srgb)


def _check_kind(painting: Painting, export: Painting, form: Form) -> None:
    expected = {name: getattr(painting, name) for name in _KIND}
    expected |= {"depth": form.depth_of(painting), "profile": form.profile_of(painting)}
    for name, value in expected.items():
        if getattr(export, name) != value:
            raise VerificationError(
                Message("The exported file is of another kind than the scan: its {name} differs.", name=name)
            )


def _compare(
    painting: Painting, accepted: AcceptedFills, export: Painting, form: Form, progress: Progress
) -> ExportCheck:
    report, counting = ExportCheck(), Lock()
    across = max(painting.width, painting.height) // TILE + 2
    tile_at = lru_cache(across)(accepted.tile)

    def check(box: Box) -> list[Samples]:
        source = painting.read(box)
        expected, runs = _expected(tile_at, source, box)
        protected = accepted.protected.read(box) > 0
        _check_strip(form.stored(painting, expected), export.read(box), runs, box, protected)
        with counting:
            report.runs.update(_count_runs(runs))
        return [source[runs == 0]]

    boxes = [tile_box(key).within(painting.box) for key in accepted.keys()]  # noqa: SIM118
    converted = form.converts(painting)
    comparison = compare(painting, export.path, export.page, boxes, check, progress, converted=converted)
    report.method, report.protected = comparison.method, accepted.protected.count()
    if converted:
        report.converted = painting.box.area * painting.channels
    else:
        report.samples, report.sha256 = comparison.samples, comparison.sha256
    return report


def _expected(
    tile_at: Callable[[TileKey], ComposedTile | None], source: NDArray, box: Box
) -> tuple[NDArray, NDArray[np.uint32]]:
    """Return the expected samples of ``box``, and the run of each pixel."""
    expected, runs = source.copy(), np.zeros(source.shape[:2], np.uint32)
    for cell in box.tiles(TILE):
        tile = tile_at((cell.x // TILE, cell.y // TILE))
        inside = tile.box.within(box) if tile is not None else Box(0, 0, 0, 0)
        if tile is not None and not inside.empty:
            target = inside.moved(-box.x, -box.y).slices
            in_tile = inside.moved(-tile.box.x, -tile.box.y).slices
            mask = tile.mask[in_tile]
            expected[target][mask] = tile.samples[in_tile][mask]
            runs[target] = tile.runs[in_tile]
    return expected, runs


def _check_strip(
    expected: NDArray, actual: NDArray, runs: NDArray[np.uint32], strip: Box, protected: Mask
) -> None:
    if np.array_equal(expected, actual):
        return
    wrong = (expected != actual).any(axis=2)
    if (wrong & protected).any():
        row, column = np.argwhere(wrong & protected)[0]
        x, y = int(column) + strip.x, int(row) + strip.y
        raise VerificationError(
            Message("The file changes the protected pixel at {x}, {y}: export it again.", x=x, y=y)
        )
    outside = wrong & (runs == 0)
    count = int(np.count_nonzero(outside))
    row, column = np.argwhere(outside if count else wrong)[0]
    x, y = int(column) + strip.x, int(row) + strip.y
    if count:
        raise VerificationError(
            Message("The file differs from the scan outside the accepted fills, first at {x}, {y}.", x=x, y=y)
        )
    raise VerificationError(
        Message("At {x}, {y} the file doesn't hold the fill of run {run}.", x=x, y=y, run=runs[row, column])
    )


def _count_runs(runs: NDArray[np.uint32]) -> dict[int, int]:
    numbers, counts = np.unique(runs[runs > 0], return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))
