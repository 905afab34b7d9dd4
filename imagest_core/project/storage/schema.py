"""The tables of a project file, as migration steps from each version to the next.

A new file is created by all steps, so a migrated file and a new one are identical, including the numbers of
their root pages (on which rescue relies).
"""

from __future__ import annotations

APPLICATION_ID = 0x494D4754
"""``IMGT`` in the file header, by which ``file`` and other programs recognise the format."""

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tiles (
    id INTEGER PRIMARY KEY, tx INTEGER NOT NULL, ty INTEGER NOT NULL, labels BLOB NOT NULL, UNIQUE (tx, ty)
);
CREATE TABLE operations (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, time TEXT NOT NULL,
    operator TEXT NOT NULL, status TEXT NOT NULL, data TEXT, blob BLOB
);
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE, verdict TEXT NOT NULL, note TEXT NOT NULL,
    operator TEXT NOT NULL, time TEXT NOT NULL
);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, listed INTEGER NOT NULL, summary TEXT NOT NULL, record BLOB NOT NULL,
    regions BLOB NOT NULL
);
CREATE TABLE run_tiles (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, tx INTEGER NOT NULL, ty INTEGER NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    regions BLOB NOT NULL, samples BLOB NOT NULL, UNIQUE (run, tx, ty)
);
"""

_PLACES_AND_EXPORTS = """
ALTER TABLE decisions ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
UPDATE decisions SET place = id WHERE verdict = 'accepted';
CREATE TABLE exports (
    id INTEGER PRIMARY KEY, time TEXT NOT NULL, operator TEXT NOT NULL, path TEXT NOT NULL,
    sha256 TEXT NOT NULL, pixels INTEGER NOT NULL
);
"""

_HASHES = """
CREATE TABLE seals (name TEXT NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (name, key));
CREATE TABLE log (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL, note TEXT NOT NULL,
    content BLOB NOT NULL, hash BLOB NOT NULL
);
CREATE TABLE run_hashes (id INTEGER PRIMARY KEY, record_sha256 TEXT NOT NULL, hashes TEXT NOT NULL);
ALTER TABLE exports ADD COLUMN runs TEXT NOT NULL DEFAULT '{}';
ALTER TABLE exports ADD COLUMN record TEXT NOT NULL DEFAULT '{}';
"""

_REJECTED_PARTS = """
CREATE TABLE rejected_parts (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, tx INTEGER NOT NULL, ty INTEGER NOT NULL,
    mask BLOB NOT NULL, UNIQUE (run, tx, ty)
);
"""

_STUDIES = """
CREATE TABLE studies (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, time TEXT NOT NULL, operator TEXT NOT NULL,
    data BLOB NOT NULL
);
"""

_LAYERS_AND_PROTECTION = ""
"""No new table: layers are a setting, and protected classes a policy, which earlier versions can't read."""

STEPS = (_FIRST, _PLACES_AND_EXPORTS, _HASHES, _REJECTED_PARTS, _STUDIES, _LAYERS_AND_PROTECTION)
"""``STEPS[n]`` migrates from version n to n + 1; version 0 is an empty file."""

VERSION = len(STEPS)

HASHED = 3
"""First version with hashes of the rows."""

TABLES = (
    "meta",
    "tiles",
    "operations",
    "decisions",
    "runs",
    "run_tiles",
    "exports",
    "rejected_parts",
    "studies",
)
"""Tables with content, whose rows a rescue copies."""
