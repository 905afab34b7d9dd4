"""Sending restorations to the worker, and taking their results in."""

from __future__ import annotations

import secrets
from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from app.context import Context
from app.document import OpenDocument
from app.jobs import Job
from app.selection import Compare, Tool
from imagest_core.damage import edits
from imagest_core.damage.map import DamageMap
from imagest_core.painting.geometry import Box
from imagest_core.progress import Progress
from imagest_core.project.operations.results import add_run
from imagest_core.project.run import Run
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference

translate = QCoreApplication.translate


def restore_all(context: Context) -> None:
    """Fill all damage."""
    if context.document is not None:
        _submit(context, context.document.state.damage.copy(), translate("Restoring", "Restoring everything"))


def restore_visible(context: Context) -> None:
    """Fill the damage that the canvas shows."""
    if context.document is not None:
        damage = edits.only(context.document.state.damage, box=context.selection.visible)
        _submit(context, damage, translate("Restoring", "Restoring the visible part"))


def restore_region(context: Context) -> None:
    """Fill again the region under review alone."""
    document, run = context.document, _reviewed(context)
    if document is not None and run is not None:
        box = run.region_box(context.selection.region)
        damage = edits.only(document.state.damage, box=box)
        _submit(
            context, damage, translate("Restoring", "Restoring region {0}").format(context.selection.region)
        )


def _reviewed(context: Context) -> Run | None:
    document = context.document
    return document.run(context.selection.run) if document and context.selection.region else None


def new_seed(context: Context) -> None:
    """Roll the dice."""
    context.selection.request = replace(context.selection.request, seed=secrets.randbelow(2**31))


def _submit(context: Context, damage: DamageMap, title: str) -> None:
    """One job for each variation that is asked for."""
    document = context.document
    if document is None:
        return
    if document.read_only:
        return context.messages.warn(document.read_only)
    if not context.selection.seed_locked:
        new_seed(context)
    style = document.state.style
    first, count = context.selection.request.variation, max(context.selection.variations, 1)
    for variation in range(first, first + count):
        request = replace(context.selection.request, variation=variation)
        named = title if count == 1 else f"{title} ({variation - first + 1}/{count})"
        context.jobs.submit(_job(context, document, damage, request, style, named))


def _job(
    context: Context,
    document: OpenDocument,
    damage: DamageMap,
    request: RestorationRequest,
    style: StyleReference,
    title: str,
) -> Job:
    def work(progress: Progress) -> tuple[Run, float]:
        return run_restoration(document, damage, request, style, progress)

    def done(made: tuple[Run, float]) -> None:
        if context.document is document:
            stage(context, *made)

    return Job(title, work, done)


def run_restoration(
    document: OpenDocument,
    damage: DamageMap,
    request: RestorationRequest,
    style: StyleReference,
    progress: Progress,
) -> tuple[Run, float]:
    """The run, not yet in the project and with no number, and the seconds it took; for the worker."""
    from imagest_core.project.collecting import run_of
    from imagest_core.restoration.restore import restore

    chosen = style if style.regions or style.donor else None
    result = restore(document.painting, damage, request, chosen, progress)
    return run_of(document.painting, result, 0), result.record.timings.total


def stage(context: Context, run: Run, seconds: float) -> None:
    """List a finished run and show it beside the original, the mask out of the way."""
    document, selection = context.document, context.selection
    if document is None:
        return
    numbered = replace(run, id=document.document.next_run)
    if not context.do(add_run(numbered)):
        return
    selection.run, selection.region = numbered.id, 0
    selection.tool = Tool.PAN
    if selection.compare == Compare.SINGLE:
        selection.compare = Compare.SIDE
    if context.settings.preferences.hide_mask_while_judging:
        selection.mask_visible = False
    context.settings.note_speed(run.engine, seconds / max(run.pixels, 1))
    sentence = translate(
        "Restoring", "{0} regions, {1} px filled in {2} s. Accept the result, or try another variation."
    )
    context.messages.say(sentence.format(f"{run.count:,}", f"{run.pixels:,}", f"{seconds:.1f}"))


def region_box(context: Context) -> Box | None:
    """The box of the region under review."""
    run = _reviewed(context)
    return None if run is None else run.region_box(context.selection.region)
