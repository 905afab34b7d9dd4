"""Export a project's accepted fills in a copy of the scan, and verify such a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from imagest_core.errors import OutputError, ProjectError, VerificationError
from imagest_core.export.written_record import check_written_record, stored_path, summarize_record
from imagest_core.messages import Message
from imagest_core.painting.atomic import all_or_none, remove_stale
from imagest_core.painting.outputs import FileKind, check_replaceable, check_target, check_targets, same_file
from imagest_core.painting.reader import Painting
from imagest_core.painting.stamp import file_sha256
from imagest_core.painting.tiff.form import KEPT, Form
from imagest_core.painting.writer import write_painting, writing_notes
from imagest_core.progress import Progress
from imagest_core.project.accepted_fills import AcceptedFills
from imagest_core.project.document import Document
from imagest_core.project.painting_reference import open_reference
from imagest_core.project.rewritten_scan import HASHED_AT_ONCE
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.storage.codec import dumps
from imagest_core.project.storage.hashes import record_sha256
from imagest_core.project.verify import ExportCheck, check_export


@contextmanager
def open_project_painting(document: Document, *, accept_rewritten: bool = False) -> Iterator[Painting]:
    """Open the project's scan wherever it is now.

    With ``accept_rewritten``, a file with other bytes but the same samples replaces the scan in the project.
    Raises ``ProjectError`` if the scan is missing or has changed.
    """
    located = document.find_painting()
    if located.changed and accept_rewritten:
        located = document.accept_rewritten(located)
    if located.path is None or located.changed:
        raise ProjectError(located.note)
    with open_reference(located) as painting:
        if not document.read_only and painting.box.area <= HASHED_AT_ONCE:
            document.record_fingerprint(painting)
        yield painting


def export_accepted(
    document: Document,
    out: Path,
    *,
    force: bool = False,
    form: Form = KEPT,
    snapshot: Snapshot | None = None,
    on_verified: Callable[[ExportCheck, str], Path | None] | None = None,
    accept_rewritten: bool = False,
    progress: Progress | None = None,
) -> ExportCheck:
    """Write the scan with all accepted fills to ``out``; verify the file before it gets its name.

    Parameters
    ----------
    form
        How the file is stored, where that differs from the scan.
    snapshot
        The state of the project to export; None exports the current state.
    on_verified
        Called with the result of the verification and the file's SHA-256 to write files that belong to the
        export, before the project stores the export. Returns the path of the record it wrote.
    accept_rewritten
        See :func:`open_project_painting`.

    Raises
    ------
    ProjectError, OutputError, VerificationError, Cancelled
        No file is left, unless ``on_verified`` raised.
    PaintingError
        The scan changed during the export.
    """
    progress = progress or Progress()
    snapshot = snapshot or document.snapshot()
    _check_exportable(document, snapshot.accepted, out, force)
    with open_project_painting(document, accept_rewritten=accept_rewritten) as painting:
        source = document.state.painting.sha256
        account = _write_accepted(painting, snapshot.accepted, out, source, force, form, progress)
    digest = file_sha256(out)
    record = on_verified(account, digest) if on_verified is not None else None
    if not document.read_only:
        document.store.record_export(_export_row(snapshot, account, out, digest, record))
    return account


def _check_exportable(document: Document, accepted: AcceptedFills, out: Path, force: bool) -> None:
    """Raise ``OutputError`` if ``out`` can't be written, ``ProjectError`` if no fill is accepted."""
    if document.path is not None and same_file(out, document.path):
        raise OutputError(
            Message("{out} is the project itself: choose another name for the export.", out=out.name)
        )
    check_target(out, force=force, inputs=document.files)
    check_replaceable(out, FileKind.PICTURE)
    if not accepted.keys():
        raise ProjectError("No fill is accepted yet: accept some before exporting.")


def _write_accepted(
    painting: Painting,
    accepted: AcceptedFills,
    out: Path,
    source: str,
    force: bool,
    form: Form,
    progress: Progress,
) -> ExportCheck:
    """Write and verify ``out``; ``source`` is the SHA-256 that the scan's file must have at the end."""
    writing, checking = progress.part(0.0, 0.6, "writing"), progress.part(0.6, 1.0, "verifying")

    def check(written: Path) -> ExportCheck:
        account = check_export(painting, accepted, written, checking, form)
        painting.check_unchanged(source)
        return account

    return write_painting(
        painting, accepted.patches(), out, check=check, force=force, form=form, progress=writing
    )


def export_recorded(
    document: Document,
    out: Path,
    record: Path | None,
    *,
    force: bool = False,
    form: Form = KEPT,
    accept_rewritten: bool = False,
    progress: Progress | None = None,
) -> ExportCheck:
    """Write the export and, if ``record`` is given, its record: both files or neither.

    See :func:`export_accepted` for the other parameters.
    """
    from imagest_core.export.record import export_record, write_export_record

    files = (out,) if record is None else (out, record)
    inputs = document.files
    for path in files:
        remove_stale(path)
    check_targets(files, force=force, inputs=inputs)
    if record is not None:
        check_replaceable(record, FileKind.OTHER)
    with open_project_painting(document, accept_rewritten=accept_rewritten):
        snapshot = document.snapshot()

    def write_record(account: ExportCheck, sha256: str) -> Path | None:
        if record is not None:
            with open_project_painting(document) as painting:
                facts = export_record(snapshot, account, painting, out.name, sha256, form=form)
            write_export_record(facts, record, force=force)
        return record

    with all_or_none(files, force=force, inputs=inputs):
        return export_accepted(
            document,
            out,
            force=force,
            form=form,
            snapshot=snapshot,
            on_verified=write_record,
            progress=progress,
        )


def export_notes(document: Document, form: Form = KEPT) -> list[str]:
    """Return sentences on what an export as ``form`` changes, removes or loses besides the samples."""
    with open_project_painting(document) as painting:
        return list(writing_notes(painting, form))


def _export_row(
    snapshot: Snapshot, account: ExportCheck, out: Path, sha256: str, record: Path | None
) -> dict[str, str | int | bytes]:
    """Return the row of the project's table of exports: the file, its runs and its record."""
    runs = {
        str(number): record_sha256(snapshot.state.runs[number].content.record())
        for number in sorted(account.runs)
    }
    summary = {} if record is None else summarize_record(record)
    return {
        "time": snapshot.time,
        "operator": snapshot.state.operator,
        "path": stored_path(out.resolve()),
        "sha256": sha256,
        "pixels": account.filled,
        "runs": dumps(runs),
        "record": dumps(summary),
    }


def verify_export(
    document: Document, exported: Path, progress: Progress | None = None, *, accept_rewritten: bool = False
) -> ExportCheck:
    """Verify that ``exported`` is the scan with the project's accepted fills.

    Besides all samples, this checks that the record of every run that filled a pixel names the hash of the
    scan, and that the record next to the file is unchanged. Raises ``VerificationError``, ``ProjectError``
    and ``PaintingError``.
    """
    if not exported.is_file():
        raise ProjectError(
            Message("{exported} doesn't exist: name the exported file to verify.", exported=exported)
        )
    with open_project_painting(document, accept_rewritten=accept_rewritten) as painting:
        if painting.sha256() != document.state.painting.sha256:
            raise VerificationError(
                Message(
                    "{path} isn't the scan of this project any more: its hash differs.", path=painting.path
                )
            )
        account = check_export(painting, AcceptedFills(document.state), exported, progress)
        for number in account.runs:
            _check_record(document, number, painting.sha256())
    check_written_record(document, exported)
    return account


def _check_record(document: Document, number: int, sha256: str) -> None:
    try:
        recorded = json.loads(document.state.runs[number].content.record())["painting"]["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError(
            Message("Run {number} filled pixels, but its record doesn't name their scan.", number=number)
        ) from error
    if recorded not in (sha256, *document.state.painting.formerly):
        raise VerificationError(
            Message(
                "Run {number} was computed from a file that isn't the scan of this project.", number=number
            )
        )


def last_export(document: Document) -> Path:
    """Return the path of the last export; raise ``ProjectError`` if there is none."""
    rows = document.store.query("SELECT path FROM exports ORDER BY id DESC LIMIT 1")
    if not rows:
        raise ProjectError("Nothing was exported from this project yet: name the file to verify.")
    path = rows[0][0]
    if not isinstance(path, str | bytes) or "\0" in (text := os.fsdecode(path)):
        raise ProjectError("The path of the last export can't be read: name the file to verify.")
    return Path(text)


def known_export(document: Document, exported: Path) -> str:
    """Return when a file with these bytes was exported from the project (ISO 8601), or "" if never."""
    rows = document.store.query("SELECT time FROM exports WHERE sha256 = ?", file_sha256(exported))
    return str(rows[-1][0]) if rows else ""
