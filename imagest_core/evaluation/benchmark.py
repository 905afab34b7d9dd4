"""Run methods over cases: one row each, with every metric and the time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from imagest_core.arrays import Image8
from imagest_core.evaluation.cases import ALL, Case, CasePictures, load_case
from imagest_core.evaluation.filling import Filled, add_grain, fill_case, fill_with_model
from imagest_core.evaluation.methods import HARMONIC, NONE, Method
from imagest_core.evaluation.metrics import METRICS, measure
from imagest_core.evaluation.peers import fill_by_gmic
from imagest_core.evaluation.perceptual import Perceptual
from imagest_core.progress import Progress

SECONDS = "seconds"


@dataclass(frozen=True)
class Row:
    """The scores of one method on one case; ``values`` by metric, NaN if not measured."""

    case: str
    kind: str
    method: str
    values: Mapping[str, float]


@dataclass
class Benchmark:
    """All rows, with notes for the report.

    ``columns``: the metrics in order; ``sets``: metrics of a whole set of pictures (FID, KID) by (kind,
    method); ``notes``: sentences on the metrics and why some are empty.
    """

    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    sets: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        """The methods in the order of their runs."""
        return list(dict.fromkeys(row.method for row in self.rows))

    @property
    def kinds(self) -> list[str]:
        """The kinds of damage by name; :data:`ALL` is the last if there are several."""
        kinds = sorted({row.kind for row in self.rows})
        return [*kinds, ALL] if len(kinds) > 1 else kinds

    def values(self, kind: str, method: str, column: str) -> list[float]:
        """Return the values of one metric of one method, in the order of the cases."""
        chosen = (row for row in self.rows if row.method == method and kind in (row.kind, ALL))
        return [row.values.get(column, math.nan) for row in chosen]


@dataclass(frozen=True)
class CaseFills:
    """A case's pictures and its fills by method label, for the contact sheets."""

    case: Case
    pictures: CasePictures
    fills: Mapping[str, Image8]


def run_benchmark(
    cases: Sequence[Case],
    methods: Sequence[Method],
    perceptual: Perceptual,
    progress: Progress,
) -> Iterator[tuple[list[Row], CaseFills]]:
    """Yield the rows and fills of each case in turn; raises ``Cancelled``."""
    share = 1 / max(len(cases), 1)
    for index, case in enumerate(cases):
        part = progress.part(index * share, (index + 1) * share, f"{case.name} ({index + 1} of {len(cases)})")
        pictures = load_case(case)
        filled = {NONE: Filled(pictures.damaged, 0.0)}
        for number, method in enumerate(methods):
            step = part.part(number / len(methods), (number + 1) / len(methods))
            filled[method.label] = _fill(case, pictures, method, filled, step)
        rows = [_row(case, pictures, label, fill, perceptual) for label, fill in filled.items()]
        yield rows, CaseFills(case, pictures, {label: fill.picture for label, fill in filled.items()})
    progress.set(1.0)


def columns(perceptual: Perceptual) -> tuple[str, ...]:
    """Return the metrics of every row, in the order of the tables."""
    return (*METRICS, *perceptual.columns, SECONDS)


def _fill(
    case: Case,
    pictures: CasePictures,
    method: Method,
    earlier: Mapping[str, Filled],
    progress: Progress,
) -> Filled:
    if not method.like:
        return fill_by(case, method, progress)
    progress.set(0.0)
    smooth = earlier.get(HARMONIC) or fill_case(case, method.request, progress)
    return add_grain(pictures, smooth, earlier[method.like].picture, method.request)


def fill_by(case: Case, method: Method, progress: Progress) -> Filled:
    """Fill a case with a method that depends on no other one."""
    progress.set(0.0)
    if method.peer:
        return fill_by_gmic(case)
    if method.vqgan or method.transferred:
        return fill_with_model(case, method, progress)
    return fill_case(case, method.request, progress)


def _row(case: Case, pictures: CasePictures, label: str, filled: Filled, perceptual: Perceptual) -> Row:
    values = measure(filled.picture, pictures.truth, pictures.mask)
    values |= perceptual.measure(filled.picture, pictures.truth, pictures.mask, case.caption)
    values[SECONDS] = filled.seconds
    perceptual.collect(case.kind, label, filled.picture, pictures.truth)
    return Row(case.name, case.kind, label, values)
