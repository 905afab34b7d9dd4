"""Several hypotheses about what a region has lost: made, compared side by side, and refined."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.commands import decide as deciding
from app.commands import restore as restoring
from app.context import Context
from app.selection import Compare
from imagest_core.project.rerun import refinement_of
from imagest_core.restoration.used_parameters import used_parameters
from imagest_core.restoration.validation import check_can_refine

COUNT = 4
"""Hypotheses that are made at a time: as many as the contact view shows."""

translate = QCoreApplication.translate


def make_hypotheses(context: Context) -> None:
    """Fill the region under review in several ways, then show them side by side.

    Prompt and style are those of the Restore panel. The results are marked as hypotheses.
    """
    document, selection = context.document, context.selection
    run = document.run(selection.run) if document and selection.region else None
    if document is None or run is None:
        return
    request = selection.request
    if "prompt" not in request.parameters.specs() or "seed" not in used_parameters(request):
        context.messages.warn(
            translate(
                "Hypotheses",
                "This engine makes no hypotheses: choose Stable Diffusion or another pipeline under Restore.",
            ),
            topic="hypotheses",
        )
        return
    context.messages.resolve("hypotheses")
    place = run.id, selection.region
    title = translate("Hypotheses", "Hypotheses of region {0}").format(selection.region)
    context.attempt(
        lambda: restoring.submit_region(context, title, COUNT, lambda: _compare(context, place)), "hypotheses"
    )


def _compare(context: Context, place: tuple[int, int]) -> None:
    """Show the new hypotheses side by side, unless another region is under review now."""
    selection = context.selection
    if (selection.run, selection.region) != place:
        return
    if selection.compare == Compare.CONTACT:
        deciding.leave_variations(context)
    deciding.compare_variations(context)


def refine_hypothesis(context: Context) -> None:
    """Fill the region of the hypothesis under review again, from its present fill at a partial strength.

    Prompt and style are those of the Restore panel. The result is a hypothesis again, and under review.
    """
    document, selection = context.document, context.selection
    run = document.run(selection.run) if document and selection.region else None
    if document is None or run is None:
        return
    if not run.hypothesis:
        context.messages.warn(
            translate("Hypotheses", "Only a hypothesis can be refined: make hypotheses and pick one first."),
            topic="hypotheses",
        )
        return
    context.messages.resolve("hypotheses")
    region, strength = selection.region, selection.refining_strength
    title = translate("Hypotheses", "Refining region {0} of result {1}").format(region, run.id)

    def submit() -> None:
        check_can_refine(selection.request)
        part = refinement_of(document.state, run, region)
        restoring.submit_refinement(context, part, strength, title, lambda: _show_refined(context, run.id))

    context.attempt(submit, "hypotheses")


def _show_refined(context: Context, refined: int) -> None:
    """Review the result that was made last, unless another one is under review now."""
    document, selection = context.document, context.selection
    if document is None or selection.run != refined:
        return
    if selection.compare == Compare.CONTACT:
        deciding.leave_variations(context)
    selection.run = max(document.state.runs)
    deciding.show_region(context, 1)
