"""Write the figures of the damage as tables."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.jobs.runner import Job
from imagest_core.painting.atomic import all_or_none
from imagest_core.progress import Progress
from imagest_core.project.damage_statistics import (
    damage_regions,
    damage_statistics,
    write_regions,
    write_statistics,
)

translate = QCoreApplication.translate


def regions_path(path: Path) -> Path:
    """The file of the regions, beside that of the classes."""
    return path.with_name(f"{path.stem}-regions{path.suffix}")


def export_statistics(context: Context, path: Path) -> None:
    """Write one row for each class to ``path`` and one for each region beside it, or neither.

    Existing tables are replaced, which the user has confirmed.
    """
    if (document := context.document) is None:
        return
    state, within = document.document.committed_state.copy(), context.selection.within
    inputs = (document.painting.path, *document.document.files)
    files = path, regions_path(path)

    def write(progress: Progress) -> None:
        figures = damage_statistics(state, progress.part(0.0, 0.5, "measuring"), within=within)
        regions = damage_regions(state, progress.part(0.5, 1.0, "measuring"), within=within)
        with all_or_none(files, force=True, inputs=inputs) as written:
            write_statistics(figures, files[0], force=True, inputs=inputs)
            written(files[0])
            write_regions(regions, files[1], force=True, inputs=inputs)
            written(files[1])

    def done(_: object) -> None:
        sentence = translate("Statistics", "The statistics were saved as {0} and {1}.")
        if within is not None:
            sentence = translate("Statistics", "The statistics of the selection were saved as {0} and {1}.")
        context.messages.say(sentence.format(path, files[1].name), topic="statistics")

    context.jobs.submit(Job(translate("Statistics", "Measuring the damage"), write, done, topic="statistics"))
