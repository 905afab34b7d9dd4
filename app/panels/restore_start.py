"""The foot of the Restore panel: what will happen, how long it takes, where; and the buttons."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.commands import restore as restoring
from app.context import Context
from app.jobs.devices import CUDA, Device, choices, cpu_text
from app.widgets.combo_box import narrow_combo_box
from app.widgets.parts import button, column, explain, label, restyle, row, rule

DEVICE_WIDTH = 112


class Start(QWidget):
    """``device_chosen(str)``: auto, cpu or cuda."""

    device_chosen = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._context, self.found = context, Device()
        self._damaged, self._read_only = False, ""
        self.expected = label("", "soft", wrap=True)
        self._add_buttons()
        self.device = narrow_combo_box()
        self.device.setAccessibleName(self.tr("Device"))
        self.device.activated.connect(lambda _: self.device_chosen.emit(self.device.currentData()))
        self.device.setFixedWidth(DEVICE_WIDTH)
        self.hardware = label("", "small", wrap=True)
        self._named = label(self.tr("Device"), "soft")
        self._named.setBuddy(self.device)
        inside = column(self)
        inside.setContentsMargins(12, 4, 12, 12)
        inside.addWidget(rule())
        inside.addWidget(self.expected)
        inside.addLayout(self._buttons)
        where = row(self._named, self.device, self.hardware)
        where.setStretch(2, 1)
        inside.addLayout(where)
        context.selection.result_changed.connect(lambda _: self.allow(self._damaged, self._read_only))

    def _add_buttons(self) -> None:
        context = self._context
        self.go = button(
            self.tr("Restore"),
            lambda: restoring.restore_all(context),
            primary=True,
            tip=self.tr("Restore everything   Ctrl+Enter"),
            once=True,
        )
        self.part = button(
            self.tr("Visible part"),
            lambda: restoring.restore_visible(context),
            tip=self.tr("Only the damage the canvas shows   Ctrl+Shift+Enter"),
            once=True,
        )
        self.region = button(self.tr("Region"), lambda: restoring.restore_region(context), once=True)
        self._buttons = row(self.go, self.part, self.region)
        self._buttons.setStretch(0, 1)

    def allow(self, damaged: bool, read_only: str = "") -> None:
        """Enable the buttons if there is damage to restore; ``read_only``: why nothing can be restored."""
        self._damaged, self._read_only = damaged, read_only
        selection = self._context.selection
        reviewed = selection.run is not None and selection.region > 0
        tip = (
            self.tr("Only region {0}, which is under review   Ctrl+Alt+Enter").format(selection.region)
            if reviewed
            else self.tr("Only the region under review: choose one in Review first")
        )
        explain(self.region, "")
        self.region.setToolTip(tip)
        self.region.setEnabled(damaged and reviewed and not read_only)
        for widget in (self.go, self.part):
            widget.setEnabled(damaged and not read_only)
        for widget in (self.go, self.part, self.region):
            explain(widget, read_only)

    def say(self, text: str, kind: str = "soft") -> None:
        """What is to be expected."""
        self.expected.setText(text)
        restyle(self.expected, kind)

    def show_device(self, wanted: str, used: bool) -> None:
        """The devices there are, ``wanted`` chosen; nothing where the engine has no use for one."""
        offered = choices(self.found, wanted) if used else []
        self.device.clear()
        for key, text in offered:
            self.device.addItem(text, key)
        self.device.setCurrentIndex(self.device.findData(wanted))
        self.hardware.setText(self.found.text if self.found.kind(wanted) == CUDA else cpu_text())
        self._named.setVisible(bool(offered))
        self.device.setVisible(len(offered) > 1)
        self.hardware.setVisible(bool(offered))
