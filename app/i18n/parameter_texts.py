"""Labels and help texts of parameters, which the core declares, in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.i18n.parameter_templates import CONTEXT, TEXTS

__all__ = ["CONTEXT", "TEXTS", "parameter_text"]


def parameter_text(text: str) -> str:
    """A label or help text of the core in the language of the window."""
    return QCoreApplication.translate(CONTEXT, text) if text else ""
