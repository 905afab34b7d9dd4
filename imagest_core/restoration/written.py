"""Write a restored scan together with its record: both files appear, or neither does."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from imagest_core.painting.atomic import all_or_none, replacing, write_text
from imagest_core.painting.file_copy import EarlyCopy
from imagest_core.painting.reader import Painting
from imagest_core.painting.writer import writing_notes
from imagest_core.progress import Progress
from imagest_core.restoration.api import export
from imagest_core.restoration.record import RestorationRecord
from imagest_core.restoration.result import RestorationResult
from imagest_core.restoration.verify import Verification


def write_result(
    painting: Painting,
    result: RestorationResult,
    out: Path,
    record: Path | None,
    *,
    force: bool = False,
    inputs: Sequence[Path] = (),
    progress: Progress | None = None,
    copy: EarlyCopy | None = None,
) -> RestorationRecord:
    """Write and verify the restored scan and, if requested, its record; return the record.

    The scan gets its name first, so an existing record belongs to a complete scan. ``copy`` comes from
    :func:`~imagest_core.painting.writer.copying_early`. Raises the errors of
    :func:`~imagest_core.restoration.api.export`; no file is left or changed then.
    """
    notes = writing_notes(painting)
    records: list[RestorationRecord] = []
    files = (out,) if record is None else (out, record)
    with all_or_none(files, force=force, inputs=inputs), ExitStack() as stack:
        temporary = None if record is None else stack.enter_context(replacing(record, force=force))

        def write_record(verification: Verification) -> None:
            records.append(replace(result.record, verification=verification, writing_notes=notes))
            if temporary is not None and record is not None:
                write_text(temporary, records[0].to_json() + "\n", record)

        export(painting, result, out, force=force, on_verified=write_record, progress=progress, copy=copy)
    return records[0]
