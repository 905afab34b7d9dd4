"""Writing the restored scan and what lies beside it; for the worker's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.document import OpenDocument
from imagest_core.errors import OutputError, ProjectError
from imagest_core.painting.atomic import all_or_none
from imagest_core.painting.outputs import FileKind, check_replaceable, check_target
from imagest_core.painting.outputs import check_targets as check_outputs
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.form import KEPT, Form
from imagest_core.progress import Progress
from imagest_core.project.files import inputs_of
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.verify import ExportCheck


@dataclass(frozen=True)
class ExportSpec:
    """The files to write; None for those that aren't wanted. Existing ones go only with ``force``.

    ``form``: what of the restored TIFF is to be other than in the scan.
    """

    out: Path
    mask: Path | None = None
    fill: Path | None = None
    record: Path | None = None
    force: bool = False
    form: Form = KEPT

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return tuple(path for path in (self.out, self.mask, self.fill, self.record) if path is not None)


@dataclass(frozen=True)
class Exported:
    """What was written, what the check found, and what the writer changed, removed or left behind."""

    out: Path
    files: tuple[Path, ...]
    account: ExportCheck
    notes: tuple[str, ...] = ()


def check_targets(document: OpenDocument, wanted: ExportSpec) -> None:
    """Raise what would be refused: nothing accepted, the source itself, a file that is there."""
    if not document.accepted.keys():
        raise ProjectError(
            QCoreApplication.translate("Exporting", "No fill is accepted yet: accept a result first.")
        )
    if wanted.out.suffix.lower() not in (".tif", ".tiff"):
        raise OutputError(
            QCoreApplication.translate("Exporting", "The restored scan is a TIFF: let its name end in .tif.")
        )
    check_outputs(wanted.files, force=True, inputs=inputs_of(document.document))
    for path in wanted.files:
        check_target(path, force=True, source=document.painting.path)
        check_replaceable(path, FileKind.OTHER if path == wanted.record else FileKind.PICTURE)
        if path.exists() and not wanted.force:
            raise OutputError(
                QCoreApplication.translate(
                    "Exporting", "{0} exists already: choose another name or let it be replaced."
                ).format(path.name)
            )


def export(
    document: OpenDocument, wanted: ExportSpec, progress: Progress, snapshot: Snapshot | None = None
) -> Exported:
    """Write everything ``wanted``, or nothing of it, from one ``snapshot`` of the project.

    Take that in the window's thread (None: it is taken now). Raises ``OutputError``,
    ``VerificationError``, ``Cancelled``; then the folder is as it was.
    """
    from imagest_core.export.painting import export_accepted
    from imagest_core.painting.metadata.writing_notes import sentences
    from imagest_core.painting.writer import metadata_notes

    snapshot = snapshot or document.document.snapshot()
    share = 0.7 if wanted.fill else 1.0
    rest = progress.part(share, 1.0, "writing")
    inputs = (document.painting.path, *inputs_of(document.document))
    with all_or_none(wanted.files, force=wanted.force, inputs=inputs) as written:
        beside = partial(_write_beside, document.painting, snapshot, wanted, written, rest)
        account = export_accepted(
            document.document,
            wanted.out,
            force=wanted.force,
            form=wanted.form,
            snapshot=snapshot,
            beside=beside,
            progress=progress.part(0.0, share),
        )
    notes = sentences(metadata_notes(document.painting, wanted.form))
    return Exported(wanted.out, wanted.files, account, notes)


def _write_beside(
    painting: Painting,
    snapshot: Snapshot,
    wanted: ExportSpec,
    written: Callable[[Path], None],
    progress: Progress,
    account: ExportCheck,
    sha256: str,
) -> Path | None:
    """The files that belong to the restored scan, which has its name already; the record, if it is wanted."""
    from imagest_core.damage.mask_io import write_mask
    from imagest_core.export.fill_only import write_fill_only
    from imagest_core.export.record import export_record, write_export_record

    force = wanted.force
    written(wanted.out)
    if wanted.fill is not None:
        write_fill_only(painting, snapshot.accepted, wanted.fill, force=force, progress=progress)
        written(wanted.fill)
    if wanted.mask is not None:
        write_mask(snapshot.filled, wanted.mask, force=force)
        written(wanted.mask)
    if wanted.record is not None:
        facts = export_record(snapshot, account, painting, wanted.out.name, sha256, form=wanted.form)
        write_export_record(facts, wanted.record, force=force)
        written(wanted.record)
    return wanted.record
