"""The theme: colours by role, an 8 px grid, three text sizes, and icons."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from PySide6.QtCore import QByteArray, QObject, QRectF, QStandardPaths, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

import resources

GRID = 8
SMALL, BODY, TITLE = 11, 13, 16
"""Text sizes in px."""
ICON = 20
"""Icons on buttons, in px."""
ARROW = 12
"""Arrows and check marks in fields, in px."""


@dataclass(frozen=True)
class Roles:
    """Colours by role. All greys are neutral, so that the colours of the picture can be judged."""

    name: str
    window: str
    panel: str
    raised: str
    field: str
    line: str
    ink: str
    soft: str
    faint: str
    accent: str
    on_accent: str
    wash: str
    warning: str
    error: str
    good: str


LIGHT = Roles(
    name="light",
    window="#d6d6d6",
    panel="#ececec",
    raised="#f7f7f7",
    field="#ffffff",
    line="#c2c2c2",
    ink="#1c1c1c",
    soft="#5c5c5c",
    faint="#9b9b9b",
    accent="#2c6a94",
    on_accent="#ffffff",
    wash="#d3dee6",
    warning="#8a5a00",
    error="#a4262c",
    good="#2e6b3c",
)
DARK = Roles(
    name="dark",
    window="#242424",
    panel="#2e2e2e",
    raised="#3b3b3b",
    field="#1f1f1f",
    line="#484848",
    ink="#e8e8e8",
    soft="#a9a9a9",
    faint="#6f6f6f",
    accent="#6fa8cf",
    on_accent="#101010",
    wash="#3a4650",
    warning="#e0b060",
    error="#ec8a86",
    good="#8cc89a",
)

SURROUNDS = {"dark": "#333333", "mid": "#767676", "light": "#c8c8c8", "black": "#000000"}
"""Neutral greys around the picture; mid is about 18 % reflectance."""

_current = LIGHT


def roles() -> Roles:
    """The current colours."""
    return _current


def roles_of(theme: str) -> Roles:
    """The colours for the preference ``theme``: light, dark or system."""
    return DARK if theme == "dark" or (theme == "system" and system_is_dark()) else LIGHT


def system_is_dark() -> bool:
    """Whether the system uses a dark colour scheme."""
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def apply_theme(application: QApplication, theme: str) -> None:
    """Apply ``theme`` to the whole program; can be called again."""
    global _current
    _current = roles_of(theme)
    icon.cache_clear()
    application.setStyle("Fusion")
    application.setPalette(_palette(_current))
    application.setStyleSheet(_style_sheet(_current))
    for window in application.topLevelWidgets():
        _redraw_icons(window)


def set_icon(target: QAction | QAbstractButton, name: str) -> None:
    """Set an icon that follows the theme."""
    target.setProperty("icon_name", name)
    target.setIcon(icon(name))


@cache
def icon(name: str) -> QIcon:
    """The icon ``name`` in the current colours."""
    result = QIcon()
    states = (
        (QIcon.Mode.Normal, QIcon.State.Off, _current.ink),
        (QIcon.Mode.Normal, QIcon.State.On, _current.accent),
        (QIcon.Mode.Disabled, QIcon.State.Off, _current.faint),
        (QIcon.Mode.Disabled, QIcon.State.On, _current.faint),
    )
    for scale in (1, 2):
        shape = pixmap(name, "black", ICON, scale)
        drawn = {colour: _tinted(shape, colour) for colour in {colour for *_, colour in states}}
        for mode, state, colour in states:
            result.addPixmap(drawn[colour], mode, state)
    return result


def pixmap(name: str, colour: str, size: int, scale: float = 1.0) -> QPixmap:
    """Render the icon ``name`` in one colour, ``size`` px wide at device pixel ratio ``scale``."""
    drawn = QPixmap(round(size * scale), round(size * scale))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(_svg(name).replace("currentColor", colour).encode())).render(
        painter, QRectF(drawn.rect())
    )
    painter.end()
    drawn.setDevicePixelRatio(scale)
    return drawn


def _tinted(shape: QPixmap, colour: str) -> QPixmap:
    """Return ``shape`` in one colour; faster than rendering it again."""
    drawn = QPixmap(shape)
    painter = QPainter(drawn)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(drawn.rect(), QColor(colour))
    painter.end()
    return drawn


def icon_path(name: str) -> Path:
    """The SVG file of an icon."""
    return Path(resources.__file__).parent / "icons" / f"{name}.svg"


@cache
def _svg(name: str) -> str:
    return icon_path(name).read_text(encoding="utf-8")


def _redraw_icons(root: QWidget) -> None:
    for item in root.findChildren(QObject):
        name = item.property("icon_name")
        if name and isinstance(item, QAction | QAbstractButton):
            item.setIcon(icon(name))


def _palette(roles: Roles) -> QPalette:
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, roles.panel),
        (QPalette.ColorRole.WindowText, roles.ink),
        (QPalette.ColorRole.Base, roles.field),
        (QPalette.ColorRole.AlternateBase, roles.raised),
        (QPalette.ColorRole.ToolTipBase, roles.raised),
        (QPalette.ColorRole.ToolTipText, roles.ink),
        (QPalette.ColorRole.PlaceholderText, roles.faint),
        (QPalette.ColorRole.Text, roles.ink),
        (QPalette.ColorRole.Button, roles.raised),
        (QPalette.ColorRole.ButtonText, roles.ink),
        (QPalette.ColorRole.BrightText, roles.error),
        (QPalette.ColorRole.Highlight, roles.accent),
        (QPalette.ColorRole.HighlightedText, roles.on_accent),
        (QPalette.ColorRole.Link, roles.accent),
        (QPalette.ColorRole.Mid, roles.line),
    ):
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(roles.faint))
    return palette


def _style_sheet(roles: Roles) -> str:
    text = (Path(resources.__file__).parent / "theme.qss").read_text(encoding="utf-8")
    values = {**vars(roles), "small": SMALL, "body": BODY, "title": TITLE}
    values["check"] = _arrow(roles, "check", roles.on_accent)
    values["down"] = _arrow(roles, "chevron-down", roles.soft)
    values["up"] = _arrow(roles, "chevron-up", roles.soft)
    return Template(text).substitute(values)


def _arrow(roles: Roles, name: str, colour: str) -> str:
    """``url(…)`` of the icon in ``colour``, rendered to the cache folder: style sheets need files."""
    cache = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericCacheLocation)
    for folder in (Path(cache) / "imagest", Path(tempfile.gettempdir()) / "imagest"):
        path = folder / f"{name}-{colour[1:]}.png"
        if _render(path, name, colour):
            return quoted(path.as_posix())
    return "none"


def quoted(path: str) -> str:
    """``path`` as ``url(…)`` of a style sheet, with special characters escaped."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'url("{escaped}")'


def _render(path: Path, name: str, colour: str) -> bool:
    """Render the icon to ``path`` and to a second file at double resolution; returns whether both exist."""
    files = {1: path, 2: path.with_name(f"{path.stem}@2x.png")}
    if all(not QImage(str(file)).isNull() for file in files.values()):
        return True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return all(pixmap(name, colour, ARROW, scale).save(str(file)) for scale, file in files.items())
