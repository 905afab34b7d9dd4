"""Studying the open painting: the plan, the training, and keeping what helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.document import OpenDocument
from app.i18n.core_messages import localized
from app.jobs.runner import Job
from app.messages import MessageAction
from imagest_core.models.studies import IMAGEST, STABLE_DIFFUSION
from imagest_core.progress import Progress
from imagest_core.restoration.request import RestorationRequest

if TYPE_CHECKING:
    from imagest_core.training.study import PaintingStudy, StudyOutcome

translate = QCoreApplication.translate
TOPIC = "study"


@dataclass(frozen=True, eq=False)
class PlannedStudy:
    """A study whose crops are read and whose plan is known."""

    document: OpenDocument
    request: RestorationRequest
    study: PaintingStudy


def plan_study(context: Context, planned: Callable[[PlannedStudy], None]) -> bool:
    """Plan a study with the model of the Restore panel as a job; ``planned`` gets it.

    Returns False if it can't be planned, which is explained.
    """
    document, request = context.document, context.selection.request
    if document is None:
        return False
    if document.read_only:
        context.messages.warn(document.read_only, topic="read-only")
        return False
    if "study" not in request.parameters.specs():
        context.messages.warn(
            translate(
                "Study",
                "This engine can't study a painting: choose Imagest or Stable Diffusion under Restore.",
            ),
            topic=TOPIC,
        )
        return False
    damage, painting = document.document.committed_state.damage.copy(), document.painting

    def work(progress: Progress) -> PaintingStudy:
        from imagest_core.training.study import PaintingStudy, load_task, options_for

        kind = IMAGEST if request.engine == IMAGEST else STABLE_DIFFUSION
        prompt = "" if kind == IMAGEST else str(request.get("prompt"))
        options = options_for(kind, prompt=prompt)
        loading = progress.part(0.0, 0.5, "loading the network")
        loading.set(0.0)
        task = load_task(request.engine, str(request.get("model")), request.device, 0, options, loading)
        return PaintingStudy(painting, damage, task, options, progress.part(0.5, 1.0))

    def done(study: PaintingStudy) -> None:
        if context.document is document:
            planned(PlannedStudy(document, request, study))

    context.jobs.submit(Job(translate("Study", "Planning a study"), work, done, topic=TOPIC))
    return True


def run_study(context: Context, planned: PlannedStudy) -> None:
    """Train as a job; a study that helps is kept with the project and offered to the next restoration."""
    document = planned.document

    def take(outcome: StudyOutcome) -> None:
        if context.document is not document:
            return
        sentence, study = localized(outcome.message), outcome.study
        if study is None:
            context.messages.warn(sentence, topic=TOPIC)
            return
        if context.attempt(lambda: document.document.keep_study(study), TOPIC):
            planned.study.finish()
            use = MessageAction(
                translate("Study", "Use it"), lambda: use_study(context, planned.request, study.sha256)
            )
            context.messages.say(sentence, action=use)

    def done(outcome: StudyOutcome) -> None:
        context.when_free(lambda: take(outcome))

    title = translate("Study", "Studying this painting")
    context.jobs.submit(Job(title, planned.study.run, done, topic=TOPIC))


def use_study(context: Context, made_for: RestorationRequest, sha256: str) -> None:
    """Let the next restoration use a study, with the engine and the model that it was made for."""
    request = context.selection.request
    if request.engine != made_for.engine:
        request = request.changed(engine=made_for.engine)
    context.selection.request = request.changed(model=made_for.get("model"), study=sha256)
