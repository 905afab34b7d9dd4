"""The actions of the menus Tools and Mask."""

from __future__ import annotations

from app.action_spec import ActionSpec
from app.i18n.noop import QT_TRANSLATE_NOOP

SEPARATOR = None

TOOLS = (
    ActionSpec("tool_pan", QT_TRANSLATE_NOOP("Actions", "&Move the view"), ("H",), "pan", group="tool"),
    ActionSpec("tool_brush", QT_TRANSLATE_NOOP("Actions", "&Brush"), ("B",), "brush", group="tool"),
    ActionSpec("tool_eraser", QT_TRANSLATE_NOOP("Actions", "&Eraser"), ("E",), "eraser", group="tool"),
    ActionSpec("tool_lasso", QT_TRANSLATE_NOOP("Actions", "&Lasso"), ("L",), "lasso", group="tool"),
    ActionSpec("tool_polygon", QT_TRANSLATE_NOOP("Actions", "&Polygon"), ("P",), "polygon", group="tool"),
    ActionSpec(
        "tool_rectangle", QT_TRANSLATE_NOOP("Actions", "&Rectangle"), ("R",), "rectangle", group="tool"
    ),
    ActionSpec("tool_wand", QT_TRANSLATE_NOOP("Actions", "&Wand"), ("W",), "wand", group="tool"),
    ActionSpec(
        "tool_fill", QT_TRANSLATE_NOOP("Actions", "&Fill or clear a region"), ("G",), "fill", group="tool"
    ),
    ActionSpec(
        "tool_style", QT_TRANSLATE_NOOP("Actions", "Draw a &style reference"), ("S",), "style", group="tool"
    ),
    ActionSpec(
        "tool_select", QT_TRANSLATE_NOOP("Actions", "Sele&ct a rectangle"), ("O",), "select", group="tool"
    ),
    ActionSpec(
        "tool_select_lasso",
        QT_TRANSLATE_NOOP("Actions", "Selec&t with the lasso"),
        ("Y",),
        "select-lasso",
        group="tool",
    ),
    ActionSpec(
        "tool_measure",
        QT_TRANSLATE_NOOP("Actions", "Meas&ure and calibrate"),
        ("M",),
        "measure",
        group="tool",
    ),
    ActionSpec(
        "tool_note", QT_TRANSLATE_NOOP("Actions", "Write a &note"), ("Shift+N",), "note", group="tool"
    ),
)
MASK = (
    ActionSpec("swap_tool", QT_TRANSLATE_NOOP("Actions", "Swap brush and era&ser"), ("X",)),
    ActionSpec(
        "brush_smaller",
        QT_TRANSLATE_NOOP("Actions", "S&maller brush"),
        (
            "[",
            "Shift+PgDown",
        ),
    ),
    ActionSpec(
        "brush_larger",
        QT_TRANSLATE_NOOP("Actions", "Lar&ger brush"),
        (
            "]",
            "Shift+PgUp",
        ),
    ),
    ActionSpec(
        "subtracting",
        QT_TRANSLATE_NOOP("Actions", "S&ubtract with lasso, rectangle and wand"),
        ("Shift+E",),
        "minus",
        checkable=True,
    ),
    ActionSpec("overwrite", QT_TRANSLATE_NOOP("Actions", "Paint &over other classes"), (), checkable=True),
    SEPARATOR,
    ActionSpec(
        "grow",
        QT_TRANSLATE_NOOP("Actions", "Gro&w class by 1 px"),
        ("Ctrl+Shift+Up", "Ctrl+Alt+Up"),
        "grow",
        "damage",
    ),
    ActionSpec(
        "shrink",
        QT_TRANSLATE_NOOP("Actions", "Shrin&k class by 1 px"),
        ("Ctrl+Shift+Down", "Ctrl+Alt+Down"),
        "",
        "damage",
    ),
    ActionSpec("invert", QT_TRANSLATE_NOOP("Actions", "In&vert"), ("Shift+V",), "invert"),
    ActionSpec(
        "clear_class", QT_TRANSLATE_NOOP("Actions", "&Clear this class"), ("Ctrl+Backspace",), "", "damage"
    ),
    ActionSpec("clear_all", QT_TRANSLATE_NOOP("Actions", "Clear &all damage"), (), "", "damage"),
    SEPARATOR,
    ActionSpec(
        "derive_difference", QT_TRANSLATE_NOOP("Actions", "&Derive from a clean picture…"), (), "difference"
    ),
    ActionSpec("derive_cracks", QT_TRANSLATE_NOOP("Actions", "D&etect cracks"), (), "crack"),
    ActionSpec("derive_losses", QT_TRANSLATE_NOOP("Actions", "Detect &losses by ground colour"), (), "loss"),
    ActionSpec(
        "tool_example",
        QT_TRANSLATE_NOOP("Actions", "Lear&n from strokes"),
        ("Shift+B",),
        "examples",
        group="tool",
    ),
    SEPARATOR,
    ActionSpec("clean_rim", QT_TRANSLATE_NOOP("Actions", "Clean &rim"), (), "grow", "damage"),
    ActionSpec("import_mask", QT_TRANSLATE_NOOP("Actions", "&Import a mask…"), (), "import"),
    ActionSpec("export_mask", QT_TRANSLATE_NOOP("Actions", "E&xport the mask…"), (), "export", "damage"),
    ActionSpec(
        "export_statistics", QT_TRANSLATE_NOOP("Actions", "Export s&tatistics…"), (), "measure", "damage"
    ),
)
