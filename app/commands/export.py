"""Write the restored scan and its companion files; runs in the worker thread."""

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
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.verify import ExportCheck


@dataclass(frozen=True)
class ExportSpec:
    """The files to write; None skips a file. Existing files are replaced only with ``force``.

    ``form``: how the storage of the restored TIFF differs from the scan.
    """

    out: Path
    mask: Path | None = None
    fill: Path | None = None
    record: Path | None = None
    force: bool = False
    form: Form = KEPT

    @property
    def files(self) -> tuple[Path, ...]:
        """All paths to write."""
        return tuple(path for path in (self.out, self.mask, self.fill, self.record) if path is not None)


@dataclass(frozen=True)
class ExportOutcome:
    """The written files, the verification result, and notes on metadata that changed or was dropped."""

    out: Path
    files: tuple[Path, ...]
    account: ExportCheck
    notes: tuple[str, ...] = ()


def check_targets(document: OpenDocument, spec: ExportSpec) -> None:
    """Raise ``ProjectError`` or ``OutputError`` if the export would be refused."""
    if not document.accepted.keys():
        raise ProjectError(
            QCoreApplication.translate("Exporting", "No fill is accepted yet: accept a result first.")
        )
    if spec.out.suffix.lower() not in (".tif", ".tiff"):
        raise OutputError(
            QCoreApplication.translate(
                "Exporting", "The restored scan is written as a TIFF: choose a name that ends in .tif."
            )
        )
    check_outputs(spec.files, force=True, inputs=document.document.files)
    for path in spec.files:
        check_target(path, force=True, source=document.painting.path)
        check_replaceable(path, FileKind.OTHER if path == spec.record else FileKind.PICTURE)
        if path.exists() and not spec.force:
            raise OutputError(
                QCoreApplication.translate(
                    "Exporting", "{0} already exists: choose another name, or check “Replace existing files”."
                ).format(path.name)
            )


def export(
    document: OpenDocument, spec: ExportSpec, progress: Progress, snapshot: Snapshot | None = None
) -> ExportOutcome:
    """Write all files of ``spec``, or none, from one ``snapshot`` of the project.

    Take the snapshot in the window's thread (None takes it now). Raises ``OutputError``,
    ``VerificationError`` or ``Cancelled`` and leaves the folder unchanged.
    """
    from imagest_core.export.painting import export_accepted
    from imagest_core.painting.metadata.writing_notes import sentences
    from imagest_core.painting.writer import metadata_notes

    snapshot = snapshot or document.document.snapshot()
    main_share = 0.7 if spec.fill else 1.0
    rest = progress.part(main_share, 1.0, "writing")
    inputs = (document.painting.path, *document.document.files)
    with all_or_none(spec.files, force=spec.force, inputs=inputs) as written:
        write_companions = partial(_write_companions, document.painting, snapshot, spec, written, rest)
        account = export_accepted(
            document.document,
            spec.out,
            force=spec.force,
            form=spec.form,
            snapshot=snapshot,
            on_verified=write_companions,
            progress=progress.part(0.0, main_share),
        )
    notes = sentences(metadata_notes(document.painting, spec.form))
    return ExportOutcome(spec.out, spec.files, account, notes)


def _write_companions(
    painting: Painting,
    snapshot: Snapshot,
    spec: ExportSpec,
    written: Callable[[Path], None],
    progress: Progress,
    account: ExportCheck,
    sha256: str,
) -> Path | None:
    """Write the companion files of the restored scan; return the record's path, if requested."""
    from imagest_core.damage.mask_io import write_mask
    from imagest_core.export.fill_only import write_fill_only
    from imagest_core.export.record import export_record, write_export_record

    force = spec.force
    written(spec.out)
    if spec.fill is not None:
        write_fill_only(painting, snapshot.accepted, spec.fill, force=force, progress=progress)
        written(spec.fill)
    if spec.mask is not None:
        write_mask(snapshot.filled, spec.mask, force=force)
        written(spec.mask)
    if spec.record is not None:
        facts = export_record(snapshot, account, painting, spec.out.name, sha256, form=spec.form)
        write_export_record(facts, spec.record, force=force)
        written(spec.record)
    return spec.record
