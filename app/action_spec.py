"""What an action is: its text, keys, icon and what it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication


@dataclass(frozen=True)
class ActionSpec:
    """One action. ``text`` includes the mnemonic; of the ``keys``, in Qt's portable form, the first is shown.

    Actions of a ``group`` are checkable and exclusive. ``needs``: the condition for the action to be enabled,
    "" (none), document, damage, selection, run, shown, region, job, undo or redo.
    """

    id: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: str = "document"
    group: str = ""
    checkable: bool = False
    tip: str = ""

    @property
    def title(self) -> str:
        """The translated text without mnemonic and ellipsis."""
        return plain(self.text).rstrip("…")


def translated(text: str) -> str:
    """Translate ``text`` of this table."""
    return QCoreApplication.translate("Actions", text)


def plain(text: str) -> str:
    """Translate ``text`` of this table and remove the mnemonic."""
    return re.sub(r"\(&.\)", "", translated(text)).replace("&", "")
