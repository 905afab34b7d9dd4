"""The actions of a window as ``QAction`` objects, created from the table."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from app import theme
from app.action_spec import ActionSpec, translated
from app.action_table import CHANGING, specs, tip

REPEATING = {
    *("undo", "redo", "zoom_in", "zoom_out", "brush_smaller", "brush_larger", "grow", "shrink"),
    *("previous_run", "next_run", "next_region", "previous_region"),
}
"""Actions that go on while their key is held; the others start something, judge or switch once."""


class Actions(QObject):
    """The actions of a window, made from the table; ``self[id]`` is a ``QAction``."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._groups: dict[str, QActionGroup] = {}
        self._actions = {spec.id: self._make(spec) for spec in specs()}
        self._tips = {spec.id: tip(spec) for spec in specs()}
        self._needs = {spec.id: spec.needs for spec in specs()}

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def all(self) -> Iterable[tuple[str, QAction]]:
        """All (id, action) pairs."""
        return self._actions.items()

    def allow(self, available: set[str], read_only: str = "") -> None:
        """Enable the actions whose ``ActionSpec.needs`` is empty or in ``available``.

        Those that change the project are disabled if it is ``read_only``, which is the reason, as a sentence.
        """
        for name, action in self._actions.items():
            locked = bool(read_only) and name in CHANGING
            action.setEnabled(not locked and (not self._needs[name] or self._needs[name] in available))
            action.setToolTip(f"{self._tips[name]}\n{read_only}" if locked else self._tips[name])

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(translated(spec.text), self.parent())
        action.setObjectName(spec.id)
        action.setIconText(spec.title)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setCheckable(spec.checkable or bool(spec.group))
        action.setAutoRepeat(spec.id in REPEATING)
        action.setToolTip(tip(spec))
        if spec.icon:
            theme.set_icon(action, spec.icon)
        if spec.group:
            self._group(spec.group).addAction(action)
        return action

    def _group(self, name: str) -> QActionGroup:
        return self._groups.setdefault(name, QActionGroup(self))
