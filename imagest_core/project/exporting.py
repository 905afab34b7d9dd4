"""From a project to a file: the accepted fills in a copy of the scan, and the check of such a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from imagest_core.errors import OutputError, ProjectError, VerificationError
from imagest_core.painting.painting import Painting
from imagest_core.painting.tiff_form import KEPT, Form
from imagest_core.painting.writer import write_painting
from imagest_core.progress import Progress
from imagest_core.project.accepted import Accepted
from imagest_core.project.document import Document
from imagest_core.project.operations.decisions import now
from imagest_core.project.paintings import file_sha256, open_reference
from imagest_core.project.verify import Account, check_export


@contextmanager
def opened_painting(document: Document) -> Iterator[Painting]:
    """The scan of a project, wherever it is now; raises ``ProjectError`` where it is gone or changed."""
    found = document.find_painting()
    if found.path is None or found.changed:
        raise ProjectError(found.note)
    with open_reference(found) as painting:
        yield painting


def export_accepted(
    document: Document,
    out: Path,
    *,
    force: bool = False,
    form: Form = KEPT,
    beside: Callable[[Account], None] | None = None,
    progress: Progress | None = None,
) -> Account:
    """Write the scan with all accepted fills to ``out``, verified before it gets its name.

    ``form``: what is to be stored otherwise than in the scan; ``beside`` writes what belongs to the file,
    before the project remembers it and its hash. Raises ``ProjectError``, ``OutputError``,
    ``VerificationError`` and ``Cancelled``; then no file is left, unless it is ``beside`` that raises.
    """
    progress = progress or Progress()
    accepted = Accepted(document.state)
    if document.path is not None and out.resolve() == document.path.resolve():
        raise OutputError(f"{out.name} is the project itself: choose another name for the export.")
    if not accepted.keys():
        raise ProjectError("No fill is accepted yet: accept some before exporting.")
    with opened_painting(document) as painting:
        checking = progress.part(0.6, 1.0, "verifying")
        account = write_painting(
            painting,
            accepted.patches(),
            out,
            check=lambda written: check_export(painting, accepted, written, checking, form),
            force=force,
            form=form,
            progress=progress.part(0.0, 0.6, "writing"),
        )
    if beside is not None:
        beside(account)
    if not document.read_only:
        digest, operator = file_sha256(out), document.state.operator
        document.store.note_export(now(), operator, out.resolve(), digest, account.filled)
    return account


def verify_export(document: Document, exported: Path, progress: Progress | None = None) -> Account:
    """Check that ``exported`` is what the project's accepted fills make of its scan.

    Besides every sample, the scan's hash in the record of every run that filled a pixel must be that
    of the scan. Raises ``VerificationError``, ``ProjectError`` and ``PaintingError``.
    """
    with opened_painting(document) as painting:
        if painting.sha256() != document.state.painting.sha256:
            raise VerificationError(
                f"{painting.path} isn't the scan of this project any more: its hash differs."
            )
        account = check_export(painting, Accepted(document.state), exported, progress)
        for number in account.runs:
            _check_record(document, number, painting.sha256())
    return account


def _check_record(document: Document, number: int, sha256: str) -> None:
    try:
        recorded = json.loads(document.state.runs[number].content.record())["painting"]["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError(
            f"Run {number} has filled pixels, but its record doesn't say of what."
        ) from error
    if recorded != sha256:
        raise VerificationError(f"Run {number} was made from another file than the scan of this project.")


def last_export(document: Document) -> Path:
    """The file exported last; raises ``ProjectError`` where there is none."""
    rows = document.store.query("SELECT path FROM exports ORDER BY id DESC LIMIT 1")
    if not rows:
        raise ProjectError("Nothing was exported from this project yet: name the file to verify.")
    return Path(rows[0][0])


def known_export(document: Document, exported: Path) -> str:
    """When a file with exactly these bytes was exported from the project (ISO 8601), "" for never."""
    rows = document.store.query("SELECT time FROM exports WHERE sha256 = ?", file_sha256(exported))
    return str(rows[-1][0]) if rows else ""
