"""The tools by name."""

from __future__ import annotations

from app.canvas.tools.base import Pointer, Tool, ToolContext
from app.canvas.tools.brush import Brush, Eraser
from app.canvas.tools.example import ExampleBrush
from app.canvas.tools.navigation import Hand, Picker, Ruler
from app.canvas.tools.note import NoteTool
from app.canvas.tools.outline import Lasso, Polygon, Rectangle
from app.canvas.tools.region import FillTool
from app.canvas.tools.reject import RejectBrush, RejectLasso
from app.canvas.tools.select import SelectLasso, SelectRectangle
from app.canvas.tools.style import StyleTool
from app.canvas.tools.wand import WandTool

TOOLS: dict[str, type[Tool]] = {
    tool.name: tool
    for tool in (
        Hand,
        Brush,
        Eraser,
        Lasso,
        Polygon,
        Rectangle,
        WandTool,
        FillTool,
        StyleTool,
        Ruler,
        NoteTool,
        Picker,
        SelectRectangle,
        SelectLasso,
        ExampleBrush,
        RejectBrush,
        RejectLasso,
    )
}


def make_tool(name: str, canvas: ToolContext) -> Tool:
    """Create the tool of this name; the hand if it is unknown."""
    return TOOLS.get(name, Hand)(canvas)


__all__ = ["TOOLS", "Pointer", "Tool", "ToolContext", "make_tool"]
