"""The record that was written beside an export: is it still what it was, and if not, what was changed?"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from imagest_core.errors import ProjectError, VerificationError
from imagest_core.project.document import Document
from imagest_core.project.painting_reference import file_sha256
from imagest_core.project.storage.codec import loads
from imagest_core.project.storage.hashes import field_hashes
from imagest_core.project.storage.integrity import changed_fields, in_brackets
from imagest_core.project.storage.unpack import UNSOUND


def kept_record(record: Path) -> dict[str, Any]:
    """What the project keeps of a record it has written: name, hash, and hashes of its fields."""
    content = record.read_bytes()
    return {
        "name": record.name.encode("utf-8", "backslashreplace").decode(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "fields": field_hashes(content.decode("utf-8", "replace")),
    }


def check_written_record(document: Document, exported: Path) -> None:
    """Compare the record beside ``exported``, where there is one, with what the project knows of it.

    Raises ``VerificationError`` that names what was changed.
    """
    kept = _known(document, exported)
    if not kept:
        return
    record = exported.with_name(kept["name"])
    if not record.is_file():
        return
    content = record.read_bytes()
    if hashlib.sha256(content).hexdigest() == kept["sha256"]:
        return
    text = content.decode("utf-8", "replace")
    names = changed_fields(kept["fields"], text)
    raise VerificationError(
        f"{record.name} was changed after it was written{in_brackets(_deeper(document, names, text))}."
    )


def _known(document: Document, exported: Path) -> dict[str, Any]:
    """What the last export of exactly this file says of its record; empty for nothing."""
    sql = "SELECT record FROM exports WHERE sha256 = ? ORDER BY id DESC"
    rows = document.store.query(sql, file_sha256(exported))
    try:
        found: dict[str, Any] = next((kept for (text,) in rows if (kept := loads(text))), {})
        if not found:
            return {}
        name, fields = Path(found["name"]).name, dict(found["fields"])
        return {"name": name, "sha256": str(found["sha256"]), "fields": fields}
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
