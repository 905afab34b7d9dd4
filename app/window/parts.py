"""The widgets of one main window, as its handlers receive them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.compare.area import CompareArea
from app.context import Context
from app.panels.damage import DamagePanel
from app.panels.restore import RestorePanel
from app.panels.results import ResultStrip
from app.panels.style import StylePanel
from app.window.actions import Actions
from app.window.banner import Banner
from app.window.docks import Dock
from app.window.status_bar import StatusBar
from app.window.tool_options import ToolOptions
from app.window.welcome import Welcome


@dataclass(frozen=True, eq=False)
class WindowParts:
    """``window`` is the parent of dialogs; ``docks`` by panel name; ``surrounds`` by the grey they choose."""

    window: QWidget
    context: Context
    actions: Actions
    banner: Banner
    welcome: Welcome
    area: CompareArea
    damage: DamagePanel
    restore: RestorePanel
    style: StylePanel
    results: ResultStrip
    options: ToolOptions
    status: StatusBar
    docks: Mapping[str, Dock]
    surrounds: Mapping[str, QAction]
