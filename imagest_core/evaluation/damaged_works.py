"""Really damaged works: there is no truth, so fills are measured at their seams and compared by people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from imagest_core.evaluation.benchmark import SECONDS, Row, fill_by
from imagest_core.evaluation.blind_test import HELP, KEY, TALLY, BlindTest, blind_strip, shuffled
from imagest_core.evaluation.bootstrap import Interval, mean_interval
from imagest_core.evaluation.cases import Case, displayed
from imagest_core.evaluation.contact_sheet import Strip
from imagest_core.evaluation.filling import filled_mask
from imagest_core.evaluation.methods import Method
from imagest_core.evaluation.seams import RING, SEAM_COLUMNS, SURROUND, seam_measures
from imagest_core.evaluation.tables import counted, csv_text, markdown_table
from imagest_core.painting.reader import open_painting
from imagest_core.progress import Progress

TABLE, REPORT = "damaged.csv", "damaged.md"
FILES = (TABLE, REPORT, TALLY, KEY)
TITLES = {"ring": "ring ΔE₀₀ ↓", "seam": "seam visibility", SECONDS: "seconds"}
EXPLANATION = (
    f"Ring ΔE₀₀ is the mean CIEDE2000 between the fill within {RING:g} px of its boundary and the nearest "
    "paint outside, each side averaged. Seam visibility is the mean gradient on the boundary as a ratio to "
    f"that of the paint {SURROUND[0]:g}–{SURROUND[1]:g} px outside: 1 is a boundary like any other place, "
    "above it the seam shows. Both say nothing about the inside of a fill: no number tells whether it is "
    "right. Only people can judge that, and they should not know which method made it."
)


@dataclass(frozen=True)
class DamagedResults:
    """Rows with :data:`SEAM_COLUMNS` and seconds, the strips of the blind sheets, and the test itself."""

    rows: tuple[Row, ...]
    strips: tuple[Strip, ...]
    test: BlindTest

    @property
    def methods(self) -> list[str]:
        """The methods in the order of their runs."""
        return list(dict.fromkeys(row.method for row in self.rows))

    def interval(self, method: str, column: str) -> Interval:
        """Return the mean of a column of a method and its interval over the works."""
        return mean_interval([row.values[column] for row in self.rows if row.method == method])


def measure_damaged(
    cases: Sequence[Case], methods: Sequence[Method], seed: int, progress: Progress
) -> DamagedResults:
    """Fill really damaged works with each method; raises ``InputError`` and ``Cancelled``.

    Methods that add the grain of another one are left out.
    """
    chosen = [method for method in methods if not method.like]
    test = blind_test(cases, chosen, seed)
    rows: list[Row] = []
    strips: list[Strip] = []
    for number, case in enumerate(cases):
        part = progress.part(number / len(cases), (number + 1) / len(cases), case.name)
        with open_painting(case.damaged) as painting:
            damaged = displayed(painting)
        fills = {}
        for place, method in enumerate(chosen):
            step = part.part(place / len(chosen), (place + 1) / len(chosen))
            filled = fill_by(case, method, step)
            hole = filled_mask(case, method.request.dilation)
            values = {**seam_measures(filled.picture, hole), SECONDS: filled.seconds}
            rows.append(Row(case.name, case.kind, method.label, values))
            fills[method.label] = filled.picture
        strips.append(blind_strip(case.name, damaged, fills, test.letters[case.name]))
    progress.set(1.0)
    return DamagedResults(tuple(rows), tuple(strips), test)


def blind_test(cases: Sequence[Case], methods: Sequence[Method], seed: int) -> BlindTest:
    """Return the blind test of the methods that fill; raises ``InputError`` for too many of them."""
    labels = [method.label for method in methods if not method.like]
    return shuffled([case.name for case in cases], labels if cases else [], seed)


def texts(results: DamagedResults) -> dict[str, str]:
    """Return table, report, tally and key by file name."""
    columns = (*SEAM_COLUMNS, SECONDS)
    rows = (
        [row.case, row.kind, row.method, *(_cell(row.values[c]) for c in columns)] for row in results.rows
    )
    return {
        TABLE: csv_text(["case", "kind", "method", *columns], rows),
        REPORT: report(results),
        TALLY: results.test.tally(),
        KEY: results.test.key(),
    }


def report(results: DamagedResults) -> str:
    """Return the Markdown report."""
    columns = (*SEAM_COLUMNS, SECONDS)
    lines = (
        [method, *(_with_interval(results.interval(method, column)) for column in columns)]
        for method in results.methods
    )
    parts = [
        f"# {counted(len(results.test.letters))} without a known truth",
        EXPLANATION,
        markdown_table(["method", *(TITLES[column] for column in columns)], lines),
        "## Blind comparison",
        HELP + f" Then run `imagest unblind {KEY} TALLY…`.",
    ]
    return "\n\n".join(parts) + "\n"


def _with_interval(interval: Interval) -> str:
    if not interval.count:
        return "–"
    if math.isnan(interval.low):
        return f"{interval.mean:.2f}"
    return f"{interval.mean:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
