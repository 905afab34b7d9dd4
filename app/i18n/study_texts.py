"""Names of studies and their plans, as text in the language of the window."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.i18n.durations import duration
from imagest_core.printable import size_text
from imagest_core.project.storage.study_table import KeptStudy

if TYPE_CHECKING:
    from imagest_core.training.study import StudyPlan

translate = QCoreApplication.translate


def study_name(kept: KeptStudy) -> str:
    """The number of a study, its steps, by how much its error fell, and its time."""
    facts = kept.study.facts
    text = translate("Study", "Study {0} · {1} steps · error −{2} %")
    named = text.format(kept.id, f"{facts.steps:,}", f"{facts.improvement * 100:.1f}")
    return f"{named} · {_moment(kept.time)}"


def _moment(time: str) -> str:
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return time
    local = QDateTime.fromSecsSinceEpoch(int(moment.timestamp()))
    return QLocale().toString(local, QLocale.FormatType.ShortFormat)


def plan_text(plan: StudyPlan) -> str:
    """What a study will take."""
    text = translate(
        "Study", "{0} parts to study, {1} to test with; {2} steps take about {3} here, and {4} of memory."
    )
    places = plan.places
    sizes = f"{len(places.training):,}", f"{len(places.held_out):,}", f"{plan.steps:,}"
    return text.format(*sizes, duration(plan.seconds), size_text(plan.memory))
