"""What the program remembers between sessions, as typed data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

RECENT = 12


@dataclass(frozen=True)
class Preferences:
    """What the user can choose in the settings; each has a default that works.

    ``theme``: system, light or dark; ``language``: "" for the system's, else en or zh_CN;
    ``surround``: the grey round the picture; ``device``: auto, cpu or cuda; ``operator``: who signs;
    ``export_…``: what was written beside the last restored scan.
    """

    theme: str = "system"
    language: str = ""
    surround: str = "mid"
    device: str = "auto"
    operator: str = ""
    brush_follows_zoom: bool = False
    hide_mask_while_judging: bool = True
    confirm_discard: bool = True
    export_mask: bool = True
    export_fill: bool = False
    export_record: bool = True


@dataclass(frozen=True)
class RecentFile:
    """A file that was open, and how it was left: centre (px) and zoom, tool and damage class (0: unknown)."""

    path: str
    view: tuple[float, float, float] | None = None
    tool: str = ""
    label: int = 0


class Settings(QObject):
    """Preferences, recent files, folders and the window's layout, in the system's own place."""

    changed = Signal()
    recent_changed = Signal()

    def __init__(self, store: QSettings | None = None) -> None:
        super().__init__()
        self._store = store or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Imagest", "Workstation"
        )
        self._preferences = _preferences(self._json("preferences", {}))
        self._recent = tuple(_recent(row) for row in self._json("recent", []))

    @property
    def preferences(self) -> Preferences:
        """What the user has chosen."""
        return self._preferences

    def prefer(self, **values: Any) -> None:
        """Change some preferences."""
        changed = replace(self._preferences, **values)
        if changed != self._preferences:
            self._preferences = changed
            self._keep("preferences", asdict(changed))
            self.changed.emit()

    @property
    def recent(self) -> tuple[RecentFile, ...]:
        """The files that were open last, the latest first."""
        return self._recent

    def remember(
        self,
        path: Path,
        view: tuple[float, float, float] | None = None,
        *,
        tool: str = "",
        label: int = 0,
    ) -> None:
        """``path`` is the latest file; how it was left is kept as far as nothing new is given."""
        text = str(path.resolve())
        known = next((item for item in self._recent if item.path == text), RecentFile(text))
        others = tuple(item for item in self._recent if item.path != text)
        left = replace(known, view=view or known.view, tool=tool or known.tool, label=label or known.label)
        self._set_recent((left, *others)[:RECENT])

    def forget(self, path: Path) -> None:
        """Take ``path`` off the list of recent files."""
        self._set_recent(tuple(item for item in self._recent if item.path != str(path)))

    def _set_recent(self, recent: tuple[RecentFile, ...]) -> None:
        self._recent = recent
        self._keep("recent", [asdict(item) for item in recent])
        self.recent_changed.emit()

    def last_state(self, path: Path) -> RecentFile:
        """How ``path`` was left."""
        text = str(path.resolve())
        return next((item for item in self._recent if item.path == text), RecentFile(text))

    def folder(self, purpose: str) -> Path:
        """The folder used last for ``purpose`` (open, export, mask…)."""
        kept = Path(str(self._store.value(f"folders/{purpose}", "")))
        return kept if kept.name and kept.is_dir() else Path.home()

    def remember_folder(self, purpose: str, chosen: Path) -> None:
        """Remember the folder of the file ``chosen`` for ``purpose``."""
        self._store.setValue(f"folders/{purpose}", str(chosen.resolve().parent))

    def layout(self, name: str) -> QByteArray:
        """A kept layout of the window; empty if there is none."""
        kept = self._store.value(f"layout/{name}", QByteArray())
        return kept if isinstance(kept, QByteArray) else QByteArray()

    def remember_layout(self, name: str, layout: QByteArray) -> None:
        """Remember a layout of the window."""
        self._store.setValue(f"layout/{name}", layout)

    def speed(self, engine: str) -> float | None:
        """Seconds a filled pixel took with ``engine`` on this computer; None before the first time."""
        kept = self._json("speeds", {}).get(engine)
        return float(kept) if isinstance(kept, int | float) else None

    def note_speed(self, engine: str, seconds: float) -> None:
        """Remember how long a pixel took."""
        self._keep("speeds", {**self._json("speeds", {}), engine: seconds})

    def _json(self, key: str, default: Any) -> Any:
        try:
            return json.loads(str(self._store.value(key, ""))) or default
        except ValueError:
            return default

    def _keep(self, key: str, value: Any) -> None:
        self._store.setValue(key, json.dumps(value))


def _preferences(data: Any) -> Preferences:
    """Preferences from JSON; what isn't known or of another type is left at its default."""
    known = {item.name: type(getattr(Preferences(), item.name)) for item in fields(Preferences)}
    if not isinstance(data, dict):
        return Preferences()
    return Preferences(**{k: v for k, v in data.items() if k in known and type(v) is known[k]})


def _recent(row: Any) -> RecentFile:
    view, tool, label = row.get("view"), row.get("tool"), row.get("label")
    return RecentFile(
        str(row.get("path", "")),
        tuple(view) if view else None,
        tool if isinstance(tool, str) else "",
        label if isinstance(label, int) else 0,
    )
