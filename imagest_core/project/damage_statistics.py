"""Damage statistics of a project, with the origin of their scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from imagest_core.damage.region_table import RegionRow, region_rows, regions_csv
from imagest_core.damage.selection import Selection
from imagest_core.damage.statistics import NO_SCALE, ClassStatistics, as_csv, class_statistics
from imagest_core.painting.atomic import replacing, write_text
from imagest_core.painting.outputs import FileKind, check_replaceable
from imagest_core.painting.resolution import Resolution
from imagest_core.progress import Progress
from imagest_core.project.state import Calibration, State


def damage_statistics(
    state: State, progress: Progress | None = None, *, within: Selection | None = None
) -> tuple[ClassStatistics, ...]:
    """Measure count, areas, sizes and length of every class, in px and, if the scale is known, in mm.

    With ``within``, only the damage in this selection is measured.

    The ``scale`` of each class names its origin: calibrated by the user, from the file, or unknown. This
    takes seconds for thousands of regions, so run it in a background job. Raises ``Cancelled``.
    """
    return class_statistics(state.damage.copy(), _scale(state.calibration), progress, within=within)


def scale_source(calibration: Calibration | None) -> str:
    """Describe the origin of the scale."""
    if calibration is None:
        return NO_SCALE
    if calibration.length is None:
        return f"the file's resolution ({calibration.resolution.source})"
    return f"calibrated by the user (two points {calibration.length:g} mm apart)"


def write_statistics(
    statistics: Iterable[ClassStatistics], out: Path, *, force: bool = False, inputs: Iterable[Path] = ()
) -> None:
    """Write the statistics as CSV, one row per class; raises ``OutputError``, also if ``out`` exists.

    A file of ``inputs``, an image or a project is never replaced.
    """
    check_replaceable(out, FileKind.OTHER)
    with replacing(out, force=force, inputs=inputs) as part:
        write_text(part, as_csv(statistics), out)


def damage_regions(
    state: State, progress: Progress | None = None, *, within: Selection | None = None
) -> tuple[RegionRow, ...]:
    """List the regions of every class, in px and, if the scale is known, in mm; raises ``Cancelled``.

    With ``within``, only their parts in this selection are listed.
    """
    damage = state.damage.copy() if within is None else within.limit(state.damage)
    return tuple(region_rows(damage, _scale(state.calibration), progress))


def write_regions(
    rows: Iterable[RegionRow], out: Path, *, force: bool = False, inputs: Iterable[Path] = ()
) -> None:
    """Write the regions as CSV, one row each, as :func:`write_statistics` does."""
    check_replaceable(out, FileKind.OTHER)
    with replacing(out, force=force, inputs=inputs) as part:
        write_text(part, regions_csv(rows), out)


def _scale(calibration: Calibration | None) -> Resolution | None:
    if calibration is None:
        return None
    return replace(calibration.resolution, source=scale_source(calibration))
