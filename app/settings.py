"""Settings that are stored between sessions, as typed data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

RECENT = 12
PROMPTS = 20
"""Number of texts that are kept for a prompt."""
KNOWN_PROJECTS = 1000
"""Number of scans whose named projects are remembered."""


@dataclass(frozen=True)
class Preferences:
    """The preferences of the user.

    ``theme``: system, light or dark; ``language``: "" (the system's), en or zh_CN; ``surround``: the
    background around the picture; ``palette``: classes or bright; ``mask_hatched``: draw damage as hatching;
    ``scale_bar``: show a scale bar;
    ``device``: auto, cpu or cuda; ``operator``: the name recorded in projects;
    ``export_…``: the additional files of the last export; ``manual_scale``: size of the manual's text
    relative to that of the window.
    """

    theme: str = "system"
    language: str = ""
    surround: str = "mid"
    palette: str = "classes"
    mask_hatched: bool = False
    scale_bar: bool = False
    device: str = "auto"
    operator: str = ""
    brush_follows_zoom: bool = False
    hide_mask_while_judging: bool = True
    confirm_discard: bool = True
    export_mask: bool = True
    export_fill: bool = False
    export_record: bool = True
    manual_scale: float = 1.0


@dataclass(frozen=True)
class RecentFile:
    """A recent file and its last state.

    ``view``: centre (px) and zoom, which is 0 for a fitted picture; ``label``: damage class, 0 if unknown;
    ``request``: the parameters of the Restore panel as plain values; ``folders``: the last folder by the
    purpose of a file dialog.
    """

    path: str
    view: tuple[float, float, float] | None = None
    tool: str = ""
    label: int = 0
    request: dict[str, Any] | None = None
    folders: dict[str, str] = field(default_factory=dict)


class Settings(QObject):
    """Preferences, recent files, folders and window layout, stored by ``QSettings``."""

    changed = Signal()
    recent_changed = Signal()
    presets_changed = Signal()

    def __init__(self, store: QSettings | None = None) -> None:
        super().__init__()
        self._store = store or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Imagest", "Workstation"
        )
        self._preferences = _preferences(self._read("preferences", {}))
        self._recent = tuple(_recent(row) for row in self._read("recent", []))

    @property
    def preferences(self) -> Preferences:
        """The current preferences."""
        return self._preferences

    def prefer(self, **values: Any) -> None:
        """Change and store some preferences."""
        changed = replace(self._preferences, **values)
        if changed != self._preferences:
            self._preferences = changed
            self._write("preferences", asdict(changed))
            self.changed.emit()

    @property
    def recent(self) -> tuple[RecentFile, ...]:
        """Recent files, the latest first."""
        return self._recent

    def remember(
        self,
        path: Path,
        view: tuple[float, float, float] | None = None,
        *,
        tool: str = "",
        label: int = 0,
        request: dict[str, Any] | None = None,
        folders: dict[str, str] | None = None,
    ) -> None:
        """Make ``path`` the latest file and store its state; values not given keep their last ones."""
        text = str(path.resolve())
        known = next((item for item in self._recent if item.path == text), RecentFile(text))
        others = tuple(item for item in self._recent if item.path != text)
        latest = replace(
            known,
            view=view or known.view,
            tool=tool or known.tool,
            label=label or known.label,
            request=request or known.request,
            folders={**known.folders, **(folders or {})},
        )
        self._set_recent((latest, *others)[:RECENT])

    def forget(self, path: Path) -> None:
        """Remove ``path`` from the recent files."""
        self._set_recent(tuple(item for item in self._recent if item.path != str(path)))

    def _set_recent(self, recent: tuple[RecentFile, ...]) -> None:
        self._recent = recent
        self._write("recent", [asdict(item) for item in recent])
        self.recent_changed.emit()

    def prompts(self, name: str) -> list[str]:
        """The texts used before for the parameter ``name``, the latest first."""
        stored = self._read(f"prompts/{name}", [])
        return [str(text) for text in stored] if isinstance(stored, list) else []

    def remember_prompt(self, name: str, text: str) -> None:
        """Keep a text as the latest of the parameter ``name``."""
        if text:
            others = [other for other in self.prompts(name) if other != text]
            self._write(f"prompts/{name}", [text, *others][:PROMPTS])

    def last_state(self, path: Path) -> RecentFile:
        """The last state of the file at ``path``."""
        text = str(path.resolve())
        return next((item for item in self._recent if item.path == text), RecentFile(text))

    # Presets of the Restore panel

    @property
    def presets(self) -> dict[str, dict[str, Any]]:
        """Named presets: the plain values of a request by name."""
        stored = self._read("presets", {})
        valid = stored.items() if isinstance(stored, dict) else ()
        return {name: values for name, values in valid if isinstance(values, dict)}

    @property
    def start_preset(self) -> str:
        """Name of the preset that new paintings start with; "" for the defaults."""
        name = self._read("start_preset", "")
        return name if name in self.presets else ""

    def save_preset(self, name: str, values: dict[str, Any]) -> None:
        """Store a preset, replacing the one of the same name."""
        self._write("presets", {**self.presets, name: values})
        self.presets_changed.emit()

    def delete_preset(self, name: str) -> None:
        """Delete a preset."""
        self._write("presets", {key: values for key, values in self.presets.items() if key != name})
        self.presets_changed.emit()

    def start_with(self, name: str) -> None:
        """Set the preset that new paintings start with; "" for the defaults."""
        self._write("start_preset", name)
        self.presets_changed.emit()

    # Projects by scan

    @property
    def projects(self) -> dict[str, list[Path]]:
        """Named projects by the SHA-256 of their scan, the latest first; some may no longer exist."""
        return {key: [Path(text) for text in paths] for key, paths in self._read("projects", {}).items()}

    def note_project(self, sha256: str, path: Path) -> None:
        """Store that the project at ``path`` is about the scan with this hash."""
        text = str(path.resolve())
        others = {
            key: [each for each in paths if each != text] for key, paths in self._read("projects", {}).items()
        }
        latest = {sha256: [text, *others.pop(sha256, [])]}
        known = {**latest, **{key: paths for key, paths in others.items() if paths}}
        self._write("projects", dict(list(known.items())[:KNOWN_PROJECTS]))

    def folder(self, purpose: str) -> Path:
        """The last folder for ``purpose`` (open, export, mask…); the home folder if there is none."""
        stored = Path(str(self._store.value(f"folders/{purpose}", "")))
        return stored if stored.name and stored.is_dir() else Path.home()

    def remember_folder(self, purpose: str, chosen: Path) -> None:
        """Store the folder of the file ``chosen`` for ``purpose``."""
        self._store.setValue(f"folders/{purpose}", str(chosen.resolve().parent))

    @property
    def queue_folder(self) -> Path | None:
        """The folder of the results of the queue; None if there is none."""
        stored = str(self._store.value("queue/folder", "") or "")
        return Path(stored) if stored else None

    def remember_queue_folder(self, folder: Path) -> None:
        """Store the folder of the results of the queue."""
        self._store.setValue("queue/folder", str(folder))

    def layout(self, name: str) -> QByteArray:
        """A stored window layout; empty if there is none."""
        stored = self._store.value(f"layout/{name}", QByteArray())
        return stored if isinstance(stored, QByteArray) else QByteArray()

    def remember_layout(self, name: str, layout: QByteArray) -> None:
        """Store a window layout."""
        self._store.setValue(f"layout/{name}", layout)

    def speed(self, engine: str) -> float | None:
        """Measured seconds per filled pixel of ``engine`` on this computer; None if unknown."""
        stored = self._read("speeds", {}).get(engine)
        return float(stored) if isinstance(stored, int | float) else None

    def note_speed(self, engine: str, seconds: float) -> None:
        """Store the measured seconds per filled pixel of ``engine``."""
        self._write("speeds", {**self._read("speeds", {}), engine: seconds})

    def _read(self, key: str, default: Any) -> Any:
        try:
            return json.loads(str(self._store.value(key, ""))) or default
        except ValueError:
            return default

    def _write(self, key: str, value: Any) -> None:
        self._store.setValue(key, json.dumps(value))


def _preferences(data: Any) -> Preferences:
    """Preferences from JSON; unknown names and values of another type are ignored."""
    known = {item.name: type(getattr(Preferences(), item.name)) for item in fields(Preferences)}
    if not isinstance(data, dict):
        return Preferences()
    return Preferences(**{k: v for k, v in data.items() if k in known and type(v) is known[k]})


def _recent(row: Any) -> RecentFile:
    names = "view", "tool", "label", "request", "folders"
    view, tool, label, request, folders = (row.get(name) for name in names)
    valid = folders.items() if isinstance(folders, dict) else ()
    return RecentFile(
        str(row.get("path", "")),
        tuple(view) if view else None,
        tool if isinstance(tool, str) else "",
        label if isinstance(label, int) else 0,
        request if isinstance(request, dict) else None,
        {str(purpose): folder for purpose, folder in valid if isinstance(folder, str)},
    )
