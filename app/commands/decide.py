"""What the conservator says to results: accept, reject, discard, the next one to look at."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.context import Context
from app.selection import Compare, DisplayedPicture
from imagest_core.errors import ProjectError
from imagest_core.messages import Message
from imagest_core.painting.geometry import Box
from imagest_core.project import variations
from imagest_core.project.operations import decisions
from imagest_core.project.operations.decisions import accepted_regions
from imagest_core.project.operations.results import remove_run
from imagest_core.project.run import Run
from imagest_core.project.state import State, Subject, Verdict
from imagest_core.project.storage.unpack import INVALID_DATA
from imagest_core.project.variations import Variation
from imagest_core.restoration.engines.registry import ENGINES

MARGIN = 0.75
"""Shown round a region under review, as a share of its size."""

translate = QCoreApplication.translate


def shown_run(context: Context) -> Run | None:
    """The run that is looked at, if there is one."""
    return context.document.run(context.selection.run) if context.document else None


def accept_run(context: Context) -> None:
    """Accept all of the run shown except what was rejected in it; its siblings are kept. Refuses hypotheses.

    If it restored a part of another result again, that result is accepted in the same place. Hypotheses that
    were accepted stay in their regions. The message says what stays and what is replaced.
    """
    run = shown_run(context)
    if run is None or context.document is None:
        return
    state = context.document.state
    left, held = len(variations.open_regions(state, run)), len(variations.hypothesis_regions(state, run))
    before = _accepted_elsewhere(state, run)
    if context.do(lambda state: variations.accept_run(state, run)):
        replaced = before - _accepted_elsewhere(state, run)
        context.messages.say(_said_of_accepted(left, held, replaced))


def _accepted_elsewhere(state: State, run: Run) -> int:
    """How many regions of other runs are accepted."""
    return sum(len(numbers) for other, numbers in accepted_regions(state).items() if other != run.id)


def _said_of_accepted(accepted: int, held: int, replaced: int) -> str:
    """The sentences on a result that was accepted."""
    first = QT_TRANSLATE_NOOP(
        "Deciding", "%n region(s) accepted. Export writes what is accepted into a copy of the scan."
    )
    second = QT_TRANSLATE_NOOP("Deciding", "In %n region(s) the hypothesis that you accepted stays.")
    third = QT_TRANSLATE_NOOP(
        "Deciding", "%n region(s) of other results are no longer accepted: they are replaced."
    )
    said = [
        (first, accepted),
        *((text, count) for text, count in ((second, held), (third, replaced)) if count),
    ]
    return " ".join(translate("Deciding", str(text), "", count) for text, count in said)


def reject_run(context: Context) -> None:
    """Reject all of the run shown."""
    run = shown_run(context)
    if run is not None and context.document is not None:
        context.do(decisions.reject(context.document.state, run, run.numbers))


def discard_run(context: Context) -> None:
    """Put the run shown away; undo brings it back."""
    run = shown_run(context)
    if run is not None and context.do(remove_run(run)):
        context.selection.run, context.selection.region = None, 0


def step_run(context: Context, by: int) -> None:
    """Look at the next or previous run."""
    if context.document is None or not context.document.state.runs:
        return
    numbers = sorted(context.document.state.runs)
    here = numbers.index(context.selection.run) if context.selection.run in numbers else -1 if by > 0 else 0
    look_at(context, numbers[(here + by) % len(numbers)])


def look_at(context: Context, number: int | None) -> None:
    """Show a run, or (None) the accepted fills; a single view then shows the restored picture."""
    selection = context.selection
    selection.run, selection.region = number, 0
    if selection.compare == Compare.SINGLE:
        selection.shown = DisplayedPicture.RESTORED
    uncover(context)


def uncover(context: Context) -> None:
    """Hide the mask, which would cover the fills, unless the user prefers to see it."""
    if context.settings.preferences.hide_mask_while_judging:
        context.selection.mask_visible = False


def rename_run(context: Context, name: str) -> None:
    """Give the run shown a name: the note on the whole of it."""
    run = shown_run(context)
    if run is not None and context.document is not None:
        context.do(decisions.annotate(context.document.state, Subject(run.id), name))


def copy_parameters(context: Context) -> None:
    """Take the request of the run shown into the restoration panel."""
    if (run := shown_run(context)) is not None:
        context.attempt(lambda: _take_parameters(context, run))


def _take_parameters(context: Context, run: Run) -> None:
    from imagest_core.restoration.record import RestorationRecord

    try:
        request = RestorationRecord.from_json(run.content.record()).request
    except INVALID_DATA as error:
        raise ProjectError(
            Message(
                "The record of result {number} can't be read: choose the settings yourself.", number=run.id
            )
        ) from error
    if request.engine not in ENGINES:
        raise ProjectError(
            Message(
                "Result {number} was made by the engine {engine}, which this version doesn't have:"
                " choose the settings yourself.",
                number=run.id,
                engine=request.engine,
            )
        )
    context.selection.request = request
    context.selection.variations, context.selection.seed_locked = 1, True


# Region by region


def verdict(context: Context, run: Run, number: int) -> Verdict:
    """What was said to a region of a run."""
    assert context.document is not None
    decision = context.document.state.decisions.get(Subject(run.id, number))
    return decision.verdict if decision else Verdict.UNDECIDED


def unreviewed(context: Context, run: Run) -> list[int]:
    """The undecided regions of a run of which no variation in another run is accepted."""
    assert context.document is not None
    state = context.document.state
    others = ((number, each) for number, each in accepted_regions(state).items() if number != run.id)
    shapes = [state.runs[number].regions["shape"][np.array(each) - 1] for number, each in others]
    decided = np.isin(run.regions["shape"], np.concatenate(shapes)) if shapes else np.zeros(run.count, bool)
    undecided = (number for number in run.numbers if verdict(context, run, number) is Verdict.UNDECIDED)
    return [number for number in undecided if not decided[number - 1]]


def show_region(context: Context, number: int) -> None:
    """Bring a region of the run shown into view."""
    if (run := shown_run(context)) is not None:
        context.selection.region = number
        uncover(context)
        box = run.region_box(number)
        context.selection.reveal.emit(box.expanded(round(MARGIN * max(box.width, box.height)) + 16))


def step_region(context: Context, by: int) -> None:
    """The next or previous region, whatever was said to it."""
    if (run := shown_run(context)) is not None and run.count:
        show_region(context, (context.selection.region - 1 + by) % run.count + 1)


def next_unreviewed(context: Context) -> None:
    """The next region that waits for a verdict."""
    if (run := shown_run(context)) is None:
        return
    left = unreviewed(context, run)
    if not left:
        context.selection.region = 0
        context.messages.say(translate("Deciding", "Every region of this result is reviewed."))
        return
    show_region(context, next((number for number in left if number > context.selection.region), left[0]))


def accept_region(context: Context) -> None:
    """Accept the region under review and continue."""
    _judge(context, Verdict.ACCEPTED)


def reject_region(context: Context) -> None:
    """Reject the region under review and continue."""
    _judge(context, Verdict.REJECTED)


def _judge(context: Context, said: Verdict) -> None:
    run, number = shown_run(context), context.selection.region
    if run is None or not number or context.document is None:
        return
    change = variations.accept_regions if said is Verdict.ACCEPTED else decisions.reject
    if context.do(lambda state: change(state, run, [number])):
        next_unreviewed(context)


# Variation by variation


def compare_variations(context: Context) -> None:
    """Show the variations of the region under review side by side, or return from there.

    Without a region under review, the one nearest to the centre of the view is taken.
    """
    document, selection = context.document, context.selection
    if document is None or not document.state.runs:
        return
    if selection.compare == Compare.CONTACT:
        leave_variations(context)
        return
    if selection.run not in document.state.runs:
        selection.run, selection.region = max(document.state.runs), 0
    if not selection.region:
        selection.region = _nearest_region(document.state.runs[selection.run], selection.visible)
    selection.compare = Compare.CONTACT


def _nearest_region(run: Run, visible: Box) -> int:
    rows = run.regions
    across = rows["x"] + rows["width"] / 2 - (visible.x + visible.width / 2)
    down = rows["y"] + rows["height"] / 2 - (visible.y + visible.height / 2)
    return int(np.argmin(across**2 + down**2)) + 1 if run.count else 0


def leave_variations(context: Context) -> None:
    """Show the original beside the restored picture again."""
    context.selection.compare = Compare.SIDE


def accept_variation(context: Context, variation: Variation) -> None:
    """Accept a variation of a region in place of the others, as one step of the history."""
    if context.document is None:
        return
    operation = variations.accept_variation(context.document.state, variation)
    if operation is not None:
        context.do(operation)


def note_region(context: Context, note: str) -> None:
    """A note on the region under review."""
    run = shown_run(context)
    if run is not None and context.document is not None and context.selection.region:
        subject = Subject(run.id, context.selection.region)
        known = context.document.state.decisions.get(subject)
        if note != (known.note if known else ""):
            context.do(decisions.annotate(context.document.state, subject, note))


def tally(context: Context, run: Run) -> dict[Verdict, int]:
    """How many regions of a run were accepted, rejected, or wait."""
    assert context.document is not None
    counts = dict.fromkeys(Verdict, 0)
    for subject, decision in context.document.state.decisions.items():
        if subject.run == run.id and subject.region:
            counts[decision.verdict] += 1
    counts[Verdict.UNDECIDED] = run.count - counts[Verdict.ACCEPTED] - counts[Verdict.REJECTED]
    return counts


def verdicts(context: Context, run: Run) -> Iterable[tuple[int, Verdict]]:
    """Region by region."""
    return ((number, verdict(context, run, number)) for number in run.numbers)
