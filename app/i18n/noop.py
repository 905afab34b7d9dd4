"""Marks a string for translation; lupdate finds it by the name of the function."""

from __future__ import annotations


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: N802
    """Return ``text`` unchanged. Like the function of PySide6, whose stub returns ``object``."""
    return text
