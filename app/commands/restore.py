"""Sending restorations to the worker, and taking their results in."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.commands import restored
from app.commands.decide import uncover
from app.commands.marking import show_filled
from app.context import Context
from app.document import OpenDocument
from app.jobs.live_fill import live_fill
from app.jobs.runner import Job
from app.messages import MessageAction
from app.selection import Compare, ToolName
from imagest_core.damage import edits
from imagest_core.damage.map import DamageMap
from imagest_core.damage.rim import CleanedRim
from imagest_core.errors import InputError
from imagest_core.painting.reader import Painting
from imagest_core.progress import Progress
from imagest_core.project.operations.rejected_parts import rejected_pixels
from imagest_core.project.operations.results import add_run
from imagest_core.project.rerun import RunPart, damage_of_region, part_of_region, rejected_part_of
from imagest_core.project.run import Run
from imagest_core.restoration.planning.window import Preview
from imagest_core.restoration.record import RestorationRecord
from imagest_core.restoration.request import RestorationRequest
from imagest_core.restoration.used_parameters import used_parameters
from imagest_core.style.reference import StyleReference

translate = QCoreApplication.translate

Part = Callable[[DamageMap], DamageMap]
"""From all damage to what is to be filled of it; called in the worker."""


@dataclass(frozen=True, eq=False)
class RestoreJob:
    """A restoration as it was asked for: nothing in it changes while it waits or runs."""

    painting: Painting
    damage: DamageMap
    part: Part
    request: RestorationRequest
    style: StyleReference | None
    """The user's, or the one that is shown as the program's; None where neither is there yet."""
    unstyled: bool = False
    """The user wants no style reference at all."""
    operator: str = ""
    sha256: str = ""
    """Of the scan's bytes, as the project knows them."""
    rerun: RunPart | None = None
    """The part of a result to restore again, instead of ``part`` of the damage."""
    rim: CleanedRim | None = None
    """The rim that was added to the damage, as far as it is still marked."""
    hypothesis: bool = False
    """The result is a hypothesis, and recorded as such."""


@dataclass(frozen=True, eq=False)
class RestoreOutcome:
    """The run, kept but not listed yet, and the record of how it came about."""

    run: Run
    record: RestorationRecord


def restore_all(context: Context) -> None:
    """Fill all damage, or that within the selection."""
    title = translate("Restoring", "Restoring everything")
    if context.selection.within is not None:
        title = translate("Restoring", "Restoring the selection")
    _submit(context, lambda damage: damage, title, limited=True)


def restore_visible(context: Context) -> None:
    """Fill the damage that the canvas shows, within the selection if there is one."""
    visible = context.selection.visible
    _submit(
        context,
        lambda damage: edits.extracted(damage, box=visible),
        translate("Restoring", "Restoring the visible part"),
        limited=True,
    )


def restore_region(context: Context) -> None:
    """Fill the region under review again; the part of another result from the same surroundings."""
    number = context.selection.region
    submit_region(context, translate("Restoring", "Restoring region {0}").format(number))


def submit_region(
    context: Context, title: str, hypotheses: int = 0, finished: Callable[[], object] | None = None
) -> None:
    """Fill the region under review again, as so many ``hypotheses`` unless that is 0.

    ``finished`` is called after the last result is listed.
    """
    document, number = context.document, context.selection.region
    run = document.run(context.selection.run) if document and number else None
    if document is None or run is None:
        return
    if run.base:
        rerun = part_of_region(document.state, run, number)
        _submit(context, lambda damage: damage, title, rerun, hypotheses, finished)
        return
    dilation = context.selection.request.dilation
    _submit(
        context,
        lambda damage: damage_of_region(damage, run, number, dilation),
        title,
        hypotheses=hypotheses,
        finished=finished,
    )


def restore_part(context: Context) -> None:
    """Restore the rejected part of the region under review again, or that of the whole result.

    The latter if no region is under review, or nothing of it is rejected. The accepted fills and the rest of
    the result are known paint for it.
    """
    document, selection = context.document, context.selection
    run = document.run(selection.run) if document else None
    if document is None or run is None:
        return
    try:
        rejected = rejected_pixels(document.state, run)
        region = selection.region if selection.region in rejected else 0
        rerun = rejected_part_of(document.state, run, region)
    except InputError as error:
        context.messages.fail(error, "restore")
        return
    _submit_part(context, rerun, translate("Restoring", "Restoring a part of result {0}").format(run.id))


def _submit_part(context: Context, rerun: RunPart, title: str) -> None:
    _submit(context, lambda damage: damage, title, rerun)


def new_seed(context: Context) -> None:
    """Roll the dice."""
    context.selection.request = context.selection.request.changed(seed=secrets.randbelow(2**31), variation=0)


def submit_refinement(
    context: Context, part: RunPart, strength: float, title: str, finished: Callable[[], object]
) -> None:
    """Fill ``part`` of a hypothesis again from its present fill; ``finished`` is called at the end."""
    _submit(context, lambda damage: damage, title, part, finished=finished, strength=strength)


def _submit(
    context: Context,
    part: Part,
    title: str,
    rerun: RunPart | None = None,
    hypotheses: int = 0,
    finished: Callable[[], object] | None = None,
    strength: float | None = None,
    *,
    limited: bool = False,
) -> None:
    """One job for each variation, or hypothesis; what continues or refines a hypothesis is one, too.

    ``strength`` replaces that of the request. A ``limited`` restoration fills within the selection only, if
    there is one.
    """
    document = context.document
    if document is None:
        return
    if document.read_only:
        return context.messages.warn(document.read_only, topic="read-only")
    random = "seed" in used_parameters(context.selection.request)
    if random and not context.selection.seed_locked:
        new_seed(context)
    show_filled(context)
    request, batch = context.selection.request, object()
    if strength is not None:
        request = request.changed(strength=strength)
    if (rerun is not None or hypotheses) and random:
        request = request.changed(variation=_unused_variation(document, request))
    if limited:
        request = replace(request, within=context.selection.within)
    wanted = 1 if strength is not None else hypotheses or context.selection.variations
    number = max(wanted, 1) if random else 1
    asked = _asked(context, document, part, rerun)
    asked = replace(asked, hypothesis=bool(hypotheses) or _continues_hypothesis(document, rerun))
    for index in range(number):
        varied = replace(asked, request=request.changed(variation=request.variation + index))
        named = title if number == 1 else f"{title} ({index + 1}/{number})"
        last = finished if index == number - 1 else None
        context.jobs.submit(_job(context, document, varied, named, batch, last))


def _asked(context: Context, document: OpenDocument, part: Part, rerun: RunPart | None) -> RestoreJob:
    """The restoration with the current request, damage and style."""
    style = style_wanted(context, document)
    damage = document.document.committed_state.damage.copy()
    return RestoreJob(
        document.painting,
        damage,
        part,
        context.selection.request,
        style,
        style is None and context.selection.style_declined,
        document.state.operator,
        document.state.painting.sha256,
        rerun,
        _rim_in(document.cleaned_rim, damage),
    )


def _rim_in(rim: CleanedRim | None, damage: DamageMap) -> CleanedRim | None:
    """Return ``rim`` if it is still part of ``damage``; undone or erased it isn't."""
    if rim is None or damage.within(rim.added).count() < rim.pixels:
        return None
    return rim


def _continues_hypothesis(document: OpenDocument, rerun: RunPart | None) -> bool:
    if rerun is None:
        return False
    if rerun.start is not None:
        return True
    run = document.run(rerun.run)
    return run is not None and run.hypothesis


def _unused_variation(document: OpenDocument, request: RestorationRequest) -> int:
    """Return the first variation from that of ``request`` that no result of its seed and engine has."""
    runs = document.state.runs.values()
    used = {run.variation for run in runs if (run.engine, run.seed) == (request.engine, request.seed)}
    return next(number for number in count(request.variation) if number not in used)


def style_wanted(context: Context, document: OpenDocument) -> StyleReference | None:
    """The user's reference, else the suggestion that is shown; None where it is still being looked for."""
    chosen, shown = document.state.style, context.selection.style_taken
    if chosen.regions or chosen.donor:
        return chosen
    return StyleReference(shown, suggested=True) if shown else None


def _job(
    context: Context,
    document: OpenDocument,
    asked: RestoreJob,
    title: str,
    batch: object,
    finished: Callable[[], object] | None = None,
) -> Job:
    def take(made: RestoreOutcome) -> None:
        if context.document is document:
            stage(context, made)
            if finished is not None:
                finished()

    def done(made: RestoreOutcome) -> None:
        context.when_free(lambda: take(made))

    def work(progress: Progress) -> RestoreOutcome:
        return kept(document, run_restoration(asked, progress), progress)

    return Job(title, work, done, batch=batch, topic="restore")


def run_restoration(asked: RestoreJob, progress: Progress) -> RestoreOutcome:
    """Restore; for the worker."""
    from imagest_core.project.rerun import restore_part as rerun_part
    from imagest_core.project.run_builder import run_of
    from imagest_core.restoration.api import restore
    from imagest_core.restoration.fill_mask import damage_to_fill

    planning = progress.part(0.0, 0.0, "planning")
    planning.set(0.0)
    asked.painting.check_unchanged(asked.sha256)
    rerun, request = asked.rerun, asked.request
    damage = asked.part(asked.damage) if rerun is None else rerun.mask
    protected = asked.damage.protected()
    shown = damage_to_fill(asked.painting.box, damage, request.within, protected)
    _show_live_fills(progress, shown, request.dilation if rerun is None else 0)
    style = None if asked.unstyled else _style(asked, planning)
    filling = progress.part(0.0, 1.0, "filling")
    if rerun is None:
        result = restore(
            asked.painting,
            damage,
            request,
            style,
            filling,
            operator=asked.operator,
            rim=asked.rim,
            protected=protected,
        )
    else:
        result = rerun_part(
            asked.painting, rerun, request, style, filling, operator=asked.operator, protected=protected
        )
    result = replace(result, record=replace(result.record, hypothesis=asked.hypothesis))
    return RestoreOutcome(run_of(asked.painting, result, 0, progress), result.record)


def _show_live_fills(progress: Progress, damage: DamageMap, dilation: int) -> None:
    """Let the previews of ``progress`` show each fill within the dilated damage."""
    emit = progress.preview

    def preview(fill: object) -> None:
        if isinstance(fill, Preview):
            emit(live_fill(fill, damage, dilation))

    progress.preview = preview


def _style(asked: RestoreJob, planning: Progress) -> StyleReference | None:
    from imagest_core.restoration.style_selection import checked_style

    painting, damage, request = asked.painting, asked.damage, asked.request
    return checked_style(painting, damage, request, asked.style, trim=True, progress=planning)


def kept(document: OpenDocument, made: RestoreOutcome, progress: Progress) -> RestoreOutcome:
    """Write a run's samples into the project, for the worker: the window only lists it then.

    With the first one it is also kept what the scan is, should another program rewrite it.
    """
    document.document.record_fingerprint(document.painting, progress)
    return replace(made, run=document.document.store_run(made.run, progress))


def stage(context: Context, made: RestoreOutcome) -> None:
    """List a finished run and announce it; tool, mask, view and the region under review stay."""
    document, selection = context.document, context.selection
    if document is None:
        return
    run = made.run
    if not context.do(add_run(run)):
        return
    if not selection.region:
        selection.run = run.id
    restored.note_time(context, made.record)
    sentence = (
        translate("Restoring", "Hypothesis made: {0} px in {1} s. Compare it with the others.")
        if run.hypothesis
        else _restored_sentence(run)
    )
    seconds = made.record.timings.total
    text = sentence.format(f"{run.pixels:,}", f"{seconds:.1f}")
    show = MessageAction(translate("Restoring", "Show"), lambda: show_result(context, run.id))
    if made.record.rim is not None and made.record.rim.remaining:
        restored.warn_of_rim(context, text, made.record.rim.remaining, show)
    else:
        context.messages.say(text, action=show)


def _restored_sentence(run: Run) -> str:
    text = QT_TRANSLATE_NOOP(
        "Restoring", "Restored: %n region(s), {0} px in {1} s. Accept the result, or try another variation."
    )
    return translate("Restoring", str(text), "", run.count)


def show_result(context: Context, number: int | None = None) -> None:
    """Show a result, by default the selected or the latest one, beside the original without the mask."""
    document, selection = context.document, context.selection
    if document is None or not document.state.runs:
        return
    if number is None:
        number = selection.run
    if number not in document.state.runs:
        number = max(document.state.runs)
    if number != selection.run:
        selection.run, selection.region = number, 0
    selection.tool = ToolName.PAN
    if selection.compare == Compare.SINGLE:
        selection.compare = Compare.SIDE
    uncover(context)
