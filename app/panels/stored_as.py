"""How the restored TIFF is stored: as the scan unless the user wants it otherwise, and what that costs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from app.i18n.core_messages import core_sentence
from app.widgets.parts import column, guard_wheel, label, restyle, row
from imagest_core.painting.reader import Painting
from imagest_core.painting.tiff.form import Compression, Form
from imagest_core.painting.writer import keeps_file, writing_notes

LINES = 3
"""Lines of text that what a choice means may take."""


class StoredAs(QWidget):
    """``changed()``: another depth, colour or compression was chosen."""

    changed = Signal()

    def __init__(self, painting: Painting) -> None:
        super().__init__()
        self._painting = painting
        self.depth = self._choice(self.tr("Bit depth"), self._depths())
        self.colour = self._choice(self.tr("Colour"), self._colours())
        self.compression = self._choice(self.tr("Compression"), self._compressions())
        self.means = label("", "small", wrap=True)
        self.means.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.means.setMinimumHeight(LINES * self.means.fontMetrics().lineSpacing())
        inside = column(self, spacing=4)
        inside.addLayout(row(self.depth, self.colour, self.compression, None))
        inside.addWidget(self.means)
        self._tell()

    @property
    def form(self) -> Form:
        """What is to be other than in the scan."""
        return Form(self.compression.currentData(), self.depth.currentData(), bool(self.colour.currentData()))

    def _choice(self, name: str, entries: list[tuple[str, object]]) -> QComboBox:
        made = QComboBox()
        guard_wheel(made)
        made.setAccessibleName(name)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        made.setToolTip(name)
        for text, value in entries:
            made.addItem(text, value)
        made.setEnabled(len(entries) > 1)
        made.currentIndexChanged.connect(self._chosen)
        return made

    def _depths(self) -> list[tuple[str, object]]:
        own = self._painting.depth
        other = 8 if own == 16 else 16
        return [(self._kept(self.tr("{0} bit").format(own)), None), (self.tr("{0} bit").format(other), other)]

    def _colours(self) -> list[tuple[str, object]]:
        own: list[tuple[str, object]] = [(self._kept(self._painting.profile_name), None)]
        return own + ([("sRGB", True)] if Form(srgb=True).turns_colour(self._painting) else [])

    def _compressions(self) -> list[tuple[str, object]]:
        names = {
            Compression.NONE: self.tr("uncompressed"),
            Compression.LZW: "LZW",
            Compression.DEFLATE: "Deflate",
            Compression.ZSTD: "Zstandard",
        }
        own = self._painting.compression
        first = self._kept(own) if keeps_file(self._painting) else "Deflate"
        others = [(text, kind) for kind, text in names.items() if text != first]
        return [(first, None), *others]

    def _kept(self, text: str) -> str:
        return self.tr("{0} (unchanged)").format(text)

    def _chosen(self) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        """Say what the choice means before it is made good."""
        form = self.form
        converts = form.converts(self._painting)
        promise = self.tr(
            "All samples outside the fills stay identical to the scan. This is verified before the file"
            " is saved."
        )
        remedy = self.tr("Also keep a file in the scan’s own format as the record of the treatment.")
        notes = [core_sentence(note) for note in writing_notes(self._painting, form)]
        restyle(self.means, "warn" if converts else "small")
        self.means.setText(" ".join([*notes, remedy] if converts else [promise, *notes]))
