"""A table of the paper: measured rows, rows without weights and why, and the paper's own figures as cited."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from imagest_core.evaluation.baselines import Baseline
from imagest_core.evaluation.cited import LOWER_IS_BETTER, SOURCE, Figures

TITLES = {
    "style": "style loss", "clip": "CLIP score", "fid": "FID", "kid": "KID", "seconds": "seconds",
    "memory": "peak memory, GB", "lpips": "LPIPS", "ssim": "SSIM", "psnr": "PSNR, dB",
}  # fmt: skip
DIGITS = {
    "style": 4,
    "clip": 3,
    "kid": 4,
    "lpips": 3,
    "ssim": 3,
    "fid": 2,
    "seconds": 2,
    "memory": 2,
    "psnr": 2,
}
CITED_DIGITS = {**DIGITS, "style": 2, "clip": 2, "psnr": 1}
EMPTY = "–"
CITATION = (
    f"Rows marked *cited* are printed in the paper ({SOURCE}). They were measured on other pictures, with "
    "other weights and on another machine, and its scales of style loss and CLIP score aren't stated: "
    "compare measured rows with each other, not with cited ones."
)


class RowKind(StrEnum):
    """Where a row's figures come from."""

    MEASURED = "measured"
    CITED = "cited"
    MISSING = "not run"


@dataclass(frozen=True)
class PaperRow:
    """A row: ``method`` as the paper calls it, ``name`` on the command line, and why cells are empty."""

    kind: RowKind
    method: str
    name: str = ""
    figures: Figures = field(default_factory=dict)
    reason: str = ""

    def value(self, column: str) -> float:
        """Return the figure of a column, NaN if there is none."""
        return self.figures.get(column, math.nan)


@dataclass(frozen=True)
class PaperTable:
    """The rows of one of the paper's tables; ``empty`` says why no row has a figure in a column."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[PaperRow, ...]
    empty: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def of(self, kind: RowKind) -> list[PaperRow]:
        """Return the rows of one kind."""
        return [row for row in self.rows if row.kind is kind]

    def to_markdown(self) -> str:
        """Return the table with an explanation of its empty cells."""
        head = ["method", "figures", *map(self._headed, self.columns)]
        lines = [head, ["---", "---", *["---:"] * len(self.columns)]]
        lines += [self._line(row) for row in self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join([f"# {self.title}", table, *self._explanations()]) + "\n"

    def to_csv(self) -> str:
        """Return a line per row, empty cells and their reasons included."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["figures", "method", "name", *self.columns, "reason"])
        for row in self.rows:
            cells = ("" if math.isnan(row.value(c)) else f"{row.value(c):.6g}" for c in self.columns)
            writer.writerow([row.kind, row.method, row.name, *cells, self._reason(row)])
        return text.getvalue()

    def _headed(self, column: str) -> str:
        return f"{TITLES[column]} {'↓' if column in LOWER_IS_BETTER else '↑'}"

    def _line(self, row: PaperRow) -> list[str]:
        label = f"{row.method} (`{row.name}`)" if row.name and row.name != row.method else row.method
        digits = CITED_DIGITS if row.kind is RowKind.CITED else DIGITS
        cells = (formatted(row.value(column), digits[column]) for column in self.columns)
        return [label.replace("|", "\\|"), f"*{row.kind}*", *cells]

    def _explanations(self) -> list[str]:
        parts = [CITATION] if self.of(RowKind.CITED) else []
        reasons = [f"- {TITLES[column]}: {reason}" for column, reason in self.empty.items()]
        reasons += [f"- {row.method}: {row.reason}." for row in self.rows if row.reason]
        if reasons:
            parts.append("Empty cells:\n\n" + "\n".join(reasons))
        if self.notes:
            parts.append("Notes:\n\n" + "\n".join(f"- {note}" for note in self.notes))
        return parts

    def _reason(self, row: PaperRow) -> str:
        if row.kind is not RowKind.MEASURED:
            return row.reason
        missing = (reason for column, reason in self.empty.items() if math.isnan(row.value(column)))
        return " ".join(dict.fromkeys([row.reason, *missing])).strip()


def cited_rows(table: Mapping[str, Figures]) -> list[PaperRow]:
    """Return the rows that the paper prints."""
    return [PaperRow(RowKind.CITED, method, figures=figures) for method, figures in table.items()]


def missing_rows(baselines: Sequence[Baseline]) -> list[PaperRow]:
    """Return the rows of methods that can't be run here."""
    return [PaperRow(RowKind.MISSING, row.title, reason=row.reason) for row in baselines if row.reason]


def formatted(value: float, digits: int) -> str:
    """Return a figure for the table."""
    return EMPTY if math.isnan(value) else f"{value:.{digits}f}"
