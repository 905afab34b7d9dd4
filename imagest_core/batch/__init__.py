"""Restore many scans: a durable list of jobs, and workers on one or several machines that take from it."""

from __future__ import annotations

MASK_SUFFIX = "-mask"
"""The usual end of the name of a mask beside its scan."""
