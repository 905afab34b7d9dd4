"""All actions of the program as data: text, keys, icon and what they need.

Menus, toolbars, tooltips and the list of shortcuts are built from this table.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QKeySequence

from app.action_spec import ActionSpec
from app.i18n.noop import QT_TRANSLATE_NOOP
from app.mask_actions import MASK, TOOLS

SEPARATOR = None

FILE = (
    ActionSpec("open", QT_TRANSLATE_NOOP("Actions", "&Open…"), ("Ctrl+O",), "open", ""),
    ActionSpec("open_sample", QT_TRANSLATE_NOOP("Actions", "Open the &sample"), (), "sample", ""),
    ActionSpec("close", QT_TRANSLATE_NOOP("Actions", "&Close"), ("Ctrl+W",)),
    SEPARATOR,
    ActionSpec("save", QT_TRANSLATE_NOOP("Actions", "Save &project"), ("Ctrl+S",), "save"),
    ActionSpec("save_as", QT_TRANSLATE_NOOP("Actions", "Save project &as…"), ("Ctrl+Shift+S",)),
    SEPARATOR,
    ActionSpec("export", QT_TRANSLATE_NOOP("Actions", "&Export…"), ("Ctrl+E",), "export"),
    ActionSpec("export_picture", QT_TRANSLATE_NOOP("Actions", "Export &marked picture…"), (), "hatch"),
    SEPARATOR,
    ActionSpec("queue", QT_TRANSLATE_NOOP("Actions", "Q&ueue…"), ("Ctrl+Shift+Q",), "", ""),
    ActionSpec("settings", QT_TRANSLATE_NOOP("Actions", "Se&ttings…"), ("Ctrl+,",), "settings", ""),
    ActionSpec("quit", QT_TRANSLATE_NOOP("Actions", "&Quit"), ("Ctrl+Q",), "", ""),
)
EDIT = (
    ActionSpec("undo", QT_TRANSLATE_NOOP("Actions", "&Undo"), ("Ctrl+Z",), "undo", "undo"),
    ActionSpec("redo", QT_TRANSLATE_NOOP("Actions", "&Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "redo"),
    SEPARATOR,
    ActionSpec("select_all", QT_TRANSLATE_NOOP("Actions", "Select &everything"), ("Ctrl+A",)),
    ActionSpec("select_visible", QT_TRANSLATE_NOOP("Actions", "Select the &visible part"), ("Shift+A",)),
    ActionSpec(
        "select_class", QT_TRANSLATE_NOOP("Actions", "Select this c&lass"), ("Shift+O",), "", "damage"
    ),
    ActionSpec(
        "invert_selection",
        QT_TRANSLATE_NOOP("Actions", "&Invert selection"),
        ("Ctrl+Shift+I",),
        "invert",
        "selection",
    ),
    ActionSpec(
        "clear_selection",
        QT_TRANSLATE_NOOP("Actions", "Remove sele&ction"),
        ("Ctrl+Shift+D",),
        "close",
        "selection",
    ),
    SEPARATOR,
    ActionSpec("copy_diagnostics", QT_TRANSLATE_NOOP("Actions", "Copy &diagnostics"), (), "copy", ""),
)
VIEW = (
    ActionSpec("fit", QT_TRANSLATE_NOOP("Actions", "&Fit in window"), ("Ctrl+0",), "fit"),
    ActionSpec("actual", QT_TRANSLATE_NOOP("Actions", "&Actual pixels (100 %)"), ("Ctrl+1",)),
    ActionSpec("zoom_in", QT_TRANSLATE_NOOP("Actions", "Zoom &in"), ("Ctrl++", "Ctrl+="), "zoom-in"),
    ActionSpec("zoom_out", QT_TRANSLATE_NOOP("Actions", "Zoom &out"), ("Ctrl+-",), "zoom-out"),
    ActionSpec("zoom_to_selection", QT_TRANSLATE_NOOP("Actions", "&Zoom to selection"), ("Ctrl+2",), "fit"),
    ActionSpec("rotate_left", QT_TRANSLATE_NOOP("Actions", "Rotate view &left"), ("Shift+L",), "rotate-left"),
    ActionSpec(
        "rotate_right", QT_TRANSLATE_NOOP("Actions", "Rotate view rig&ht"), ("Shift+R",), "rotate-right"
    ),
    ActionSpec("upright", QT_TRANSLATE_NOOP("Actions", "Upright view"), ("Shift+U",)),
    SEPARATOR,
    ActionSpec("single", QT_TRANSLATE_NOOP("Actions", "&Single view"), ("Alt+1",), "single", group="compare"),
    ActionSpec("side", QT_TRANSLATE_NOOP("Actions", "Sid&e by side"), ("Alt+2",), "side", group="compare"),
    ActionSpec("swipe", QT_TRANSLATE_NOOP("Actions", "Swipe &curtain"), ("Alt+3",), "swipe", group="compare"),
    ActionSpec("blink", QT_TRANSLATE_NOOP("Actions", "&Blink"), ("Alt+4",), "blink", group="compare"),
    ActionSpec(
        "difference",
        QT_TRANSLATE_NOOP("Actions", "&Difference map"),
        ("Alt+5",),
        "difference",
        group="compare",
    ),
    ActionSpec(
        "contact",
        QT_TRANSLATE_NOOP("Actions", "Compare &variations"),
        ("C", "Alt+6"),
        "contact",
        "run",
        group="compare",
    ),
    ActionSpec("flip", QT_TRANSLATE_NOOP("Actions", "Fli&p original and restored"), ("Q",)),
    SEPARATOR,
    ActionSpec("mask_visible", QT_TRANSLATE_NOOP("Actions", "Show &mask"), ("V",), "mask", checkable=True),
    ActionSpec(
        "zones_visible",
        QT_TRANSLATE_NOOP("Actions", "Show dilated mar&gin"),
        ("Z",),
        "zones",
        checkable=True,
    ),
    ActionSpec(
        "windows_visible",
        QT_TRANSLATE_NOOP("Actions", "Show &tiles of the restoration"),
        ("K",),
        checkable=True,
    ),
    ActionSpec(
        "provenance_visible",
        QT_TRANSLATE_NOOP("Actions", "Show &reconstruction"),
        ("T",),
        "hatch",
        checkable=True,
    ),
    ActionSpec(
        "probe_visible",
        QT_TRANSLATE_NOOP("Actions", "Probe: &where a pixel comes from"),
        ("I",),
        "info",
        checkable=True,
    ),
    SEPARATOR,
    ActionSpec(
        "palette_classes",
        QT_TRANSLATE_NOOP("Actions", "Mask palette &1: class colours"),
        (),
        needs="",
        group="palette",
    ),
    ActionSpec(
        "palette_bright",
        QT_TRANSLATE_NOOP("Actions", "Mask palette &2: bright colours"),
        (),
        needs="",
        group="palette",
    ),
    ActionSpec("notes_visible", QT_TRANSLATE_NOOP("Actions", "Show notes"), ("Shift+I",), checkable=True),
    ActionSpec(
        "scale_bar", QT_TRANSLATE_NOOP("Actions", "Show scale bar"), ("Shift+M",), needs="", checkable=True
    ),
    ActionSpec(
        "mask_hatched", QT_TRANSLATE_NOOP("Actions", "Hatched mas&k"), ("Shift+T",), needs="", checkable=True
    ),
)
STYLE = (
    ActionSpec(
        "suggest_style", QT_TRANSLATE_NOOP("Actions", "&Suggest intact regions"), ("Ctrl+Shift+G",), "suggest"
    ),
    ActionSpec("accept_suggestions", QT_TRANSLATE_NOOP("Actions", "Use the s&uggestions"), (), "check"),
    ActionSpec("donor", QT_TRANSLATE_NOOP("Actions", "&Donor picture…"), (), "donor"),
    ActionSpec("clear_style", QT_TRANSLATE_NOOP("Actions", "&Remove all references"), (), "discard"),
)
RESTORE = (
    ActionSpec(
        "restore_all",
        QT_TRANSLATE_NOOP("Actions", "&Restore everything"),
        ("Ctrl+Return", "Ctrl+Enter"),
        "restore",
        "damage",
    ),
    ActionSpec(
        "restore_visible",
        QT_TRANSLATE_NOOP("Actions", "Restore the &visible part"),
        ("Ctrl+Shift+Return",),
        "",
        "damage",
    ),
    ActionSpec(
        "restore_region",
        QT_TRANSLATE_NOOP("Actions", "Restore this re&gion again"),
        ("Ctrl+Alt+Return",),
        "",
        "region",
    ),
    SEPARATOR,
    ActionSpec("new_seed", QT_TRANSLATE_NOOP("Actions", "&New seed"), ("Ctrl+D",), "dice"),
    ActionSpec("cancel", QT_TRANSLATE_NOOP("Actions", "&Cancel"), ("Shift+X",), "cancel", "job"),
    SEPARATOR,
    ActionSpec("models", QT_TRANSLATE_NOOP("Actions", "&Models…"), (), "", ""),
)
RESULTS = (
    ActionSpec("previous_run", QT_TRANSLATE_NOOP("Actions", "&Previous result"), (",",), "previous", "run"),
    ActionSpec("next_run", QT_TRANSLATE_NOOP("Actions", "&Next result"), (".",), "next", "run"),
    ActionSpec(
        "show_result",
        QT_TRANSLATE_NOOP("Actions", "&Show result beside the original"),
        ("Ctrl+R",),
        "side",
        "run",
    ),
    ActionSpec("show_accepted", QT_TRANSLATE_NOOP("Actions", "Show acc&epted fills only"), (), "", "run"),
    SEPARATOR,
    ActionSpec(
        "accept_run", QT_TRANSLATE_NOOP("Actions", "&Accept result"), ("Ctrl+Shift+A",), "accept", "shown"
    ),
    ActionSpec("reject_run", QT_TRANSLATE_NOOP("Actions", "Re&ject result"), (), "reject", "shown"),
    ActionSpec(
        "discard_run", QT_TRANSLATE_NOOP("Actions", "&Discard result…"), ("Ctrl+Delete",), "discard", "shown"
    ),
    ActionSpec("rename_run", QT_TRANSLATE_NOOP("Actions", "Rena&me result…"), ("F2",), "rename", "shown"),
    ActionSpec(
        "copy_parameters",
        QT_TRANSLATE_NOOP("Actions", "&Copy parameters into the panel"),
        (),
        "copy",
        "shown",
    ),
    SEPARATOR,
    ActionSpec(
        "next_unreviewed", QT_TRANSLATE_NOOP("Actions", "Next &unreviewed region"), ("N",), "next", "shown"
    ),
    ActionSpec("next_region", QT_TRANSLATE_NOOP("Actions", "Next re&gion"), ("Alt+Right",), "", "shown"),
    ActionSpec(
        "previous_region", QT_TRANSLATE_NOOP("Actions", "Previous regi&on"), ("Alt+Left",), "", "shown"
    ),
    ActionSpec(
        "accept_region", QT_TRANSLATE_NOOP("Actions", "Accept &this region"), ("A",), "check", "region"
    ),
    ActionSpec(
        "reject_region", QT_TRANSLATE_NOOP("Actions", "Reject t&his region"), ("D",), "close", "region"
    ),
    SEPARATOR,
    ActionSpec(
        "tool_reject_brush",
        QT_TRANSLATE_NOOP("Actions", "Reject a part with the &brush"),
        ("J",),
        "brush",
        "shown",
        group="tool",
    ),
    ActionSpec(
        "tool_reject_lasso",
        QT_TRANSLATE_NOOP("Actions", "Reject a part with the &lasso"),
        ("Shift+J",),
        "lasso",
        "shown",
        group="tool",
    ),
    ActionSpec(
        "restore_part",
        QT_TRANSLATE_NOOP("Actions", "Restore the rejected part aga&in"),
        ("Ctrl+J",),
        "restore",
        "shown",
    ),
    ActionSpec(
        "make_hypotheses", QT_TRANSLATE_NOOP("Actions", "Make h&ypotheses"), ("Shift+C",), "dice", "region"
    ),
    ActionSpec(
        "refine_hypothesis",
        QT_TRANSLATE_NOOP("Actions", "Re&fine hypothesis"),
        ("Ctrl+Shift+C",),
        "restore",
        "region",
    ),
)
HELP = (
    ActionSpec("manual", QT_TRANSLATE_NOOP("Actions", "&Manual"), ("F1",), "manual", ""),
    ActionSpec("shortcuts", QT_TRANSLATE_NOOP("Actions", "&Keyboard shortcuts"), ("?",), "keyboard", ""),
    SEPARATOR,
    ActionSpec("about", QT_TRANSLATE_NOOP("Actions", "&About Imagest Workstation"), (), "info", ""),
)

CHANGING = frozenset(
    (
        *(f"tool_{name}" for name in ("brush", "eraser", "lasso", "polygon", "rectangle", "wand", "fill")),
        *(
            "tool_style",
            "tool_note",
            "tool_example",
            "tool_reject_brush",
            "tool_reject_lasso",
            "restore_part",
        ),
        *("undo", "redo", "swap_tool", "grow", "shrink", "invert", "clear_class", "clear_all"),
        *("derive_difference", "derive_cracks", "derive_losses", "clean_rim", "import_mask"),
        *("suggest_style", "accept_suggestions", "donor", "clear_style"),
        *("restore_all", "restore_visible", "restore_region", "make_hypotheses"),
        "refine_hypothesis",
        *("accept_run", "reject_run", "discard_run", "rename_run", "accept_region", "reject_region"),
    )
)
"""Actions that change the project, and tools that do."""

Entry = ActionSpec | None
MENUS: dict[str, tuple[Entry, ...]] = {
    QT_TRANSLATE_NOOP("Actions", "&File"): FILE,
    QT_TRANSLATE_NOOP("Actions", "&Edit"): EDIT,
    QT_TRANSLATE_NOOP("Actions", "&View"): VIEW,
    QT_TRANSLATE_NOOP("Actions", "&Tools"): TOOLS,
    QT_TRANSLATE_NOOP("Actions", "&Mask"): MASK,
    QT_TRANSLATE_NOOP("Actions", "&Style"): STYLE,
    QT_TRANSLATE_NOOP("Actions", "&Restore"): RESTORE,
    QT_TRANSLATE_NOOP("Actions", "R&esults"): RESULTS,
    QT_TRANSLATE_NOOP("Actions", "&Help"): HELP,
}

HELD = (
    (QT_TRANSLATE_NOOP("Actions", "Move the view, also during a stroke"), "Space"),
    (QT_TRANSLATE_NOOP("Actions", "Show the original"), "Tab"),
    (QT_TRANSLATE_NOOP("Actions", "Straight lines and right angles"), "Shift"),
    (QT_TRANSLATE_NOOP("Actions", "Cancel the stroke"), "Esc"),
    (QT_TRANSLATE_NOOP("Actions", "Zoom at the cursor"), "Wheel"),
    (QT_TRANSLATE_NOOP("Actions", "Change the brush size by dragging"), "Alt+Drag, Ctrl+Drag"),
    (QT_TRANSLATE_NOOP("Actions", "Erase with lasso, polygon, rectangle, wand or fill"), "Alt, Ctrl"),
    (QT_TRANSLATE_NOOP("Actions", "Take back a rejected part"), "Ctrl+Drag"),
    (QT_TRANSLATE_NOOP("Actions", "Add to the selection, or subtract from it"), "Shift; Alt, Ctrl"),
    (QT_TRANSLATE_NOOP("Actions", "Accept one of the variations side by side"), "1 … 4"),
)
"""Keys that act while they are held; handled by the canvas."""


def specs() -> Iterable[ActionSpec]:
    """All actions in the order of the menus."""
    return (spec for menu in MENUS.values() for spec in menu if spec is not None)


def tip(spec: ActionSpec) -> str:
    """The tooltip: text and key."""
    return f"{spec.title}   {shown_keys(spec)}" if spec.keys else spec.title


def shown_keys(spec: ActionSpec) -> str:
    """The first key in the notation of the system; "" if there is none."""
    return QKeySequence(spec.keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if spec.keys else ""
