"""What follows a finished restoration: a warning of its rims, and the time that it took."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.jobs.devices import CPU, CUDA
from app.jobs.estimate import OPENING, speed_key, work_of
from app.messages import MessageAction
from imagest_core.restoration.planning.window import Window
from imagest_core.restoration.record import RestorationRecord, named_regions

translate = QCoreApplication.translate


def warn_of_rim(context: Context, text: str, regions: Sequence[int], show: MessageAction) -> None:
    """Report a finished restoration and the regions around which ground or shadow still shows.

    ``show`` shows the result, like the button of a restoration without such regions.
    """
    remedy = translate(
        "Restoring",
        "Ground, shadow or a raised edge may still show around these regions: {0}. "
        "Clean the rim, then restore again.",
    )
    context.messages.warn(
        text,
        remedy.format(named_regions(regions)),
        action=MessageAction(translate("Restoring", "Clean rim"), context.rim_requested.emit),
        topic="rim",
        second=show,
    )


def note_time(context: Context, record: RestorationRecord) -> None:
    """Remember how long a restoration like this takes here; the first loading is kept by itself."""
    device = CPU if record.engine.facts.get("device", "CPU") == "CPU" else CUDA
    windows = (Window(0, facts.box, facts.scale) for facts in record.windows)
    work = max(work_of(windows, record.mask.dilated), 1)
    seconds = record.timings.seconds
    context.settings.note_speed(speed_key(record.request, device), seconds["filling"] / work)
    key = f"{OPENING}/{record.request.engine}/{device}"
    context.settings.note_speed(key, max(seconds["opening"], context.settings.speed(key) or 0.0))
