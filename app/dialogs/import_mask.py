"""Choose the damage class of an imported mask, or of each of its colours."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from app import theme
from app.commands.mask_import import PREVIEW_SIDE, MaskPreviewed, apply_import
from app.context import Context
from app.i18n.class_names import class_name
from app.messages import explained
from app.widgets.images import image_of
from app.widgets.parts import button, column, form, guard_wheel, label, row, rule
from app.widgets.placement import Dialog
from imagest_core.damage.classes import DamageClass
from imagest_core.damage.mask_parts import MaskPart
from imagest_core.errors import MaskError
from imagest_core.project.mask_import import new_class, proposed_targets

translate = QCoreApplication.translate

NOTHING, NEW = 0, -1
"""Entries of a class box besides labels: not imported, and a new class."""
OVERLAY = 0.7


class PartRow:
    """The widgets of one part of the mask: colour, size, class, and the name of a new class."""

    def __init__(self, dialog: ImportMaskDialog, part: MaskPart, proposed: DamageClass, known: bool) -> None:
        self.part = part
        self.swatch = QLabel()
        self.swatch.setFixedSize(16, 16)
        line = theme.roles().line
        self.swatch.setStyleSheet(f"background: {part.colour}; border: 1px solid {line}; border-radius: 4px;")
        self.swatch.setToolTip(part.value)
        self.facts = label(dialog.size_text(part), "soft")
        self.classes = QComboBox()
        guard_wheel(self.classes)
        self.classes.setAccessibleName(
            translate("ImportMask", "Class of {0}").format(part.value or translate("ImportMask", "the mask"))
        )
        for item in dialog.known:
            self.classes.addItem(class_name(item), item.label)
        self.classes.addItem(translate("ImportMask", "New class"), NEW)
        self.classes.addItem(translate("ImportMask", "Don’t import"), NOTHING)
        self.name = QLineEdit("" if known else proposed.name)
        self.name.setPlaceholderText(translate("ImportMask", "Name of the new class"))
        self.name.setAccessibleName(translate("ImportMask", "Name of the new class"))
        self.classes.setCurrentIndex(self.classes.findData(proposed.label if known else NEW))
        self.name.setVisible(not known)
        self.classes.currentIndexChanged.connect(lambda _: self.name.setVisible(self.choice == NEW))
        self.classes.currentIndexChanged.connect(lambda _: dialog.refresh())
        self.name.textChanged.connect(lambda _: dialog.refresh())

    @property
    def choice(self) -> int:
        """The label of a class, ``NEW`` or ``NOTHING``."""
        return int(self.classes.currentData())


class ImportMaskDialog(Dialog):
    """Shows the mask over the scan; each part is given a class, a new class, or none."""

    def __init__(self, context: Context, preview: MaskPreviewed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Import a mask"))
        self.setMinimumWidth(720)
        assert context.document is not None
        self._context, self._document, self._preview = context, context.document, preview
        self.known = context.document.state.damage.classes
        layout = column(self, margin=16, spacing=12)
        layout.addWidget(label(self.tr("Which damage is in {0}?").format(preview.parts.path.name), "title"))
        self.picture = QLabel()
        self.picture.setAccessibleName(self.tr("The mask over the scan"))
        self.picture.setMinimumWidth(PREVIEW_SIDE // 2)
        across = row(self.picture, self._choices(), spacing=16)
        across.setStretch(1, 1)
        layout.addLayout(across)
        self.overwrite = QCheckBox(self.tr("Replace other classes where they overlap"))
        self.overwrite.setChecked(context.selection.overwrite_classes)
        layout.addWidget(self.overwrite)
        self.answer = label("", "warn", wrap=True)
        layout.addWidget(self.answer)
        layout.addWidget(rule())
        layout.addLayout(self._buttons())
        context.document.closed.connect(self.reject)
        self.refresh()

    def _choices(self) -> QScrollArea:
        proposed = proposed_targets(self._preview.parts, self._document.state, self._context.selection.label)
        labels = {item.label for item in self.known}
        grid: QGridLayout = form()
        self.rows = []
        for line, part in enumerate(self._preview.parts.parts):
            chosen = proposed[part.number]
            each = PartRow(self, part, chosen, chosen.label in labels)
            self.rows.append(each)
            box = column(spacing=4)
            for widget in (each.facts, each.classes, each.name):
                box.addWidget(widget)
            grid.addWidget(each.swatch, line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addLayout(box, line, 1)
        inner = QWidget()
        inner.setObjectName("panel")
        outer = column(inner)
        outer.addLayout(grid)
        outer.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(PREVIEW_SIDE * 3 // 4)
        scroll.setWidget(inner)
        scroll.setAccessibleName(self.tr("Classes"))
        return scroll

    def _buttons(self) -> QHBoxLayout:
        self.go = button(self.tr("Import"), self.accept, primary=True)
        self.go.setDefault(True)
        return row(None, button(self.tr("Cancel"), self.reject), self.go)

    def size_text(self, part: MaskPart) -> str:
        """Value, number of pixels and number of regions of a part."""
        regions = self.tr("%n region(s)", "", part.regions)
        facts = self.tr("{0} px, {1}").format(f"{part.pixels:,}", regions)
        return f"{part.value}  ·  {facts}" if part.value else facts

    def targets(self) -> dict[int, DamageClass | None]:
        """The class of each part; parts with the same new name share one. Raises ``MaskError``."""
        classes, added = list(self.known), dict[str, DamageClass]()
        by_label = {item.label: item for item in classes}
        chosen: dict[int, DamageClass | None] = {}
        for each in self.rows:
            name = each.name.text().strip()
            if each.choice == NEW and name not in added:
                if not name:
                    raise MaskError(self.tr("Enter the name of the new class."))
                added[name] = new_class(classes, name, each.part.colour)
                classes.append(added[name])
            chosen[each.part.number] = added[name] if each.choice == NEW else by_label.get(each.choice)
        if not any(chosen.values()):
            raise MaskError(self.tr("Choose a class for at least one part of the mask."))
        return chosen

    def refresh(self) -> None:
        """Show the mask in the colours of the chosen classes, or why it can't be imported."""
        try:
            targets, sentence = self.targets(), ""
        except MaskError as error:
            targets, sentence = {}, explained(error)[0]
        self.answer.setText(sentence)
        self.answer.setVisible(bool(sentence))
        self.go.setEnabled(not sentence)
        self.picture.setPixmap(self._overlay(targets))

    def _overlay(self, targets: dict[int, DamageClass | None]) -> QPixmap:
        rgb = self._preview.rgb.copy()
        for number, item in targets.items():
            if item is not None:
                shown = QColor(item.colour)
                colour = np.array((shown.redF(), shown.greenF(), shown.blueF()), np.float32)
                where = self._preview.numbers == number
                rgb[where] = (1 - OVERLAY) * rgb[where] + OVERLAY * colour
        smooth = Qt.TransformationMode.SmoothTransformation
        image = image_of(rgb).scaled(PREVIEW_SIDE, PREVIEW_SIDE, Qt.AspectRatioMode.KeepAspectRatio, smooth)
        return QPixmap.fromImage(image)

    def accept(self) -> None:
        """Import the mask with the chosen classes."""
        targets = self.targets()
        overwrite = self.overwrite.isChecked()
        super().accept()
        apply_import(self._context, self._preview.parts, targets, overwrite=overwrite)
