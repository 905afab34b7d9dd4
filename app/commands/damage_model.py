"""Read and write files of damage models in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.commands.learning import read_model
from app.context import Context
from app.jobs.runner import Job
from imagest_core.damage.detection.trained_model import TrainedModel, save_model
from imagest_core.damage.stored_model import StoredModel
from imagest_core.painting.outputs import FileKind, check_replaceable
from imagest_core.progress import Progress

translate = QCoreApplication.translate


def read(context: Context, path: Path, layers: int, use: Callable[[StoredModel], None]) -> None:
    """Read the model at ``path`` for a painting with ``layers`` registered pictures, then ``use`` it."""

    def work(progress: Progress) -> StoredModel:
        return read_model(path, layers)

    title = translate("DamageModel", "Reading the damage model")
    context.jobs.submit(Job(title, work, use, topic="damage-model"))


def write(context: Context, path: Path, model: Callable[[Progress], TrainedModel], painting: Path) -> None:
    """Write what ``model`` returns to ``path``; an existing file is replaced, but never the painting."""

    def work(progress: Progress) -> None:
        check_replaceable(path, FileKind.OTHER)
        save_model(model(progress), path, force=True, inputs=(painting,))

    def done(_: object) -> None:
        sentence = translate("DamageModel", "The damage model was saved as {0}.").format(path)
        context.messages.say(sentence, topic="damage-model")

    title = translate("DamageModel", "Saving the damage model")
    context.jobs.submit(Job(title, work, done, topic="damage-model"))
