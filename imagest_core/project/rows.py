"""Putting one row into a table."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any


def insert(db: sqlite3.Connection, table: str, row: Mapping[str, Any], *, unique: Sequence[str] = ()) -> None:
    """Insert ``row``; where one with the same ``unique`` columns is there, it is replaced in its place."""
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    update = ", ".join(f"{column} = excluded.{column}" for column in row)
    conflict = f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {update}" if unique else ""
    db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks}){conflict}", tuple(row.values()))
