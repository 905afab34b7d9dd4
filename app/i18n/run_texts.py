"""What distinguishes results, as text: mode, engine, seed, variation, time."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.i18n.parameter_texts import parameter_text
from imagest_core.project.run import Run
from imagest_core.restoration.modes import Mode

translate = QCoreApplication.translate

_MODES: dict[str, str] = {Mode.FAITHFUL: "Faithful", Mode.TEXTURED: "Textured"}


def mode_name(mode: str) -> str:
    """The mode in the language of the window; "" for engines that have only one."""
    return parameter_text(_MODES.get(mode, ""))


def run_kind(run: Run) -> str:
    """Whether a result is a hypothesis, which narrow labels don't cut off; its mode and engine."""
    return " · ".join(filter(None, (hypothesis_mark(run), run_method(run))))


def run_method(run: Run) -> str:
    """Mode and engine of a result."""
    return " · ".join(filter(None, (mode_name(run.mode), run.engine)))


def hypothesis_mark(run: Run) -> str:
    """The word that marks a hypothesis; "" for other results."""
    return translate("Runs", "hypothesis") if run.hypothesis else ""


def study_mark(run: Run) -> str:
    """Say that a result used a study of the painting; "" for other results."""
    return (
        translate("Runs", "with a study of this painting ({0}…)").format(run.study[:8]) if run.study else ""
    )


def run_seed(run: Run) -> str:
    """Seed and variation of a result; "" if its fill doesn't depend on them."""
    if not run.random:
        return ""
    return translate("Runs", "seed {0}, variation {1}").format(run.seed, run.variation)


def run_details(run: Run) -> str:
    """Seed, variation and time of a result."""
    return " · ".join(filter(None, (run_seed(run), run_time(run))))


def run_time(run: Run) -> str:
    """The time of a result in the notation of the system; the day only if it is not today."""
    try:
        moment = datetime.fromisoformat(run.time).astimezone()
    except ValueError:
        return run.time
    local, today = QDateTime.fromSecsSinceEpoch(int(moment.timestamp())), datetime.now().date()
    locale = QLocale()
    clock = locale.toString(local.time(), QLocale.FormatType.ShortFormat)
    if moment.date() == today:
        return clock
    return f"{locale.toString(local.date(), QLocale.FormatType.ShortFormat)} {clock}"
