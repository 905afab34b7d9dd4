"""Tables that users edit in spreadsheets."""

from __future__ import annotations


def separator_of(head: str) -> str:
    """Return the character between the columns of a table: a comma, semicolon or tab, by its first line."""
    return next((mark for mark in ";\t" if mark in head), ",")
