"""Writing the restored scan and what lies beside it; for the worker's thread."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.document import OpenDocument
from imagest_core.errors import OutputError, ProjectError
from imagest_core.painting.atomic import all_or_none, check_target, replacing, write_text
from imagest_core.painting.outputs import Kind, check_replaceable
from imagest_core.painting.outputs import check_targets as check_outputs
from imagest_core.painting.tiff_form import KEPT, Form
from imagest_core.printable import json_text
from imagest_core.progress import Progress
from imagest_core.project.protecting import inputs_of
from imagest_core.project.verify import Account


@dataclass(frozen=True)
class Wanted:
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
    """What was written, and what the check found."""

    out: Path
    files: tuple[Path, ...]
    account: Account


def check_targets(document: OpenDocument, wanted: Wanted) -> None:
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
        check_replaceable(path, Kind.OTHER if path == wanted.record else Kind.PICTURE)
        if path.exists() and not wanted.force:
            raise OutputError(
                QCoreApplication.translate(
                    "Exporting", "{0} exists already: choose another name or let it be replaced."
                ).format(path.name)
            )


def export(document: OpenDocument, wanted: Wanted, progress: Progress) -> Exported:
    """Write everything ``wanted``, or nothing of it.

    Raises ``OutputError``, ``VerificationError``, ``Cancelled``; then the folder is as it was.
    """
    from imagest_core.project.exporting import export_accepted

    share = 0.7 if wanted.fill else 1.0
    rest = progress.part(share, 1.0, "writing")
    inputs = (document.painting.path, *inputs_of(document.document))
    with all_or_none(wanted.files, force=wanted.force, inputs=inputs) as written:
        account = export_accepted(
            document.document,
            wanted.out,
            force=wanted.force,
            form=wanted.form,
            beside=lambda account: _write_beside(document, account, wanted, written, rest),
            progress=progress.part(0.0, share),
        )
    return Exported(wanted.out, wanted.files, account)


def _write_beside(
    document: OpenDocument,
    account: Account,
    wanted: Wanted,
    written: Callable[[Path], None],
    progress: Progress,
) -> None:
    """The files that belong to the restored scan, which has its name already."""
    from imagest_core.damage.io import write_mask
    from imagest_core.export.fill_only import write_fill_only

    painting, force = document.painting, wanted.force
    written(wanted.out)
    if wanted.fill is not None:
        write_fill_only(painting, document.accepted, wanted.fill, force=force, progress=progress)
        written(wanted.fill)
    if wanted.mask is not None:
        write_mask(document.state.damage.copy(), wanted.mask, force=force)
        written(wanted.mask)
    if wanted.record is not None:
        _write_record(document, account, wanted)
        written(wanted.record)


def _write_record(document: OpenDocument, account: Account, wanted: Wanted) -> None:
    """The record of every run that filled a pixel, and what the check of the file found."""
    runs = {
        str(number): json.loads(document.state.runs[number].content.record())
        for number in sorted(account.runs)
    }
    facts = {"file": wanted.out.name, "verification": account.facts(), "runs": runs}
    assert wanted.record is not None
    with replacing(wanted.record, force=wanted.force) as temporary:
        write_text(temporary, json_text(facts, indent=1), wanted.record)
