"""Named presets of the Restore panel, and the button that resets all parameters."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from app.context import Context
from app.panels.restore_choices import name_width
from app.start_request import default_request, stored_request
from app.widgets.combo_box import narrow_combo_box
from app.widgets.parts import button, label, row, tool_button
from imagest_core.restoration.request import RestorationRequest


class Presets(QWidget):
    """Shows which preset the parameters are; ``save_requested()``: ask for a name and save them."""

    save_requested = Signal()
    delete_requested = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.box = narrow_combo_box()
        self.box.setAccessibleName(self.tr("Preset"))
        self.box.setToolTip(self.tr("Choose a preset of all parameters"))
        self.box.setPlaceholderText(self.tr("Own settings"))
        self.box.activated.connect(lambda _: self._choose(self.box.currentData()))
        self.more = tool_button("more", self.tr("Save, delete or start with a preset"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu())
        self.reset_all = button(
            self.tr("Reset all"), self.reset, tip=self.tr("Set all parameters to their defaults")
        )
        named = label(self.tr("Preset"), "soft")
        named.setBuddy(self.box)
        named.setMinimumWidth(name_width())
        across = row(12, named, self.box, self.more, self.reset_all, spacing=4)
        across.setStretch(2, 1)
        self.setLayout(across)
        context.selection.request_changed.connect(lambda _: self.refresh())
        context.selection.variations_changed.connect(lambda _: self.refresh())
        context.settings.presets_changed.connect(self.refresh)
        self.refresh()

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        self.save = menu.addAction(self.tr("&Save as a preset…"), self.save_requested.emit)
        self.delete = menu.addAction(
            self.tr("&Delete this preset…"), lambda: self.delete_requested.emit(self.current)
        )
        menu.addSeparator()
        self.start = menu.addAction(self.tr("Start &new paintings with this preset"))
        self.start.setCheckable(True)
        self.start.triggered.connect(lambda on: self._context.settings.start_with(self.current if on else ""))
        return menu

    @property
    def current(self) -> str:
        """Name of the preset that the parameters are equal to; "" if there is none."""
        return self.box.currentData() or ""

    def refresh(self) -> None:
        """List the presets and select the one that the parameters are equal to."""
        settings, request = self._context.settings, self._context.selection.request
        self.box.clear()
        self.box.addItem(self.tr("Default"), "")
        for name in sorted(settings.presets, key=str.casefold):
            self.box.addItem(name, name)
        default = self._is_default(request)
        names = [name for name in settings.presets if self._stored(name) == request]
        self.box.setCurrentIndex(0 if default else self.box.findData(names[0]) if names else -1)
        self.reset_all.setEnabled(not default or self._context.selection.variations != 1)
        self.delete.setEnabled(bool(self.current))
        self.start.setEnabled(bool(self.current))
        self.start.setChecked(bool(self.current) and settings.start_preset == self.current)

    def _is_default(self, request: RestorationRequest) -> bool:
        return request == default_request(self._context.settings)

    def _stored(self, name: str) -> RestorationRequest | None:
        return stored_request(self._context.settings, self._context.settings.presets.get(name))

    def _choose(self, name: str) -> None:
        """Set the parameters of a preset; "" is the defaults."""
        if not name:
            return self.reset()
        request = self._stored(name)
        if request is None:
            self._context.messages.warn(
                self.tr("This version can’t use the preset “{0}”: delete it.").format(name),
                topic="preset",
            )
            return self.refresh()
        self._context.messages.resolve("preset")
        self._context.selection.request = request
        return None

    def reset(self) -> None:
        """Set all parameters to their defaults."""
        self._context.selection.variations = 1
        self._context.selection.request = default_request(self._context.settings)
