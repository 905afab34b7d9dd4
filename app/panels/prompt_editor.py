"""A field for a prompt with the texts used before, proposals, and a note on letters that aren't read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QToolButton, QWidget

from app import theme
from app.i18n.parameter_texts import parameter_text
from app.jobs.runner import Background
from app.panels.prompt_proposals import PromptProposals, expanding_models
from app.settings import Settings
from app.widgets.parts import button, column, explain, label, row
from imagest_core.models.stable_diffusion.prompts import unread_letters
from imagest_core.restoration.parameters import Spec

LINES = 3
LONGEST_ENTRY = 60
"""Characters of a text in the menu."""


class PromptField(QPlainTextEdit):
    """A few lines of plain text; Enter without Shift ends the input, Tab moves on."""

    def __init__(self, finished: Callable[[], None]) -> None:
        super().__init__()
        self._finished = finished
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFixedHeight(LINES * self.fontMetrics().lineSpacing() + 14)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """The input is finished."""
        super().focusOutEvent(event)
        self._finished()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Finish the input on Enter."""
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            self._finished()
        else:
            super().keyPressEvent(event)


class PromptEditor(QWidget):
    """Shows and changes one text parameter."""

    def __init__(
        self,
        spec: Spec,
        changed: Callable[[str], None],
        settings: Settings | None,
        background: Background | None = None,
    ) -> None:
        super().__init__()
        self._background = background
        self._spec, self._changed, self._settings = spec, changed, settings
        self._value = ""
        self.field = PromptField(self._finish)
        self.field.setPlaceholderText(parameter_text(spec.help))
        self.field.setAccessibleName(parameter_text(spec.label))
        self.note = label("", "small", wrap=True)
        self.note.setVisible(False)
        self.history = QToolButton()
        theme.set_icon(self.history, "history")
        self.history.setToolTip(self.tr("Texts used before"))
        self.history.setAccessibleName(self.tr("Texts used before"))
        self.history.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.history)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.history.setMenu(self.menu)
        inside = column(self)
        inside.setSpacing(2)
        across = row(self.field, self.history)
        across.setStretch(0, 1)
        inside.addLayout(across)
        inside.addWidget(self.note)
        self.expand = button(
            self.tr("Expand…"), self._expand, tip=self.tr("Propose longer texts to choose from")
        )
        inside.addLayout(row(None, self.expand))
        self.expand.setVisible(background is not None and spec.name == "prompt")
        self.field.textChanged.connect(self._show_note)
        self.setFocusProxy(self.field)
        self.setToolTip(parameter_text(spec.help))

    def show_value(self, value: str) -> None:
        """Show ``value``, unless the user is typing another."""
        self._value = value
        self._check_models()
        if not self.field.hasFocus() and value != self.field.toPlainText():
            self.field.setPlainText(value)

    def _finish(self) -> None:
        text = " ".join(self.field.toPlainText().split())
        if text == self._value:
            return
        self._value = text
        if self._settings is not None:
            self._settings.remember_prompt(self._spec.name, text)
        self._changed(text)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._check_models()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        super().enterEvent(event)
        self._check_models()

    def _check_models(self) -> None:
        """Enable the button if there is a language model, which may have been added meanwhile."""
        if self._background is None or self._spec.name != "prompt":
            return
        models, reason = expanding_models()
        self.expand.setEnabled(bool(models))
        explain(self.expand, reason)

    def _expand(self) -> None:
        models, _ = expanding_models()
        if self._background is None or not models:
            return
        text = self.field.toPlainText()
        proposals = PromptProposals(self._background, models, text, self._use_proposal, self)
        proposals.open()

    def _use_proposal(self, text: str) -> None:
        self._choose(text)
        self.field.setFocus()

    def _show_note(self) -> None:
        letters = unread_letters(self.field.toPlainText())
        text = self.tr("The model reads English; it hardly knows {0}").format(letters[:12]) if letters else ""
        self.note.setText(text)
        self.note.setVisible(bool(letters))

    def _fill_menu(self) -> None:
        self.menu.clear()
        texts = self._settings.prompts(self._spec.name) if self._settings is not None else []
        for text in texts:
            short = text if len(text) <= LONGEST_ENTRY else text[: LONGEST_ENTRY - 1] + "…"
            self.menu.addAction(short.replace("&", "&&")).triggered.connect(
                lambda _=False, chosen=text: self._choose(chosen)
            )
        if not texts:
            self.menu.addAction(self.tr("None yet")).setEnabled(False)

    def _choose(self, text: str) -> None:
        self.field.setPlainText(text)
        self._finish()
