"""Step four: review the filled regions one by one."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QProgressBar, QWidget

from app.commands import decide as deciding
from app.commands import restore as restoring
from app.commands.hypotheses import make_hypotheses, refine_hypothesis
from app.commands.reject_part import start_rejecting
from app.context import Context
from app.document import OpenDocument
from app.i18n.run_texts import hypothesis_mark, study_mark
from app.selection import ToolName
from app.widgets.parts import Amount, Card, Panel, button, column, explain, form, label, row, tool_button
from imagest_core.project.operations.rejected_parts import rejected_pixels
from imagest_core.project.run import Run
from imagest_core.project.state import Subject, Verdict

NOTE_HEIGHT = 56


class ReviewPanel(Panel):
    """``summary_changed(str)``: title text."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.card = Card("", "")
        self.body = QWidget()
        self._build()
        self.column.addWidget(self.card)
        self.column.addWidget(self.body)
        self.column.addStretch(1)
        context.selection.result_changed.connect(self.refresh)
        self.setEnabled(False)

    def _build(self) -> None:
        layout, context = column(self.body), self.context
        self.counts, self.facts = label("", "soft", wrap=True), label("", "soft", wrap=True)
        self.region_label = label("", "heading")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Reviewed regions"))
        self.next = button(
            self.tr("Next unreviewed"),
            lambda: deciding.next_unreviewed(context),
            icon="next",
            tip=self.tr("Next unreviewed   N"),
        )
        back = tool_button("previous", self.tr("Previous region"), lambda: deciding.step_region(context, -1))
        on = tool_button("next", self.tr("Next region"), lambda: deciding.step_region(context, 1))
        layout.addWidget(self.counts)
        layout.addWidget(self.bar)
        layout.addWidget(self.next)
        self.compare = tool_button(
            "contact", self.tr("Compare variations   C"), lambda: deciding.compare_variations(context)
        )
        layout.addLayout(row(back, self.region_label, on, None, self.compare))
        layout.addWidget(self.facts)
        layout.addLayout(self._verdicts())
        layout.addLayout(self._part_row())
        self._build_refining()
        buttons = form()
        buttons.addWidget(self.hypotheses, 0, 0)
        buttons.addWidget(self.refine, 1, 0)
        layout.addLayout(buttons)
        layout.addWidget(self.strength)
        layout.addWidget(self._note())

    def _build_refining(self) -> None:
        """The buttons that make and refine hypotheses, and how far a fill may leave the present one."""
        context = self.context
        self.hypotheses = button(
            self.tr("Make hypotheses"),
            lambda: make_hypotheses(context),
            icon="dice",
            tip=self.tr(
                "Fill this region in four ways with the prompt and style under Restore, to compare   Shift+C"
            ),
            once=True,
        )
        self.refine = button(
            self.tr("Refine hypothesis"),
            lambda: refine_hypothesis(context),
            icon="restore",
            tip=self.tr(
                "Fill this region again from the hypothesis, with the prompt under Restore   Ctrl+Shift+C"
            ),
            once=True,
        )
        self.strength = Amount(
            self.tr("Strength"),
            *(0.05, 1.0, context.selection.refining_strength),
            step=0.05,
            tip=self.tr("How far the new fill may leave the hypothesis; 1 fills the region anew"),
        )
        self.strength.changed.connect(self._set_strength)

    def _set_strength(self, value: float) -> None:
        self.context.selection.refining_strength = value

    def _verdicts(self) -> QHBoxLayout:
        context = self.context
        self.accept = button(
            self.tr("Accept"),
            lambda: deciding.accept_region(context),
            icon="check",
            tip=self.tr("Accept   A"),
            once=True,
        )
        self.reject = button(
            self.tr("Reject"),
            lambda: deciding.reject_region(context),
            icon="close",
            tip=self.tr("Reject   D"),
            once=True,
        )
        return row(self.accept, self.reject)

    def _part_row(self) -> QHBoxLayout:
        """The tools that reject a part of the result, and the button that restores it again."""
        context = self.context
        self.reject_tools = {
            tool: tool_button(icon, text, partial(self._toggle_rejecting, tool), checkable=True)
            for tool, icon, text in (
                (ToolName.REJECT_BRUSH, "brush", self.tr("Reject a part with the brush   J")),
                (ToolName.REJECT_LASSO, "lasso", self.tr("Reject a part with the lasso   Shift+J")),
            )
        }
        self.restore_part = button(
            self.tr("Restore part again"),
            lambda: restoring.restore_part(context),
            icon="restore",
            tip=self.tr("Restore the rejected part again, with the rest as known paint   Ctrl+J"),
            once=True,
        )
        context.selection.tool_changed.connect(lambda _: self._check_tools())
        return row(
            label(self.tr("Reject part"), "soft"), *self.reject_tools.values(), None, self.restore_part
        )

    def _toggle_rejecting(self, tool: ToolName) -> None:
        if self.context.selection.tool == tool:
            self.context.selection.tool = ToolName.PAN
        else:
            start_rejecting(self.context, tool)
        self._check_tools()

    def _check_tools(self) -> None:
        for tool, each in self.reject_tools.items():
            each.setChecked(self.context.selection.tool == tool)

    def _note(self) -> QPlainTextEdit:
        self.note = QPlainTextEdit()
        self.note.setPlaceholderText(self.tr("Note on this region"))
        self.note.setAccessibleName(self.tr("Note"))
        self.note.setFixedHeight(NOTE_HEIGHT)
        self.note.setTabChangesFocus(True)
        self.note.installEventFilter(self)
        return self.note

    def eventFilter(self, watched: object, event: object) -> bool:  # noqa: N802
        """Save the note when its field loses focus."""
        from PySide6.QtCore import QEvent

        if watched is self.note and isinstance(event, QEvent) and event.type() == QEvent.Type.FocusOut:
            deciding.note_region(self.context, self.note.toPlainText())
        return False

    def bind(self, document: OpenDocument) -> None:
        """Connect to the runs and decisions of ``document``."""
        document.runs_changed.connect(self.refresh)
        document.decisions_changed.connect(lambda _: self.refresh())

    def update_access(self) -> None:
        """Also enable or disable the verdicts."""
        super().update_access()
        self.refresh()

    def refresh(self) -> None:
        """Show the progress of the current run and the region under review."""
        run = deciding.shown_run(self.context)
        self.card.setVisible(run is None)
        self.body.setVisible(run is not None)
        if run is None:
            self._show_card()
            self.summary_changed.emit("")
            return
        tally = deciding.tally(self.context, run)
        decided = run.count - tally[Verdict.UNDECIDED]
        self.bar.setRange(0, max(run.count, 1))
        self.bar.setValue(decided)
        text = self.tr("{0} accepted, {1} rejected, {2} to review")
        self.counts.setText(
            text.format(tally[Verdict.ACCEPTED], tally[Verdict.REJECTED], tally[Verdict.UNDECIDED])
        )
        assert self.document is not None
        self.rejected = rejected_pixels(self.document.state, run)
        self.restore_part.setEnabled(bool(self.rejected))
        left = run.count - decided
        self.summary_changed.emit(self.tr("%n to review", "", left) if left else self.tr("all reviewed"))
        self._show_region(run)

    def _show_card(self) -> None:
        """Say how to start, with results or without."""
        title = self.tr("Nothing to review yet")
        text = self.tr(
            "After a restoration you can accept or reject each filled region here, one after the other."
        )
        if self.document is not None and self.document.state.runs:
            title = self.tr("Choose a result")
            text = self.tr("Click a result below the picture to review its regions, one after the other.")
        self.card.title.setText(title)
        self.card.text.setText(text)

    def _show_region(self, run: Run) -> None:
        number = self.context.selection.region
        chosen = 1 <= number <= run.count
        for widget in (self.accept, self.reject, self.note, self.hypotheses):
            widget.setEnabled(chosen and not self.read_only)
            explain(widget, self.read_only)
        for part in (self.refine, self.strength):
            part.setEnabled(chosen and run.hypothesis and not self.read_only)
            explain(part, self.read_only)
        self.region_label.setText(self.tr("Region {0} of {1}").format(number, run.count) if chosen else "")
        if not chosen:
            decided = not deciding.unreviewed(self.context, run)
            self.facts.setText(
                self.tr("Every region is reviewed, here or in another result. The arrows show them again.")
                if decided
                else self.tr("Press “Next unreviewed” to start.")
            )
            self.note.clear()
            return
        assert self.document is not None
        area, box = int(run.regions[number - 1]["area"]), run.region_box(number)
        current = deciding.verdict(self.context, run, number)
        self.facts.setText(
            self.tr("{0} px · {1} × {2} px at {3}, {4} · {5}").format(
                f"{area:,}", box.width, box.height, box.x, box.y, self._verdict_text(current)
            )
            + self._rejected_text(number)
            + self._marks_text(run)
        )
        decision = self.document.state.decisions.get(Subject(run.id, number))
        if not self.note.hasFocus():
            self.note.setPlainText(decision.note if decision else "")

    def _rejected_text(self, number: int) -> str:
        pixels = self.rejected.get(number, 0)
        return " · " + self.tr("{0} px of it rejected").format(f"{pixels:,}") if pixels else ""

    def _marks_text(self, run: Run) -> str:
        return "".join(f" · {mark}" for mark in (hypothesis_mark(run), study_mark(run)) if mark)

    def _verdict_text(self, verdict: Verdict) -> str:
        texts = {
            Verdict.ACCEPTED: self.tr("accepted"),
            Verdict.REJECTED: self.tr("rejected"),
            Verdict.UNDECIDED: self.tr("to review"),
        }
        return texts[verdict]
