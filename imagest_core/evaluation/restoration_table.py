"""Table 2 of the paper: fills of damage with a known truth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from imagest_core.evaluation.baselines import Baseline, title_of
from imagest_core.evaluation.benchmark import Benchmark
from imagest_core.evaluation.cases import ALL
from imagest_core.evaluation.cited import RESTORATION_COLUMNS, TABLE_2
from imagest_core.evaluation.files import encoded
from imagest_core.evaluation.paper_table import PaperRow, PaperTable, RowKind, cited_rows, missing_rows
from imagest_core.evaluation.plots import plotted
from imagest_core.evaluation.style_transfer import DESCRIPTION

NOTES = (
    "LPIPS, SSIM and PSNR are means over the damage (not dilated); FID and KID compare whole pictures, so "
    "the intact paint, which every method keeps, makes them small.",
    "`none` is the unfilled damage. Paired differences with intervals are in report.md.",
)
FEW = "needs at least two cases."


def table_2(benchmark: Benchmark, missing: Sequence[Baseline], reasons: Mapping[str, str]) -> PaperTable:
    """Return the table over all cases; ``reasons`` say why a metric is empty, by column."""
    measured = [_row(benchmark, method) for method in benchmark.methods]
    unmeasured = {
        column: reasons.get(column, FEW)
        for column in RESTORATION_COLUMNS
        if all(math.isnan(row.value(column)) for row in measured)
    }
    notes = (*NOTES, DESCRIPTION) if any("two-stage" in row.name for row in measured) else NOTES
    return PaperTable(
        "Table 2: restoration",
        RESTORATION_COLUMNS,
        (*measured, *missing_rows(missing), *cited_rows(TABLE_2)),
        unmeasured,
        notes,
    )


def files(table: PaperTable, names: Sequence[str]) -> dict[str, bytes]:
    """Return the table as Markdown, CSV and plot, under ``names`` in this order."""
    texts = encoded(dict(zip(names, (table.to_markdown(), table.to_csv()))))
    return texts | {names[2]: plotted(table)}


def _row(benchmark: Benchmark, method: str) -> PaperRow:
    figures = {column: _mean(benchmark.values(ALL, method, column)) for column in ("lpips", "ssim", "psnr")}
    figures |= benchmark.sets.get((ALL, method), {})
    return PaperRow(RowKind.MEASURED, title_of(method) or method, method, figures)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return sum(known) / len(known) if known else math.nan
