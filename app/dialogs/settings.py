"""The settings dialog; every change takes effect immediately."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialogButtonBox, QGridLayout, QLineEdit, QWidget

from app.context import Context
from app.widgets.parts import column, form, guard_wheel, label, rule
from app.widgets.placement import Dialog
from app.widgets.project_folder import ProjectFolder

Choices = Iterable[tuple[str, str]]


class SettingsDialog(Dialog):
    """Edits the preferences; the window applies them."""

    help_page = "start#settings"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Settings"))
        self.setMinimumWidth(480)
        self._context = context
        layout = column(self, margin=16, spacing=12)
        layout.addWidget(label(self.tr("Settings"), "title"))
        layout.addLayout(self._form())
        layout.addWidget(rule())
        for name, text in (
            ("hide_mask_while_judging", self.tr("Hide the mask while reviewing a result")),
            ("confirm_discard", self.tr("Ask before discarding a result")),
            ("brush_follows_zoom", self.tr("Keep the brush the same size on screen when zooming")),
        ):
            layout.addWidget(self._check(name, text))
        layout.addWidget(rule())
        layout.addWidget(ProjectFolder())
        self.later = label(self.tr("The language changes when the running job ends."), "small")
        self.later.hide()
        layout.addWidget(self.later)
        layout.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def _form(self) -> QGridLayout:
        grid = form()
        self.operator = QLineEdit(self._context.settings.preferences.operator)
        self.operator.setPlaceholderText(self.tr("Your name, for the record"))
        self.operator.editingFinished.connect(self._sign)
        rows = (
            (self.tr("Theme"), self._choice("theme", self._themes())),
            (self.tr("Language"), self._choice("language", self._languages())),
            (self.tr("Surround"), self._choice("surround", self._surrounds())),
            (self.tr("Device"), self._choice("device", self._devices())),
            (self.tr("Operator"), self.operator),
        )
        for line, (name, widget) in enumerate(rows):
            name_label = label(name, "soft")
            name_label.setBuddy(widget)
            widget.setAccessibleName(name)
            grid.addWidget(name_label, line, 0)
            grid.addWidget(widget, line, 1)
        return grid

    def _themes(self) -> Choices:
        return (
            ("system", self.tr("Same as the system")),
            ("light", self.tr("Light")),
            ("dark", self.tr("Dark")),
        )

    def _languages(self) -> Choices:
        return (("", self.tr("Same as the system")), ("en", "English"), ("zh_CN", "简体中文"))

    def _surrounds(self) -> Choices:
        return (
            ("mid", self.tr("Mid grey")),
            ("dark", self.tr("Dark grey")),
            ("light", self.tr("Light grey")),
            ("black", self.tr("Black")),
        )

    def _devices(self) -> Choices:
        return (("auto", self.tr("GPU if available")), ("cuda", self.tr("GPU")), ("cpu", self.tr("CPU")))

    def _choice(self, name: str, choices: Choices) -> QComboBox:
        widget = QComboBox()
        guard_wheel(widget)
        for key, text in choices:
            widget.addItem(text, key)
        widget.setCurrentIndex(widget.findData(getattr(self._context.settings.preferences, name)))
        widget.activated.connect(lambda _: self._prefer(name, widget.currentData()))
        return widget

    def _check(self, name: str, text: str) -> QCheckBox:
        widget = QCheckBox(text)
        widget.setChecked(getattr(self._context.settings.preferences, name))
        widget.toggled.connect(lambda on: self._context.settings.prefer(**{name: on}))
        return widget

    def _prefer(self, name: str, value: str) -> None:
        self._context.settings.prefer(**{name: value})
        self.later.setVisible(name == "language" and self._context.jobs.busy)

    def _sign(self) -> None:
        self._context.settings.prefer(operator=self.operator.text().strip())
