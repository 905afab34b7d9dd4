"""From a project to a file: the accepted fills in a copy of the scan, and the check of such a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from imagest_core.errors import OutputError, ProjectError, VerificationError
from imagest_core.export.written_record import check_written_record, kept_record, stored_path
from imagest_core.painting.atomic import all_or_none, remove_stale
from imagest_core.painting.outputs import Kind, check_replaceable, check_target, check_targets, same_file
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.form import KEPT, Form
from imagest_core.painting.writer import write_painting, writing_notes
from imagest_core.progress import Progress
from imagest_core.project.accepted_fills import Accepted
from imagest_core.project.document import Document
from imagest_core.project.files import inputs_of
from imagest_core.project.painting_reference import file_sha256, open_reference
from imagest_core.project.rewritten_scan import SMALL
from imagest_core.project.snapshot import Snapshot
from imagest_core.project.storage.codec import dumps
from imagest_core.project.storage.hashes import record_sha256
from imagest_core.project.verify import Account, check_export


@contextmanager
def opened_painting(document: Document, *, accept_rewritten: bool = False) -> Iterator[Painting]:
    """The scan of a project, wherever it is now; raises ``ProjectError`` where it is gone or changed.

    With ``accept_rewritten`` the project goes on with a file that has every sample of the scan.
    """
    found = document.find_painting()
    if found.changed and accept_rewritten:
        found = document.accept_rewritten(found)
    if found.path is None or found.changed:
        raise ProjectError(found.note)
    with open_reference(found) as painting:
        if not document.read_only and painting.box.area <= SMALL:
            document.learn_scan(painting)
        yield painting


def export_accepted(
    document: Document,
    out: Path,
    *,
    force: bool = False,
    form: Form = KEPT,
    snapshot: Snapshot | None = None,
    beside: Callable[[Account, str], Path | None] | None = None,
    accept_rewritten: bool = False,
    progress: Progress | None = None,
) -> Account:
    """Write the scan with all accepted fills to ``out``, verified before it gets its name.

    ``form``: what is to be stored otherwise than in the scan; ``snapshot``: the project to export (None:
    as it is now); ``beside`` writes from the same snapshot what belongs to the file, whose hash it is
    given, and returns the record it wrote, before the project remembers both. Raises ``ProjectError``,
    ``OutputError``, ``VerificationError``, ``PaintingError`` where the scan changes meanwhile, and
    ``Cancelled``; then no file is left, unless it is ``beside`` that raises. ``accept_rewritten``: see
    :func:`opened_painting`.
    """
    progress = progress or Progress()
    snapshot = snapshot or document.snapshot()
    accepted = snapshot.accepted
    if document.path is not None and same_file(out, document.path):
        raise OutputError(f"{out.name} is the project itself: choose another name for the export.")
    check_target(out, force=force, inputs=inputs_of(document))
    check_replaceable(out, Kind.PICTURE)
    if not accepted.keys():
        raise ProjectError("No fill is accepted yet: accept some before exporting.")
    with opened_painting(document, accept_rewritten=accept_rewritten) as painting:
        checking, source = progress.part(0.6, 1.0, "verifying"), document.state.painting.sha256

        def check(written: Path) -> Account:
            found = check_export(painting, accepted, written, checking, form)
            painting.check_unchanged(source)
            return found

        account = write_painting(
            painting,
            accepted.patches(),
            out,
            check=check,
            force=force,
            form=form,
            progress=progress.part(0.0, 0.6, "writing"),
        )
    digest = file_sha256(out)
    record = beside(account, digest) if beside is not None else None
    if not document.read_only:
        document.store.note_export(_export_row(snapshot, account, out, digest, record))
    return account


def export_recorded(
    document: Document,
    out: Path,
    record: Path | None,
    *,
    force: bool = False,
    form: Form = KEPT,
    accept_rewritten: bool = False,
    progress: Progress | None = None,
) -> Account:
    """:func:`export_accepted`, and its ``record`` beside it if one is asked for: both files or neither."""
    from imagest_core.export.record import export_record, write_export_record

    files = (out,) if record is None else (out, record)
    inputs = inputs_of(document)
    for path in files:
        remove_stale(path)
    check_targets(files, force=force, inputs=inputs)
    if record is not None:
        check_replaceable(record, Kind.OTHER)
    with opened_painting(document, accept_rewritten=accept_rewritten):
        snapshot = document.snapshot()

    def beside(account: Account, sha256: str) -> Path | None:
        if record is not None:
            with opened_painting(document) as painting:
                facts = export_record(snapshot, account, painting, out.name, sha256, form=form)
            write_export_record(facts, record, force=force)
        return record

    with all_or_none(files, force=force, inputs=inputs):
        return export_accepted(
            document, out, force=force, form=form, snapshot=snapshot, beside=beside, progress=progress
        )


def export_notes(document: Document, form: Form = KEPT) -> list[str]:
    """What an export as ``form`` changes, removes or leaves behind beside the samples, in sentences."""
    with opened_painting(document) as painting:
        return list(writing_notes(painting, form))


def _export_row(
    snapshot: Snapshot, account: Account, out: Path, sha256: str, record: Path | None
) -> dict[str, str | int | bytes]:
    """The line of the project's list of exports: the file, the runs in it, and the record beside it."""
    runs = {
        str(number): record_sha256(snapshot.state.runs[number].content.record())
        for number in sorted(account.runs)
    }
    kept = {} if record is None else kept_record(record)
    return {
        "time": snapshot.time,
        "operator": snapshot.state.operator,
        "path": stored_path(out.resolve()),
        "sha256": sha256,
        "pixels": account.filled,
        "runs": dumps(runs),
        "record": dumps(kept),
    }


def verify_export(
    document: Document, exported: Path, progress: Progress | None = None, *, accept_rewritten: bool = False
) -> Account:
    """Check that ``exported`` is what the project's accepted fills make of its scan.

    Besides every sample, the scan's hash in the record of every run that filled a pixel must be that
    of the scan, and the record beside the file what was written with it. Raises ``VerificationError``,
    ``ProjectError`` and ``PaintingError``.
    """
    if not exported.is_file():
        raise ProjectError(f"{exported} isn't there: name the exported file to verify.")
    with opened_painting(document, accept_rewritten=accept_rewritten) as painting:
        if painting.sha256() != document.state.painting.sha256:
            raise VerificationError(
                f"{painting.path} isn't the scan of this project any more: its hash differs."
            )
        account = check_export(painting, Accepted(document.state), exported, progress)
        for number in account.runs:
            _check_record(document, number, painting.sha256())
    check_written_record(document, exported)
    return account


def _check_record(document: Document, number: int, sha256: str) -> None:
    try:
        recorded = json.loads(document.state.runs[number].content.record())["painting"]["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError(
            f"Run {number} has filled pixels, but its record doesn't say of what."
        ) from error
    if recorded not in (sha256, *document.state.painting.formerly):
        raise VerificationError(f"Run {number} was made from another file than the scan of this project.")


def last_export(document: Document) -> Path:
    """The file exported last; raises ``ProjectError`` where there is none."""
    rows = document.store.query("SELECT path FROM exports ORDER BY id DESC LIMIT 1")
    if not rows:
        raise ProjectError("Nothing was exported from this project yet: name the file to verify.")
    path = rows[0][0]
    if not isinstance(path, str | bytes) or "\0" in (text := os.fsdecode(path)):
        raise ProjectError("Where the last export was written can't be read: name the file to verify.")
    return Path(text)


def known_export(document: Document, exported: Path) -> str:
    """When a file with exactly these bytes was exported from the project (ISO 8601), "" for never."""
    rows = document.store.query("SELECT time FROM exports WHERE sha256 = ?", file_sha256(exported))
    return str(rows[-1][0]) if rows else ""
