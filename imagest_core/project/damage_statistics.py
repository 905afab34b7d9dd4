"""The figures of a project's damage, each with the scale it rests on and who says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from imagest_core.damage.statistics import NO_SCALE, ClassFigures, as_csv, class_figures
from imagest_core.painting.atomic import replacing, write_text
from imagest_core.painting.outputs import FileKind, check_replaceable
from imagest_core.painting.resolution import Resolution
from imagest_core.progress import Progress
from imagest_core.project.state import Calibration, State


def damage_figures(state: State, progress: Progress | None = None) -> tuple[ClassFigures, ...]:
    """Count, areas, sizes and length of every class that occurs, in px and, where the scale is known, mm.

    ``scale`` of each says whether the user calibrated it, the file says it, or nobody. Takes seconds
    where there are thousands of regions, so it is for a job; raises ``Cancelled``.
    """
    return class_figures(state.damage.copy(), _scale(state.calibration), progress)


def scale_source(calibration: Calibration | None) -> str:
    """Where the scale came from, for the reader of a figure."""
    if calibration is None:
        return NO_SCALE
    if calibration.length is None:
        return f"the file's resolution ({calibration.resolution.source})"
    return f"calibrated by the user (two points {calibration.length:g} mm apart)"


def write_figures(
    figures: Iterable[ClassFigures], out: Path, *, force: bool = False, inputs: Iterable[Path] = ()
) -> None:
    """Write them as CSV, one row a class; raises ``OutputError``, also where ``out`` is there already.

    ``inputs`` are never replaced, nor is a picture or a project.
    """
    check_replaceable(out, FileKind.OTHER)
    with replacing(out, force=force, inputs=inputs) as part:
        write_text(part, as_csv(figures), out)


def _scale(calibration: Calibration | None) -> Resolution | None:
    if calibration is None:
        return None
    return replace(calibration.resolution, source=scale_source(calibration))
