"""The part of the Style panel that studies this painting."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.commands.study import PlannedStudy, plan_study, run_study
from app.context import Context
from app.document import OpenDocument
from app.i18n.study_texts import plan_text, study_name
from app.widgets.parts import button, column, label, row, rule


class StudySection(QWidget):
    """A button that plans a study, then its plan with a button that starts it, and the kept studies."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._planned: PlannedStudy | None = None
        self.begin = button(
            self.tr("Study this painting"),
            self._plan,
            icon="suggest",
            tip=self.tr("Adapt the model of the Restore panel to the intact parts of this painting"),
            once=True,
        )
        self.plan = label("", "soft", wrap=True)
        self.start = button(self.tr("Start"), self._start, icon="play", once=True)
        self.decline = button(self.tr("Not now"), self._forget)
        self.kept = label("", "soft", wrap=True)
        self._planned_part = QWidget()
        inside = column(self._planned_part)
        inside.addWidget(self.plan)
        inside.addLayout(row(self.start, self.decline, None))
        layout = column(self)
        layout.addWidget(rule())
        layout.addLayout(row(self.begin, None))
        layout.addWidget(self._planned_part)
        layout.addWidget(self.kept)
        context.document_changed.connect(lambda _: self._forget())
        context.selection.request_changed.connect(lambda _: self._forget())
        self._show()

    def bind(self, document: OpenDocument) -> None:
        """Follow the studies and the damage of ``document``."""
        document.studies_changed.connect(self._show)
        document.damage_changed.connect(lambda _: self._forget())
        self._show()

    def _plan(self) -> None:
        self._forget()
        plan_study(self._context, self._show_plan)

    def _show_plan(self, planned: PlannedStudy) -> None:
        self._planned = planned
        self._show()
        self.start.setFocus()

    def _start(self) -> None:
        planned = self._planned
        self._forget()
        if planned is not None:
            run_study(self._context, planned)

    def _forget(self) -> None:
        """Drop a plan, which holds for one model and one state of the damage."""
        self._planned = None
        self._show()

    def _show(self) -> None:
        document = self._context.document
        self._planned_part.setVisible(self._planned is not None)
        self.begin.setEnabled(document is not None and self._planned is None)
        if self._planned is not None:
            self.plan.setText(plan_text(self._planned.study.plan))
        studies = document.document.studies if document is not None else []
        names = "\n".join(study_name(kept) for kept in studies)
        self.kept.setText(self.tr("Kept with the project; choose one under Restore:") + "\n" + names)
        self.kept.setVisible(bool(studies))
