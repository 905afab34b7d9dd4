"""Limits of the lengths of functions and files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("imagest_core", "app", "scripts", "installer")
GENERATED = {"core_templates.py"}
MAX_FILE, MAX_FUNCTION = 400, 40


def long_parts(text: str) -> Iterator[str]:
    """Yield what is longer than the limits; of a docstring, only the first line counts."""
    if (lines := text.count("\n")) > MAX_FILE:
        yield f"{lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > MAX_FUNCTION:
            yield f"{node.name}: {_length(node)} lines"


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first, last = function.lineno, function.end_lineno or 0
    docstring = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    extra = 0 if docstring is None else (docstring.end_lineno or 0) - docstring.lineno
    return last - first + 1 - extra


@pytest.mark.parametrize("folder", FOLDERS)
def test_functions_and_files_are_short(folder: str) -> None:
    long = []
    for path in (ROOT / folder).rglob("*.py"):
        if path.name not in GENERATED:
            long += [f"{path.relative_to(ROOT)}: {part}" for part in long_parts(path.read_text("utf-8"))]
    assert long == []


def test_long_functions_and_files_are_found() -> None:
    docstring = '    """One line.\n\n    And more.\n    """\n'
    short = "def short():\n" + docstring + "    pass\n" * 38
    assert list(long_parts(short)) == []
    assert list(long_parts(short + "    pass\n")) == ["short: 41 lines"]
    assert list(long_parts("pass\n" * 401)) == ["401 lines"]
