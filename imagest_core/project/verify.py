"""Checking an exported file against its project: every sample is the scan's own or an accepted fill's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imagest_core.damage.map import TILE, TileKey, tile_box
from imagest_core.errors import PaintingError, VerificationError
from imagest_core.painting.compare import CACHE, compare
from imagest_core.painting.formats.base import Samples
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Limits, Painting, open_painting
from imagest_core.painting.tiff.form import KEPT, Form
from imagest_core.painting.writer import written_page
from imagest_core.progress import Progress
from imagest_core.project.accepted_fills import Accepted, Composed

_KIND = ("width", "height", "channels", "depth", "white_is_zero", "profile")


@dataclass
class Account:
    """What every pixel of an exported file is.

    ``samples`` outside the fills were found equal to the scan's; ``method`` says how, and what ``sha256``
    is the hash of (:class:`imagest_core.painting.compare.Comparison`); ``runs``: pixels by the run that
    filled them. In a file whose samples were ``converted`` (how many of them) none is the scan's own;
    each was found to be exactly what the conversion makes of the scan's or the fill's.
    """

    samples: int = 0
    sha256: str = ""
    runs: Counter[int] = field(default_factory=Counter)
    converted: int = 0
    method: str = "samples"

    def facts(self) -> dict[str, Any]:
        """The same in plain values."""
        runs = {str(number): pixels for number, pixels in sorted(self.runs.items())}
        facts = {
            "identical_samples": self.samples,
            "sha256": self.sha256,
            "method": self.method,
            "filled": self.filled,
            "runs": runs,
        }
        return facts | ({"converted_samples": self.converted} if self.converted else {})

    @property
    def filled(self) -> int:
        """Pixels that a run filled."""
        return self.runs.total()


def check_export(
    painting: Painting,
    accepted: Accepted,
    written: Path,
    progress: Progress | None = None,
    form: Form = KEPT,
) -> Account:
    """Compare every sample of ``written`` with the scan and the accepted fills, as ``form`` stores them.

    Strips and tiles with the same bytes in both files are not decoded (:mod:`..painting.compare`).
    Raises ``VerificationError`` with the first pixel that is neither, or where the file is of another
    kind or can't be read.
    """
    try:
        with _opened(painting, written, form) as export:
            _check_kind(painting, export, form)
            return _account(painting, accepted, export, form, progress or Progress())
    except PaintingError as error:
        raise VerificationError(f"The exported file can't be read: {error}") from error


def _opened(painting: Painting, written: Path, form: Form) -> Painting:
    """The page of ``written`` that holds the painting; a file of one page has no other."""
    page, limits = written_page(painting, form), Limits(cache=CACHE)
    first = open_painting(written, limits=limits, assume_srgb=painting.assume_srgb)
    if not page or first.pages == 1:
        return first
    first.close()
    return open_painting(written, page=page, limits=limits, assume_srgb=painting.assume_srgb)


def _check_kind(painting: Painting, export: Painting, form: Form) -> None:
    wanted = {name: getattr(painting, name) for name in _KIND}
    wanted |= {"depth": form.depth_of(painting), "profile": form.profile_of(painting)}
    for name, value in wanted.items():
        if getattr(export, name) != value:
            raise VerificationError(
                f"The exported file is of another kind than the scan: its {name} differs."
            )


def _account(
    painting: Painting, accepted: Accepted, export: Painting, form: Form, progress: Progress
) -> Account:
    account = Account()
    across = max(painting.width, painting.height) // TILE + 2
    tile_at = lru_cache(across)(accepted.tile)

    def check(box: Box) -> Samples:
        source = painting.read(box)
        expected, runs = _expected(tile_at, source, box)
        _check_strip(form.stored(painting, expected), export.read(box), runs, box)
        account.runs.update(_counted(runs))
        return source[runs == 0]

    boxes = [tile_box(key).within(painting.box) for key in accepted.keys()]  # noqa: SIM118
    converted = form.converts(painting)
    found = compare(painting, export.path, export.page, boxes, check, progress, converted=converted)
    account.method = found.method
    if converted:
        account.converted = painting.box.area * painting.channels
    else:
        account.samples, account.sha256 = found.samples, found.sha256
    return account


def _expected(
    tile_at: Callable[[TileKey], Composed | None], source: NDArray, box: Box
) -> tuple[NDArray, NDArray[np.uint32]]:
    """What ``box`` must hold, and the run of every pixel of it."""
    expected, runs = source.copy(), np.zeros(source.shape[:2], np.uint32)
    for cell in box.tiles(TILE):
        tile = tile_at((cell.x // TILE, cell.y // TILE))
        inside = tile.box.within(box) if tile is not None else Box(0, 0, 0, 0)
        if tile is not None and not inside.empty:
            here = inside.moved(-box.x, -box.y).slices
            own = inside.moved(-tile.box.x, -tile.box.y).slices
            mask = tile.mask[own]
            expected[here][mask] = tile.samples[own][mask]
            runs[here] = tile.runs[own]
    return expected, runs


def _check_strip(expected: NDArray, found: NDArray, runs: NDArray[np.uint32], strip: Box) -> None:
    if np.array_equal(expected, found):
        return
    wrong = (expected != found).any(axis=2)
    outside = wrong & (runs == 0)
    count = int(np.count_nonzero(outside))
    row, column = np.argwhere(outside if count else wrong)[0]
    x, y = int(column) + strip.x, int(row) + strip.y
    if count:
        raise VerificationError(
            f"The file differs from the scan outside the accepted fills, first at {x}, {y}."
        )
    raise VerificationError(f"At {x}, {y} the file doesn't hold the fill of run {runs[row, column]}.")


def _counted(runs: NDArray[np.uint32]) -> dict[int, int]:
    numbers, counts = np.unique(runs[runs > 0], return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))
