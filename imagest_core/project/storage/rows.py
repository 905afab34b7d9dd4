"""Inserting rows into a table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def insert(db: sqlite3.Connection, table: str, row: Mapping[str, Any], *, unique: Sequence[str] = ()) -> None:
    """Insert ``row``; an existing row with the same ``unique`` columns is updated."""
    db.execute(insertion(table, tuple(row), unique), tuple(row.values()))


def insert_many(
    db: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    unique: Sequence[str] = (),
) -> None:
    """Insert or update many rows, each with a value for every one of ``columns``."""
    db.executemany(insertion(table, columns, unique), rows)


def insertion(table: str, columns: Sequence[str], unique: Sequence[str] = ()) -> str:
    """Return the statement of :func:`insert`."""
    marks = ", ".join("?" * len(columns))
    update = ", ".join(f"{column} = excluded.{column}" for column in columns)
    conflict = f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {update}" if unique else ""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}){conflict}"
