"""Step two: choose the style reference, intact regions of this painting or a donor picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from app.context import Context
from app.document import OpenDocument
from app.messages import explained
from app.panels.study import StudySection
from app.selection import ToolName
from app.style_suggestions import StyleSuggestions
from app.widgets.images import image_of
from app.widgets.parts import Card, Panel, button, clear, column, label, row, tool_button
from imagest_core.errors import ImagestError, StyleError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting, open_painting
from imagest_core.project.operations import settings
from imagest_core.project.operations.group import OperationGroup
from imagest_core.project.operations.names import operation_name

THUMB = 72
COLUMNS = 4


class StylePanel(Panel):
    """``donor_requested()``: the user asks for a donor picture; ``summary_changed(str)``: title text."""

    donor_requested = Signal()
    summary_changed = Signal(str)
    changes_document = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.suggestions = StyleSuggestions(context, self)
        self.card = Card(
            self.tr("Which intact parts show the painting style?"),
            self.tr("A style reference is an intact region. The fill continues its colours and brushwork."),
            *self._source_buttons(),
        )
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.warning = label("", "warn", wrap=True)
        self._trim_button = button(self.tr("Trim to the intact part"), self._trim)
        self._more = QWidget()
        self._more.setLayout(row(*self._source_buttons(), None))
        self._suggestion_row = self._build_suggestion_row()
        for item in (
            self.card,
            self._grid,
            self.warning,
            self._trim_button,
            self._suggestion_row,
            self._more,
        ):
            self.column.addLayout(item) if isinstance(item, QGridLayout) else self.column.addWidget(item)
        self.study = StudySection(context)
        self.column.addWidget(self.study)
        self.column.addStretch(1)
        self._count = 0
        context.selection.suggestions_changed.connect(lambda _: self._show_suggestions())
        context.selection.style_declined_changed.connect(lambda _: self._update_summary())
        self.setEnabled(False)

    def _source_buttons(self) -> tuple[QWidget, ...]:
        """Buttons that add a reference."""
        return (
            button(
                self.tr("Suggest"),
                self.suggest,
                icon="suggest",
                tip=self.tr("Let the program suggest intact regions"),
            ),
            button(
                self.tr("Draw"), self._draw, icon="style", tip=self.tr("Draw a rectangle on an intact region")
            ),
            button(
                self.tr("Donor…"),
                self.donor_requested.emit,
                icon="donor",
                tip=self.tr("Use another picture as the style reference"),
            ),
        )

    def _build_suggestion_row(self) -> QWidget:
        widget = QWidget()
        self._suggestion_text = label("", "soft", wrap=True)
        self._suggestion_grid = QGridLayout()
        self._suggestion_grid.setSpacing(8)
        self._suggestion_grid.setAlignment(Qt.AlignmentFlag.AlignLeft)
        layout = column(widget)
        layout.addWidget(self._suggestion_text)
        layout.addLayout(self._suggestion_grid)
        use = button(self.tr("Use all"), self.accept_suggestions, icon="check")
        no = button(self.tr("Use none"), self.decline)
        layout.addLayout(row(use, no, None))
        return widget

    def bind(self, document: OpenDocument) -> None:
        """Connect to the references and the damage of ``document``."""
        document.style_changed.connect(self.refresh)
        document.damage_changed.connect(self._damage_changed)
        self.study.bind(document)

    def refresh(self) -> None:
        """Show the current references."""
        clear(self._grid)
        document = self.document
        style = document.state.style if document else None
        count = 0
        if document is not None and style is not None:
            for index, box in enumerate(style.regions):
                _place(self._grid, count, self._region(document, index, box))
                count += 1
            if style.donor is not None:
                _place(self._grid, count, self._donor(style.donor))
                count += 1
        self._count = count
        self._update_summary()
        self._show_suggestions()
        self._check()

    def _update_summary(self) -> None:
        default = self.tr("none") if self.context.selection.style_declined else self.tr("automatic")
        self.summary_changed.emit(self.tr("%n reference(s)", "", self._count) if self._count else default)

    def _damage_changed(self, box: Box) -> None:
        self._check()

    # References

    def _region(self, document: OpenDocument, index: int, box: Box) -> QWidget:
        name = self.tr("Style reference {0}: {1} × {2} px at {3}, {4}").format(
            index + 1, box.width, box.height, box.x, box.y
        )
        thumb = Thumb(name, lambda: self.context.selection.reveal.emit(box), lambda: self._remove(index))
        painting = document.painting
        self.context.background.submit(lambda: region_image(painting, box), thumb.show_image)
        return thumb

    def _donor(self, path: Path) -> QWidget:
        thumb = Thumb(
            self.tr("Donor picture {0}").format(path.name),
            self.donor_requested.emit,
            lambda: self._do(lambda state: settings.set_donor(state, None)),
        )
        self.context.background.submit(lambda: donor_image(path), thumb.show_image)
        return thumb

    def _remove(self, index: int) -> None:
        self._do(lambda state: settings.remove_style_region(state, index))

    def _do(self, make: Callable[[Any], Any]) -> None:
        if self.document is not None:
            self.context.do(make(self.document.state))

    def set_donor(self, path: Path) -> None:
        """Use another picture as the style reference."""
        try:
            with open_painting(path):
                pass
        except ImagestError as error:
            return self.context.messages.fail(error, "donor")
        self.context.messages.resolve("donor")
        self._do(lambda state: settings.set_donor(state, path))

    def remove_all(self) -> None:
        """Remove all references, so that the program chooses them."""
        from imagest_core.style.reference import StyleReference

        self._do(lambda state: settings.set_style(state, StyleReference(), operation_name("remove_style")))

    def _draw(self) -> None:
        self.context.selection.tool = ToolName.STYLE

    # Suggestions

    def suggest(self) -> None:
        """Find intact regions and suggest them."""
        self.context.selection.style_declined = False
        self.suggestions.search(self._not_suggested)

    def decline(self) -> None:
        """Reject the suggestions: no reference is used unless the user adds one."""
        self.context.selection.style_declined = True
        self.context.selection.suggestions = ()
        self._update_summary()

    def _not_suggested(self, error: Exception | None) -> None:
        expected = isinstance(error, ImagestError)
        sentence = explained(error)[0] if error and expected else self.tr("No intact region was found.")
        self.context.messages.warn(sentence, self.tr("Draw one, or choose a donor picture."), topic="suggest")

    def accept_suggestion(self, box: Box) -> None:
        """Add one suggestion; the others remain."""
        left = tuple(other for other in self.context.selection.suggestions if other != box)
        self._do(lambda state: settings.add_style_region(state, box))
        self.context.selection.suggestions = left

    def accept_suggestions(self) -> None:
        """Add all suggestions as one undo step."""
        boxes, self.context.selection.suggestions = self.context.selection.suggestions, ()
        if boxes and self.document is not None:
            state = self.document.state.copy()
            steps = []
            for box in boxes:
                steps.append(settings.add_style_region(state, box))
                steps[-1].apply(state)
            self.context.do(OperationGroup(tuple(steps), name=operation_name("use_suggested_style")))

    def _show_suggestions(self) -> None:
        boxes, document = self.context.selection.suggestions, self.document
        if boxes:
            self.context.messages.resolve("suggest")
        clear(self._suggestion_grid)
        for number, box in enumerate(boxes if document is not None else ()):
            assert document is not None
            _place(self._suggestion_grid, number, self._suggestion(document, number, box))
        self._suggestion_row.setVisible(bool(boxes))
        self._more.setVisible(bool(self._grid.count()) and not boxes)
        self.card.setVisible(not boxes and not self._grid.count())
        self._suggestion_text.setText(self.tr("%n region(s) suggested: click one to use it", "", len(boxes)))

    def _suggestion(self, document: OpenDocument, number: int, box: Box) -> QWidget:
        name = self.tr("Suggestion {0}: {1} × {2} px at {3}, {4}").format(
            number + 1, box.width, box.height, box.x, box.y
        )
        thumb = Thumb(name, lambda: self.accept_suggestion(box))
        painting = document.painting
        self.context.background.submit(lambda: region_image(painting, box), thumb.show_image)
        return thumb

    # Overlap with damage

    def _check(self) -> None:
        touching = self._damaged_regions()
        self.warning.setVisible(bool(touching))
        self._trim_button.setVisible(bool(touching))
        if touching:
            which = ", ".join(str(index + 1) for index in touching)
            self.warning.setText(
                self.tr(
                    "Style reference {0} contains damage or protected pixels: trim it, or remove it."
                ).format(which)
            )

    def _damaged_regions(self) -> list[int]:
        if self.document is None:
            return []
        from imagest_core.style.check import touches_damage

        state = self.document.state
        return [index for index, box in enumerate(state.style.regions) if touches_damage(box, state.damage)]

    def _trim(self) -> None:
        """Trim every reference to its largest intact part; remove those without one."""
        from imagest_core.style.check import check_style

        document = self.document
        if document is None:
            return
        state, kept = document.state, list[Box]()
        for box in state.style.regions:
            alone = replace(state.style, regions=(box,), donor=None)
            try:
                kept += check_style(alone, document.painting, state.damage, trim=True).regions
            except StyleError:
                continue
        self.context.do(
            settings.set_style(state, replace(state.style, regions=tuple(kept)), operation_name("trim_style"))
        )


class Thumb(QWidget):
    """A thumbnail with a button that removes it or, without ``removed``, uses it."""

    def __init__(
        self, name: str, clicked: Callable[[], object], removed: Callable[[], object] | None = None
    ) -> None:
        super().__init__()
        self.setFixedSize(THUMB, THUMB)
        self.face = QToolButton(self)
        self.face.setObjectName("thumb")
        self.face.setGeometry(0, 0, THUMB, THUMB)
        self.face.setIconSize(QSize(THUMB - 8, THUMB - 8))
        self.face.setToolTip(name)
        self.face.setAccessibleName(name)
        self.face.clicked.connect(lambda: clicked())
        icon, text = ("plus", self.tr("Use {0}")) if removed is None else ("close", self.tr("Remove {0}"))
        self.chip = tool_button(icon, text.format(name), removed or clicked)
        self.chip.setParent(self)
        self.chip.setIconSize(QSize(12, 12))
        self.chip.setObjectName("chip")
        self.chip.move(THUMB - 22, 2)

    def show_image(self, image: QImage | None) -> None:
        """Show the picture once it is loaded."""
        from shiboken6 import isValid

        if image is not None and isValid(self):
            self.face.setIcon(QIcon(QPixmap.fromImage(image)))


def _place(grid: QGridLayout, number: int, widget: QWidget) -> None:
    grid.addWidget(widget, number // COLUMNS, number % COLUMNS)


def region_image(painting: Painting, box: Box) -> QImage:
    """A square thumbnail of a region."""
    box = box.within(painting.box)
    level = max(min(box.width, box.height) // (2 * THUMB), 1).bit_length() - 1
    return squared(image_of(painting.read_working(box, level)))


def donor_image(path: Path) -> QImage | None:
    """A square thumbnail of another picture; None if it can't be read."""
    try:
        with open_painting(path) as painting:
            return squared(image_of(painting.read_working(level=painting.levels - 1)))
    except (ImagestError, OSError):
        return None


def squared(image: QImage) -> QImage:
    """The centre square of an image at twice the thumbnail size, for high-density screens."""
    side = min(image.width(), image.height())
    cut = image.copy((image.width() - side) // 2, (image.height() - side) // 2, side, side)
    return cut.scaled(2 * THUMB, 2 * THUMB, mode=Qt.TransformationMode.SmoothTransformation)
