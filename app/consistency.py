"""References of the selection to the document: each names something that exists, also after undo."""

from __future__ import annotations

from dataclasses import replace

from app.selection import Selection
from imagest_core.damage.classes import DamageClass
from imagest_core.project.state import State


def reconcile(selection: Selection, state: State | None) -> None:
    """Let go of everything ``selection`` names that ``state`` no longer has.

    The damage class falls back to the first one that is visible; a result and its region to none, and the
    mask that was hidden to judge it is shown again.
    """
    if state is None:
        return
    classes = state.damage.classes
    labels = [item.label for item in classes]
    if selection.label not in labels:
        selection.label = _usual(classes).label
    proposal = selection.proposal
    if proposal is not None and proposal.label not in labels:
        selection.proposal = replace(proposal, label=selection.label)
    run = None if selection.run is None else state.runs.get(selection.run)
    if run is None:
        if selection.run is not None:
            selection.mask_visible = True
        selection.run, selection.region = None, 0
    elif not 0 <= selection.region <= run.count:
        selection.region = 0


def _usual(classes: tuple[DamageClass, ...]) -> DamageClass:
    """The class to paint when nothing is chosen."""
    return next((item for item in classes if item.visible and not item.locked), classes[0])
