"""Plots of the paper's tables: a panel of bars for each column, drawn with Pillow."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from imagest_core.evaluation.cited import LOWER_IS_BETTER
from imagest_core.evaluation.contact_sheet import INK, PAPER, write_text
from imagest_core.evaluation.paper_table import CITED_DIGITS, DIGITS, TITLES, PaperRow, PaperTable, RowKind

LINE, GAP, LABELS, PANEL, FIGURE = 30, 16, 380, 240, 84
"""Sizes in px: height of a row, space between parts, widths of labels, of bars, of figures beside them."""
BAR = {RowKind.MEASURED: (46, 92, 138), RowKind.CITED: (190, 190, 184)}
"""Colours of the bars: measured rows are filled darkly, cited ones lightly with an outline."""
OUTLINE = (120, 120, 116)


def plotted(table: PaperTable) -> bytes:
    """Return the plot as PNG data; columns without any figure have no panel."""
    rows = [row for row in table.rows if row.kind in BAR and row.figures]
    shown = [column for column in table.columns if any(not math.isnan(row.value(column)) for row in rows)]
    size = (
        GAP + LABELS + len(shown) * (PANEL + FIGURE + GAP) + GAP,
        4 * LINE + len(rows) * LINE + GAP,
    )
    picture = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(picture)
    write_text(draw, (GAP, GAP), table.title, size[0] - 2 * GAP)
    for number, row in enumerate(rows):
        label = row.name or f"{row.method} (cited)"
        write_text(draw, (GAP, _top(number)), label, LABELS - GAP)
    for place, column in enumerate(shown):
        _panel(draw, GAP + LABELS + place * (PANEL + FIGURE + GAP), column, rows)
    legend = "dark: measured here; light: cited from the paper, other pictures; each has a scale of its own"
    write_text(draw, (GAP, size[1] - LINE), legend, size[0] - 2 * GAP)
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def _panel(draw: ImageDraw.ImageDraw, left: int, column: str, rows: Sequence[PaperRow]) -> None:
    arrow = "lower is better" if column in LOWER_IS_BETTER else "higher is better"
    write_text(draw, (left, LINE + GAP // 2), TITLES[column], PANEL)
    write_text(draw, (left, 2 * LINE), arrow, PANEL)
    for kind in BAR:  # each has a scale of its own: they can't be compared
        chosen = [(n, row) for n, row in enumerate(rows) if row.kind is kind]
        values = [row.value(column) for _, row in chosen]
        largest = max((abs(value) for value in values if not math.isnan(value)), default=0.0)
        for (number, row), value in zip(chosen, values):
            if not math.isnan(value):
                _bar(draw, left, number, row, column, value / largest if largest else 0.0)


def _bar(draw: ImageDraw.ImageDraw, left: int, number: int, row: PaperRow, column: str, share: float) -> None:
    top, width = _top(number), max(round(PANEL * max(share, 0.0)), 1)
    outline = OUTLINE if row.kind is RowKind.CITED else None
    draw.rectangle((left, top + 4, left + width, top + LINE - 8), BAR[row.kind], outline)
    digits = (CITED_DIGITS if row.kind is RowKind.CITED else DIGITS)[column]
    write_text(draw, (left + width + 6, top), f"{row.value(column):.{digits}f}", FIGURE, INK)


def _top(number: int) -> int:
    return 3 * LINE + GAP // 2 + number * LINE
