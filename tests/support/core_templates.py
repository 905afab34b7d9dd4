"""The messages of the core's errors, read from its source, with {0}, {1}… as placeholders."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import imagest_core

ROOT = Path(imagest_core.__file__).parent


def sentences(*places: str) -> Iterator[str]:
    """Messages raised as the program's own errors in these files and folders of the core."""
    for place in places:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                    yield from _sentence(node.exc)


def _sentence(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    told = name.endswith("Error") and name not in ("ValueError", "TypeError", "HeldError", "KeyError")
    if told and len(call.args) == 1:
        text = call.args[0]
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield text.value
        elif isinstance(text, ast.JoinedStr):
            yield "".join(_pieces(text))


def _pieces(text: ast.JoinedStr) -> Iterator[str]:
    places = 0
    for value in text.values:
        if isinstance(value, ast.Constant):
            yield str(value.value)
        else:
            yield f"{{{places}}}"
            places += 1
