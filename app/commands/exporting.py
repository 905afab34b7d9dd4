"""Writing the restored scan and what lies beside it; for the worker's thread."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.document import OpenDocument
from imagest_core.errors import OutputError, ProjectError
from imagest_core.painting.atomic import check_target, replacing
from imagest_core.painting.tiff_form import KEPT, Form
from imagest_core.progress import Progress
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
    for path in wanted.files:
        check_target(path, force=True, source=document.painting.path)
        if path.exists() and not wanted.force:
            raise OutputError(
                QCoreApplication.translate(
                    "Exporting", "{0} exists already: choose another name or let it be replaced."
                ).format(path.name)
            )


def export(document: OpenDocument, wanted: Wanted, progress: Progress) -> Exported:
    """Write everything ``wanted``; raises ``OutputError``, ``VerificationError``, ``Cancelled``."""
    from imagest_core.damage.io import write_mask
    from imagest_core.export.fill_only import write_fill_only
    from imagest_core.project.exporting import export_accepted

    share = 0.7 if wanted.fill else 1.0
    account = export_accepted(
        document.document,
        wanted.out,
        force=wanted.force,
        form=wanted.form,
        progress=progress.part(0.0, share),
    )
    if wanted.fill is not None:
        part = progress.part(share, 1.0, "writing")
        write_fill_only(document.painting, document.accepted, wanted.fill, force=wanted.force, progress=part)
    if wanted.mask is not None:
        write_mask(document.state.damage.copy(), wanted.mask, force=wanted.force)
    if wanted.record is not None:
        _write_record(document, account, wanted)
    return Exported(wanted.out, wanted.files, account)


def _write_record(document: OpenDocument, account: Account, wanted: Wanted) -> None:
    """The record of every run that filled a pixel, and what the check of the file found."""
    runs = {
        str(number): json.loads(document.state.runs[number].content.record())
        for number in sorted(account.runs)
    }
    facts = {"file": wanted.out.name, "verification": account.facts(), "runs": runs}
    assert wanted.record is not None
    with replacing(wanted.record, force=wanted.force) as temporary:
        temporary.write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")
