"""Longer texts for a prompt, proposed by a language model; the user edits one before it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QListWidget, QPlainTextEdit, QPushButton, QWidget

from app.jobs.runner import Background, Ticket
from app.messages import explained
from app.widgets.parts import button, column, label, restyle, row
from app.widgets.placement import Dialog
from imagest_core.extras import missing_modules
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import InstalledModel, installed_models
from imagest_core.progress import Progress

COUNT = 3
"""Texts that are proposed at a time."""
WIDTH = 520

translate = QCoreApplication.translate


def expanding_models() -> tuple[list[InstalledModel], str]:
    """Return the language models that can be used now, and why there is none, as a sentence."""
    kinds = (ModelKind.LANGUAGE_MODEL,)
    models = [model for model in installed_models(kinds=kinds) if not model.missing]
    if missing_modules("diffusion"):
        text = translate("PromptProposals", "The language model needs packages that are not installed: {0}")
        return [], text.format(", ".join(missing_modules("diffusion")))
    if not models:
        return [], translate(
            "PromptProposals",
            "To expand prompts, add a language model, such as a folder of GPT-2, under Models.",
        )
    return models, ""


class PromptProposals(Dialog):
    """Lists proposals; ``use(str)`` is called with the edited text only if the user chooses to use it."""

    help_page = "restore#engines"

    def __init__(
        self,
        background: Background,
        models: Sequence[InstalledModel],
        prompt: str,
        use: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Expand the prompt"))
        self._background, self._prompt, self._use = background, prompt, use
        self._seed, self._ticket = 0, Ticket()
        self.model = QComboBox()
        self.model.setAccessibleName(self.tr("Language model"))
        for each in models:
            self.model.addItem(each.title or each.name, each.name)
        self.model.activated.connect(lambda _: self._start_again())
        self.proposals = QListWidget()
        self.proposals.setAccessibleName(self.tr("Proposals"))
        self.proposals.setWordWrap(True)
        self.proposals.currentTextChanged.connect(self._edit)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(self.tr("Text to use"))
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(4 * self.text.fontMetrics().lineSpacing() + 14)
        self.text.textChanged.connect(self._enable)
        self.message = label("", "soft", wrap=True)
        self._build()
        self.finished.connect(lambda _: self._ticket.cancel())
        self._propose()

    def _build(self) -> None:
        self.more: QPushButton = button(self.tr("Propose others"), self._propose, icon="dice")
        self.accept_text: QPushButton = button(self.tr("Use this text"), self._accept, icon="accept")
        cancel = button(self.tr("Cancel"), self.reject)
        inside = column(self, margin=12, spacing=8)
        inside.addLayout(row(label(self.tr("Language model")), self.model, None))
        inside.addWidget(self.proposals, 1)
        inside.addWidget(label(self.tr("Text to use; change it as you like")))
        inside.addWidget(self.text)
        inside.addWidget(self.message)
        inside.addLayout(row(self.more, None, self.accept_text, cancel))
        self.setMinimumWidth(WIDTH)
        self._enable()

    def _start_again(self) -> None:
        """Propose with another model, from the first seed."""
        self._seed = 0
        with QSignalBlocker(self.proposals):
            self.proposals.clear()
        self._propose()

    def _propose(self) -> None:
        """Compute the next proposals in the background."""
        self._ticket.cancel()
        name, prompt, seed = str(self.model.currentData()), self._prompt, self._seed
        started: list[Ticket] = []

        def work() -> list[str]:
            from imagest_core.models.language import expand, find_language_model, load_language_model

            progress = Progress(cancelled=lambda: bool(started) and started[0].cancelled)
            loaded = load_language_model(find_language_model(name), progress)
            return expand(loaded, prompt, seed, COUNT, progress=progress)

        self._seed += COUNT
        self.more.setEnabled(False)
        self._say(self.tr("The language model is writing…"))
        self._ticket = self._background.submit(work, self._show, self._fail, priority=5)
        started.append(self._ticket)

    def _show(self, texts: list[str]) -> None:
        self.more.setEnabled(True)
        self._say(self.tr("The proposals are invented. Keep only what you know to be true of the painting."))
        first = self.proposals.count()
        self.proposals.addItems(texts)
        self.proposals.setCurrentRow(first)

    def _fail(self, error: Exception) -> None:
        self.more.setEnabled(True)
        self._say(explained(error)[0], "bad")

    def _say(self, sentence: str, kind: str = "soft") -> None:
        self.message.setText(sentence)
        restyle(self.message, kind)

    def _edit(self, proposal: str) -> None:
        self.text.setPlainText(proposal)

    def _enable(self) -> None:
        self.accept_text.setEnabled(bool(self.text.toPlainText().strip()))

    def _accept(self) -> None:
        self._use(" ".join(self.text.toPlainText().split()))
        self.accept()
