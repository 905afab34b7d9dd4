"""Reject parts of the result under review."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.commands.decide import shown_run
from app.context import Context
from app.selection import REJECT_TOOLS, Compare, DisplayedPicture, ToolName
from imagest_core.damage.map import DamageMap
from imagest_core.project.operations.rejected_parts import reject_part, take_back_part
from imagest_core.project.run import Run

translate = QCoreApplication.translate


def may_reject(context: Context) -> bool:
    """Return whether a part of the result under review can be rejected; if not, report why."""
    document = context.document
    if document is None:
        return False
    if document.read_only:
        context.messages.warn(document.read_only)
        return False
    if shown_run(context) is None:
        context.messages.say(translate("Deciding", "Show a result first: a part of it can be rejected."))
        return False
    return True


def start_rejecting(context: Context, tool: ToolName) -> None:
    """Select a tool that rejects parts, and show the result without the mask, which would cover it."""
    if not may_reject(context):
        return
    selection = context.selection
    selection.tool = tool
    selection.mask_visible = False
    if selection.compare in (Compare.CONTACT, Compare.BLINK, Compare.DIFFERENCE):
        selection.compare = Compare.SINGLE
    if selection.compare == Compare.SINGLE:
        selection.shown = DisplayedPicture.RESTORED


def is_rejecting(context: Context) -> bool:
    """Whether a tool that rejects parts is selected."""
    return context.selection.tool in REJECT_TOOLS


def change_rejected_part(context: Context, run: Run, painted: DamageMap, *, take_back: bool) -> None:
    """Reject the ``painted`` pixels of ``run``, or take them back, as one step of the history."""
    change = take_back_part if take_back else reject_part
    context.do(lambda state: change(state, run, painted))
