"""Step one: mark the damage by painting, deriving or importing it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from app.context import Context
from app.document import OpenDocument
from app.panels.classes import ClassList
from app.panels.derive import EXAMPLES, DerivePanel
from app.panels.layers import LayersPanel
from app.panels.rim import RimPanel
from app.selection import ToolName
from app.widgets.parts import Card, CollapsibleSection, Panel, button, column, row, rule, tool_button


class DamagePanel(Panel):
    """Panel for marking damage.

    ``import_requested()``: the user asks for a mask file; ``summary_changed(str)``: title text.
    """

    import_requested = Signal()
    changes_document = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.card = self._card()
        self.classes = ClassList(context)
        self.keep = QCheckBox(self.tr("Don’t paint over other classes"))
        self.rim = RimPanel(context)
        self.derive, self.footer = DerivePanel(context), QWidget()
        self.footer.setObjectName("panel")
        column(self.footer).addWidget(self.derive.footer)
        self.fold = CollapsibleSection(self.tr("Derive the mask"), self.derive)
        self.layers = LayersPanel(context)
        self.layers_fold = CollapsibleSection(self.tr("Other pictures of the work"), self.layers)
        add = tool_button("plus", self.tr("Add a damage class"), self.classes.add)
        load = tool_button("import", self.tr("Import a mask file"), self.import_requested.emit)
        self.column.addWidget(self.card)
        self.column.addWidget(self.classes)
        self.keep_row = QWidget()
        self.keep_row.setLayout(row(self.keep, None, load, add, spacing=4))
        self.column.addWidget(self.keep_row)
        self.column.addWidget(self.rim)
        self.column.addWidget(rule())
        self.column.addWidget(self.fold)
        self.column.addWidget(self.layers_fold)
        self.column.setSpacing(4)
        self.column.addStretch(1)
        self._connect()
        self.setEnabled(False)

    @property
    def marked(self) -> bool:
        """Whether any damage is marked."""
        return self.document is not None and not self.document.state.damage.empty

    def _card(self) -> Card:
        return Card(
            self.tr("Where is it damaged?"),
            self.tr(
                "Paint over the damage, let the program find it, or import a mask. You can combine all three."
            ),
            button(self.tr("Paint"), self._paint, icon="brush"),
            button(self.tr("Derive"), lambda: self.show_derive("losses"), icon="wand"),
            button(self.tr("Import…"), self.import_requested.emit, icon="import"),
        )

    def _connect(self) -> None:
        selection = self.context.selection
        self.classes.counted.connect(self._counted)
        self.keep.toggled.connect(lambda on: setattr(selection, "overwrite_classes", not on))
        selection.overwrite_changed.connect(lambda on: self.keep.setChecked(not on))
        self.keep.setChecked(not selection.overwrite_classes)
        self.derive.done.connect(lambda: self.fold.head.setChecked(False))
        self.fold.head.toggled.connect(self._derive_toggled)
        self.layers.use_as_clean.connect(self._use_as_clean)
        selection.tool_changed.connect(self._tool_changed)

    def bind(self, document: OpenDocument) -> None:
        """Connect to the classes and the damage of ``document``."""
        self.classes.bind(document)
        self.rim.bind(document)
        self.layers.bind(document)
        self.derive.bind(document)
        document.damage_changed.connect(lambda _: self._show_card())

    def refresh(self) -> None:
        """Show the open document."""
        self.classes.refresh()
        self.derive.refresh()
        self.rim.refresh()
        self.layers.refresh()
        self._show_card()

    def update_access(self) -> None:
        """Also close the Derive section of a read-only document."""
        if self.read_only:
            self.fold.head.setChecked(False)
        super().update_access()

    def show_derive(self, method: str) -> None:
        """Open the Derive section with ``method``."""
        self.fold.head.setChecked(True)
        self.derive.choose(method)

    def _use_as_clean(self, name: str) -> None:
        """Open the Derive section to compare the scan with a layer."""
        self.show_derive("difference")
        self.derive.clean.use_layer(name)

    def show_rim(self) -> None:
        """Close the Derive section and examine the rim of the mask."""
        self.fold.head.setChecked(False)
        self.rim.start()

    def _tool_changed(self, tool: str) -> None:
        """Open the section that the brush for example strokes belongs to."""
        learning = self.fold.head.isChecked() and self.derive.method == EXAMPLES
        if tool == ToolName.EXAMPLE and not learning and self.context.document is not None:
            self.show_derive(EXAMPLES)

    def _derive_toggled(self, on: bool) -> None:
        """Hide what is not needed while the mask is derived."""
        self.rim.discard()
        self.keep_row.setVisible(not on)
        self.rim.setVisible(not on)
        self.derive.set_active(on)
        self._show_card()

    def _paint(self) -> None:
        self.context.selection.tool = ToolName.BRUSH

    def _show_card(self) -> None:
        visible = not self.marked and not self.fold.head.isChecked()
        self.card.setVisible(visible)
        if not self.marked:
            self.summary_changed.emit(self.tr("no damage marked"))

    def _counted(self, counts: dict[int, int]) -> None:
        if self.document is not None and counts:
            protected = self.document.state.damage.protected_labels()
            pixels = sum(count for number, count in counts.items() if not protected[number])
            within = self.context.selection.within
            share = pixels / (self.document.state.damage.box.area if within is None else within.pixels)
            text = self.tr("{0} of the surface") if within is None else self.tr("{0} of the selection")
            self.summary_changed.emit(text.format(f"{share:.2%}"))
