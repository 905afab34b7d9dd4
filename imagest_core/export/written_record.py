"""The record that was written beside an export: is it still what it was, and if not, what was changed?"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from imagest_core.errors import ProjectError, VerificationError
from imagest_core.project.document import Document
from imagest_core.project.painting_reference import file_sha256
from imagest_core.project.storage.codec import loads
from imagest_core.project.storage.hashes import field_hashes
from imagest_core.project.storage.integrity import changed_fields, in_brackets
from imagest_core.project.storage.tables import check_path
from imagest_core.project.storage.unpack import UNSOUND


def stored_path(path: Path) -> str | bytes:
    """A path as the project keeps it: text, or bytes where its name is no text."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return str(path)


def kept_record(record: Path) -> dict[str, Any]:
    """What the project keeps of a record it has written: name, hash, and hashes of its fields."""
    content = record.read_bytes()
    return {
        "name": record.name,
        "path": str(record.resolve()),
        "sha256": hashlib.sha256(content).hexdigest(),
        "fields": field_hashes(content.decode("utf-8", "replace")),
    }


def check_written_record(document: Document, exported: Path) -> None:
    """Compare the record beside ``exported``, where there is one, with what the project knows of it.

    Raises ``VerificationError`` that names what was changed.
    """
    kept = _known(document, exported)
    record = _place(kept, exported)
    if record is None:
        return
    content = record.read_bytes()
    if hashlib.sha256(content).hexdigest() == kept["sha256"]:
        return
    text = content.decode("utf-8", "replace")
    names = changed_fields(kept["fields"], text)
    raise VerificationError(
        f"{record.name} was changed after it was written{in_brackets(_deeper(document, names, text))}."
    )


def remarks(document: Document, exported: Path) -> list[str]:
    """What a user should know of a verified file, in sentences.

    Its samples are right, but other bytes of it were changed; or its record isn't there to be checked.
    """
    said = []
    sql = "SELECT sha256, time FROM exports WHERE path = ? ORDER BY id"
    rows = document.store.query(sql, _stored(exported))
    digest = file_sha256(exported)
    if rows and digest not in {sha256 for sha256, _ in rows}:
        said.append(
            f"{exported.name} was changed after it was exported ({rows[-1][1]}): its samples are as they"
            " were, other bytes, for instance metadata, are not."
        )
    kept = _known(document, exported)
    if kept and _place(kept, exported) is None:
        said.append(f"The record {kept['name']} of the file is gone, so it wasn't checked.")
    return said


def _place(kept: dict[str, Any], exported: Path) -> Path | None:
    """Where the record is: beside the file, or where it was written; None where there is none."""
    if not kept:
        return None
    beside, written = exported.with_name(kept["name"]), Path(kept["path"])
    return next((path for path in (beside, written) if path.is_file()), None)


def _stored(path: Path) -> str | bytes:
    return stored_path(path.resolve())


def _known(document: Document, exported: Path) -> dict[str, Any]:
    """What the last export of this file says of its record; empty for nothing.

    A file whose bytes nobody exported is taken for the one that was exported to its place.
    """
    sql = "SELECT record FROM exports WHERE {} = ? ORDER BY id DESC"
    rows = document.store.query(sql.format("sha256"), file_sha256(exported))
    rows = rows or document.store.query(sql.format("path"), _stored(exported))
    try:
        found: dict[str, Any] = next((kept for (text,) in rows if (kept := loads(text))), {})
        if not found:
            return {}
        name, fields = Path(found["name"]).name, dict(found["fields"])
        check_path(path := Path(found.get("path", name)))
        return {"name": name, "path": path, "sha256": str(found["sha256"]), "fields": fields}
    except UNSOUND as error:
        raise VerificationError("What the project knows of this export's record can't be read.") from error


def _deeper(document: Document, names: list[str], text: str) -> list[str]:
    """``names`` of fields, those of a run's record one level further down."""
    found: list[str] = []
    for name in names:
        inner = _in_run(document, name, text) if name.startswith("runs.") else []
        found += inner or [name]
    return found


def _in_run(document: Document, name: str, text: str) -> list[str]:
    """The fields that differ between a run's record in the project and in the file."""
    try:
        number = name.removeprefix("runs.")
        written = json.dumps(json.loads(text)["runs"][number])
        kept = field_hashes(document.store.run(int(number)).content.record())
    except (*UNSOUND, ProjectError):
        return []
    return [f"run {number}: {field}" for field in changed_fields(kept, written)]
