"""Keeps the selection valid: after every change, also undo, it refers only to what exists."""

from __future__ import annotations

from dataclasses import replace

from app.selection import REJECT_TOOLS, Compare, Selection, ToolName
from imagest_core.damage.classes import DamageClass
from imagest_core.project.state import State


def reconcile(selection: Selection, state: State | None) -> None:
    """Reset everything in ``selection`` that no longer exists in ``state``.

    The damage class falls back to the first visible one, a result and its region to none, a tool that
    rejects a part of it to the hand. A mask that was hidden to judge this result is shown again.
    """
    if state is None:
        return
    classes = state.damage.classes
    labels = [item.label for item in classes]
    if selection.label not in labels:
        selection.label = _default_class(classes).label
    proposal = selection.proposal
    if proposal is not None and proposal.label not in labels:
        selection.proposal = replace(proposal, label=selection.label)
    if selection.compare == Compare.CONTACT and not state.runs:
        selection.compare = Compare.SINGLE
    run = None if selection.run is None else state.runs.get(selection.run)
    if run is None:
        if selection.run is not None:
            selection.mask_visible = True
        selection.run, selection.region = None, 0
        if selection.tool in REJECT_TOOLS:
            selection.tool = ToolName.PAN
    elif not 0 <= selection.region <= run.count:
        selection.region = 0


def _default_class(classes: tuple[DamageClass, ...]) -> DamageClass:
    """The first class that is visible and not locked, else the first one."""
    return next((item for item in classes if item.visible and not item.locked), classes[0])
