"""Read what can be read of a damaged project into a new one, and open that."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.commands.open import open_path
from app.context import Context
from app.document import PROJECT_SUFFIX
from app.jobs.call_later import call_later
from app.jobs.runner import Job
from app.messages import MessageAction
from imagest_core.progress import Progress

if TYPE_CHECKING:
    from imagest_core.project.recovery.rescue import RescueReport

TOPIC = "rescue"

translate = QCoreApplication.translate


def rescue_action(context: Context, project: Path | None) -> MessageAction | None:
    """The button of a message on a damaged ``project``, None for the open one; None if that has no file."""
    if project is None and context.document is not None:
        project = context.document.document.path
    if project is None:
        return None
    damaged = project
    return MessageAction(translate("Rescue", "Rescue into a new file"), lambda: rescue(context, damaged))


def rescue(context: Context, damaged: Path) -> None:
    """Rescue ``damaged`` in the worker thread, then open the new project; the damaged one is not changed."""

    def work(_: Progress) -> tuple[Path, RescueReport]:
        from imagest_core.project.recovery.rescue import rescue as rescued

        out = free_path(damaged)
        return out, rescued(damaged, out)

    def done(result: tuple[Path, RescueReport]) -> None:
        out, report = result
        call_later(context, lambda: open_path(context, out, then=lambda: _say(context, damaged, out, report)))

    title = translate("Rescue", "Rescuing {0}").format(damaged.name)
    context.jobs.submit(Job(title, work, done, topic=TOPIC))


def free_path(damaged: Path) -> Path:
    """The name of the rescued project, beside the damaged one; no file has it."""
    stem = f"{damaged.stem}-rescued"
    numbered = (stem if number == 1 else f"{stem}-{number}" for number in itertools.count(1))
    paths = (damaged.with_name(f"{name}{PROJECT_SUFFIX}") for name in numbered)
    return next(path for path in paths if not path.exists())


def _say(context: Context, damaged: Path, out: Path, report: RescueReport) -> None:
    text = translate("Rescue", "What can be read of {0} is now in {1}. The damaged file is unchanged.")
    sentence, lost = text.format(damaged.name, out), len(report.lost)
    if not lost:
        return context.messages.say(sentence, topic=TOPIC)
    losses = translate("Rescue", "%n part(s) are lost; Copy diagnostics lists them.", "", lost)
    return context.messages.warn(sentence, losses, "\n".join(report.lost), topic=TOPIC)
