"""Comparison of installed files with the hashes that their packages list."""

from __future__ import annotations

import base64
import csv
import hashlib
from pathlib import Path


def damaged_files(site_packages: Path) -> list[str]:
    """Return the files below ``site_packages`` that are missing or differ from their package's RECORD."""
    damaged = []
    for record in sorted(site_packages.glob("*.dist-info/RECORD")):
        with record.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) == 3 and row[1]]
        damaged += [name for name, expected, _ in rows if not _matches(site_packages / name, expected)]
    return damaged


def _matches(path: Path, expected: str) -> bool:
    method, _, text = expected.partition("=")
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, method).digest()
    except (OSError, ValueError):
        return False
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == text
