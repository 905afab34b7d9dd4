"""Export a reduced picture of the painting with hatched fills and outlined damage."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.jobs.runner import Job
from imagest_core.progress import Progress

translate = QCoreApplication.translate


def export_picture(context: Context, path: Path, side: int) -> None:
    """Write what the canvas shows of the whole painting to ``path``, in the worker thread.

    The result under review is included, and the damage is outlined if the mask is visible. An existing
    file is replaced: the caller has asked.
    """
    from imagest_core.export.marked_picture import write_marked_picture
    from imagest_core.export.picture_spec import MarkedPicture

    document, selection = context.document, context.selection
    if document is None:
        return
    run = document.run(selection.run)
    spec = MarkedPicture(side, outlined=selection.mask_visible, run=None if run is None else run.id)
    snapshot, inputs = document.document.snapshot(), document.document.files

    def work(progress: Progress) -> tuple[int, int]:
        return write_marked_picture(
            document.painting, snapshot, path, spec, force=True, inputs=inputs, progress=progress
        )

    def done(size: tuple[int, int]) -> None:
        sentence = translate("Exporting", "Exported {0} ({1} × {2} px).")
        context.messages.say(sentence.format(path.name, *size))

    context.jobs.submit(Job(translate("Exporting", "Exporting the marked picture"), work, done))
