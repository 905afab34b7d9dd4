"""Summary of a project as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from imagest_core.damage.statistics import ClassStatistics, as_row
from imagest_core.project.damage_statistics import scale_source
from imagest_core.project.document import Document
from imagest_core.project.operations.rejected_parts import rejected_pixels
from imagest_core.project.painting_reference import find_painting
from imagest_core.project.run import Run
from imagest_core.project.state import State
from imagest_core.project.storage.lock import lock_path, read_holder
from imagest_core.project.storage.schema import VERSION
from imagest_core.serialization import to_plain


def summary(document: Document, statistics: Iterable[ClassStatistics]) -> dict[str, Any]:
    """Return the scan, the damage ``statistics``, runs, decisions and history of a project."""
    state = document.state
    return {
        "project": str(document.path),
        "file_version": VERSION,
        "painting": _painting(document),
        "classes": to_plain(state.damage.classes),
        "damage": [as_row(item) for item in statistics],
        "style": to_plain(state.style),
        "scale": scale_source(state.calibration),
        "calibration": to_plain(state.calibration),
        "operator": state.operator,
        "notes": state.notes,
        "annotations": to_plain(state.annotations),
        "layers": to_plain(state.layers),
        "runs": [_run(state, run) for run in state.runs.values()],
        "decisions": Counter(decision.verdict.value for decision in state.decisions.values()),
        "history": {"done": len(document.history.done), "undone": len(document.history.undone)},
        "open_by": _holder(document),
        "mended": document.repair_note,
    }


def _painting(document: Document) -> dict[str, Any]:
    located = find_painting(document.state.painting, document.path)
    is_available = located.path is not None and not located.changed
    return {**to_plain(located.reference), "found": is_available, "note": located.note}


def _run(state: State, run: Run) -> dict[str, Any]:
    names = ("id", "time", "engine", "model", "seed", "variation", "count", "pixels", "hypothesis")
    rejected = sum(rejected_pixels(state, run).values())
    return {**{name: getattr(run, name) for name in names}, "rejected_part_pixels": rejected}


def _holder(document: Document) -> str | None:
    holder = read_holder(lock_path(document.path)) if document.path else None
    return str(holder) if holder else None
