"""Check whether the record written with an export is unchanged, and if not, what was changed."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from imagest_core.errors import ProjectError, VerificationError
from imagest_core.messages import Message
from imagest_core.painting.stamp import file_sha256
from imagest_core.project.document import Document
from imagest_core.project.storage.codec import loads
from imagest_core.project.storage.hashes import field_hashes
from imagest_core.project.storage.integrity import changed_fields, format_fields
from imagest_core.project.storage.tables import check_path
from imagest_core.project.storage.unpack import INVALID_DATA


def stored_path(path: Path) -> str | bytes:
    """Return a path as the project stores it: text, or bytes if it can't be encoded as UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return str(path)


def summarize_record(record: Path) -> dict[str, Any]:
    """Return what the project stores about a record it wrote: name, hash and hashes of its fields."""
    content = record.read_bytes()
    return {
        "name": record.name,
        "path": str(record.resolve()),
        "sha256": hashlib.sha256(content).hexdigest(),
        "fields": field_hashes(content.decode("utf-8", "replace")),
    }


def check_written_record(document: Document, exported: Path) -> None:
    """Compare the record next to ``exported``, if there is one, with what the project knows of it.

    Raises ``VerificationError`` that names what was changed.
    """
    summary = _stored_summary(document, exported)
    record = _find_record(summary, exported)
    if record is None:
        return
    content = record.read_bytes()
    if hashlib.sha256(content).hexdigest() == summary["sha256"]:
        return
    text = content.decode("utf-8", "replace")
    names = changed_fields(summary["fields"], text)
    changed = format_fields(_expand_run_fields(document, names, text))
    raise VerificationError(
        Message("{record} was changed after it was written{changed}.", record=record.name, changed=changed)
    )


def remarks(document: Document, exported: Path) -> list[str]:
    """Return sentences that the user should know about a verified file.

    Its samples are correct, but other bytes were changed, or its record isn't there to be checked.
    """
    remarks: list[str] = []
    sql = "SELECT sha256, time FROM exports WHERE path = ? ORDER BY id"
    rows = document.store.query(sql, _resolved_path(exported))
    digest = file_sha256(exported)
    if rows and digest not in {sha256 for sha256, _ in rows}:
        remarks.append(
            Message(
                "{exported} was changed after it was exported ({time}): its samples are unchanged, but"
                " other bytes, such as metadata, are not.",
                exported=exported.name,
                time=rows[-1][1],
            )
        )
    summary = _stored_summary(document, exported)
    if summary and _find_record(summary, exported) is None:
        remarks.append(
            Message("The record {name} of the file is missing, so it wasn't checked.", name=summary["name"])
        )
    return remarks


def _find_record(summary: dict[str, Any], exported: Path) -> Path | None:
    """Return the record's path, next to the file or where it was written; None if there is none."""
    if not summary:
        return None
    sibling, written = exported.with_name(summary["name"]), Path(summary["path"])
    return next((path for path in (sibling, written) if path.is_file()), None)


def _resolved_path(path: Path) -> str | bytes:
    return stored_path(path.resolve())


def _stored_summary(document: Document, exported: Path) -> dict[str, Any]:
    """Return the summary of the record that the last export of this file stored; empty if there is none.

    Several files may have the same bytes: the one that was exported to this path comes first. A file with
    unknown bytes is taken for the one that was exported to its path.
    """
    sql = "SELECT record FROM exports WHERE {} ORDER BY id DESC"
    digest, path = file_sha256(exported), _resolved_path(exported)
    rows = document.store.query(sql.format("sha256 = ? AND path = ?"), digest, path)
    rows = rows or document.store.query(sql.format("sha256 = ?"), digest)
    rows = rows or document.store.query(sql.format("path = ?"), path)
    try:
        found: dict[str, Any] = next((summary for (text,) in rows if (summary := loads(text))), {})
        if not found:
            return {}
        name, fields = Path(found["name"]).name, dict(found["fields"])
        check_path(written := Path(found.get("path", name)))
        return {"name": name, "path": written, "sha256": str(found["sha256"]), "fields": fields}
    except INVALID_DATA as error:
        raise VerificationError("The project's data on this export's record can't be read.") from error


def _expand_run_fields(document: Document, names: list[str], text: str) -> list[str]:
    """Replace names of runs' records in ``names`` by the names of the fields that changed in them."""
    found: list[str] = []
    for name in names:
        inner = _changed_run_fields(document, name, text) if name.startswith("runs.") else []
        found += inner or [name]
    return found


def _changed_run_fields(document: Document, name: str, text: str) -> list[str]:
    """Return the fields that differ between a run's record in the project and in the file."""
    try:
        number = name.removeprefix("runs.")
        written = json.dumps(json.loads(text)["runs"][number])
        summary = field_hashes(document.store.run(int(number)).content.record())
    except (*INVALID_DATA, ProjectError):
        return []
    return [f"run {number}: {field}" for field in changed_fields(summary, written)]
