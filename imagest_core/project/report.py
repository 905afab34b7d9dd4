"""Text report of a project summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imagest_core.printable import counted, printable

_COLUMNS = (
    ("class", "name", ""),
    ("policy", "policy", ""),
    ("count", "count", ",d"),
    ("area px", "area_px", ",d"),
    ("area mm²", "area_mm2", ",.2f"),
    ("% surface", "percent", ".4f"),
    ("smallest", "smallest_px", ",.0f"),
    ("median", "median_px", ",.0f"),
    ("largest px", "largest_px", ",.0f"),
    ("length px", "length_px", ",.0f"),
    ("length mm", "length_mm", ",.1f"),
)
"""Heading, name of the value, format."""


def as_text(facts: dict[str, Any]) -> str:
    """Format the result of :func:`~imagest_core.project.summary.summary` as text."""
    painting, history = facts["painting"], facts["history"]
    lines = [
        _line("project", facts["project"] + (f", open by {facts['open_by']}" if facts["open_by"] else "")),
        _line("scan", f"{painting['path']}, {painting['width']:,} × {painting['height']:,} px"),
        *(_line("", note) for note in (painting["note"], facts["mended"]) if note),
        _line("scale", _scale(facts)),
        _line("operator", facts["operator"] or "–"),
        _line("history", f"{counted(history['done'], 'gesture')} done, {history['undone']} undone"),
        _line("decisions", _counted(facts["decisions"])),
        *(_run(run) for run in facts["runs"]),
        *(_annotation(number, item) for number, item in enumerate(facts["annotations"], 1)),
        *(_layer(item) for item in facts["layers"]),
        "",
        *_table(facts["damage"]),
    ]
    return "\n".join(lines)


def _line(name: str, value: str) -> str:
    return f"{name:<10}{printable(value)}"


def _layer(item: dict[str, Any]) -> str:
    residual = "not measured" if item["residual"] is None else f"{item['residual']:.2f} px RMS"
    return _line("layer", f"{item['name']} ({item['kind']}), {item['path']}, registration error {residual}")


def _scale(facts: dict[str, Any]) -> str:
    if facts["calibration"] is None:
        return str(facts["scale"])
    resolution = facts["calibration"]["resolution"]
    return f"{resolution['px_per_mm_x']:.2f} × {resolution['px_per_mm_y']:.2f} px/mm: {facts['scale']}"


def _counted(decisions: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {verdict}" for verdict, count in decisions.items()) or "none"


def _run(run: dict[str, Any]) -> str:
    filled = f"{counted(run['count'], 'region')}, {run['pixels']:,} px"
    rejected = f"{run['rejected_part_pixels']:,} px of it rejected, " if run["rejected_part_pixels"] else ""
    kind = f"hypothesis, {run['engine']}" if run["hypothesis"] else run["engine"]
    return _line(f"run {run['id']}", f"{kind}, seed {run['seed']}, {filled}, {rejected}{run['time']}")


def _annotation(number: int, item: dict[str, Any]) -> str:
    return _line(f"note {number}", f"at {item['x']:.0f}, {item['y']:.0f}: {' '.join(item['text'].split())}")


def _table(damage: Sequence[dict[str, Any]]) -> list[str]:
    if not damage:
        return ["no damage"]
    rows = [[heading for heading, _, _ in _COLUMNS]]
    rows += [[_cell(item[name], form) for _, name, form in _COLUMNS] for item in damage]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if index < 2 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _cell(value: Any, form: str) -> str:
    return "–" if value is None else format(value, form)
