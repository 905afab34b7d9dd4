"""The studies of the painting that a project keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from imagest_core.errors import ModelError
from imagest_core.models.studies import LARGEST, Study, parse_study
from imagest_core.project.storage.hashes import log_row
from imagest_core.project.storage.rows import insert


@dataclass(frozen=True)
class KeptStudy:
    """A study with its number, the time it was made (ISO 8601), and the operator."""

    id: int
    time: str
    operator: str
    study: Study

    @property
    def sha256(self) -> str:
        """The hash by which requests name it."""
        return self.study.sha256


def insert_study(db: sqlite3.Connection, study: Study, time: str, operator: str) -> None:
    """Store a study, unless it is stored already."""
    if db.execute("SELECT 1 FROM studies WHERE sha256 = ?", (study.sha256,)).fetchone() is None:
        row = {"sha256": study.sha256, "time": time, "operator": operator, "data": study.data}
        insert(db, "studies", row)
        number = db.execute("SELECT id FROM studies WHERE sha256 = ?", (study.sha256,)).fetchone()[0]
        log_row(db, "study", number)


def read_studies(db: sqlite3.Connection) -> list[KeptStudy]:
    """Return all studies, except those that are damaged."""
    rows: Iterable[Any] = db.execute("SELECT id, sha256, time, operator, data FROM studies ORDER BY id")
    kept: list[KeptStudy] = []
    for row in rows:
        try:
            kept.append(checked_study(*row))
        except (ValueError, TypeError, ModelError):
            continue  # a request that names it says that it isn't known
    return kept


def checked_study(number: Any, sha256: Any, time: Any, operator: Any, data: Any) -> KeptStudy:
    """Return a row as a study; raises ``ValueError``, ``TypeError`` or ``ModelError`` if it is damaged."""
    if not isinstance(data, bytes) or not isinstance(time, str) or not isinstance(operator, str):
        raise TypeError("a study has wrong types")
    if len(data) > LARGEST:
        raise ValueError("a study is too large")
    study = parse_study(data, f"study {number}")
    if study.sha256 != sha256:
        raise ValueError("a study has another hash")
    return KeptStudy(int(number), time, operator, study)
