"""List the core's texts for translation: write core_templates.py and parameter_templates.py in app/i18n.

lupdate reads only the window's sources, so the templates of the core are collected from its syntax trees:

- the first argument of ``Message(...)`` and ``template(...)``,
- the text of an error raised with a constant, since a plain text is a template without arguments,
- labels and units of parameters, which appear in messages in lower case,
- the names of operations.

The packages that only the command line uses are left out.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from imagest_core.project.operations.names import NAMES
from imagest_core.restoration.used_parameters import parameter_texts

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "app" / "i18n" / "core_templates.py"
PARAMETERS = ROOT / "app" / "i18n" / "parameter_templates.py"
WITHOUT_WINDOW = ("imagest_core/cli", "imagest_core/evaluation", "imagest_core/training", "app/benchmarks")
WITH_WINDOW = ("imagest_core/training/study", "imagest_core/training/intact_crops")
"""Starts of the names of files among those that the window uses, too."""
CONTEXT = "Parameters"
OWN = ("Automatic",)
"""Texts of the controls themselves."""
FAULTS = {"ValueError", "TypeError", "KeyError", "OSError", "RuntimeError", "EOFError", "ExpatError"}
"""Exceptions that never reach the user as a sentence."""

HEAD = '''"""The core's texts for lupdate. Written by ``python -m scripts.collect_core_texts``; don't edit."""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

from app.i18n.noop import QT_TRANSLATE_NOOP

'''


def sources() -> Iterator[Path]:
    """The files whose messages the window may show."""
    for package in ("imagest_core", "app"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith(WITH_WINDOW) or not name.startswith(WITHOUT_WINDOW):
                yield path


def templates() -> list[str]:
    """All templates, sorted and each once."""
    found = {text for path in sources() for text in templates_in(ast.parse(path.read_text(encoding="utf-8")))}
    return sorted(found | set(NAMES.values()))


def templates_in(tree: ast.Module) -> Iterator[str]:
    """The templates in one file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = _name(node.exc)
            if name.endswith("Error") and name not in FAULTS:
                yield from _constants(node.exc.args[:1])
        elif isinstance(node, ast.Call):
            if _name(node) in ("Message", "template"):
                yield from _constants(node.args[:1])
            elif _name(node) == "parameter":
                values = {keyword.arg: keyword.value for keyword in node.keywords}
                labels = _constants([values[name] for name in ("label",) if name in values])
                yield from (label.lower() for label in labels)
                yield from _constants([values[name] for name in ("unit",) if name in values])


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _constants(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node.value


def listing() -> str:
    """The content of the list of messages."""
    return HEAD + _tuple("TEMPLATES", "Core", templates())


def parameter_listing() -> str:
    """The content of the list of the parameters' texts."""
    texts = [*parameter_texts(), *OWN]
    return HEAD + f'CONTEXT = "{CONTEXT}"\n\n' + _tuple("TEXTS", CONTEXT, texts)


def _tuple(name: str, context: str, texts: Iterable[str]) -> str:
    lines = (f'    QT_TRANSLATE_NOOP("{context}", {_quoted(text)}),\n' for text in texts)
    return f"{name} = (\n" + "".join(lines) + ")\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


if __name__ == "__main__":
    LIST.write_text(listing(), encoding="utf-8")
    PARAMETERS.write_text(parameter_listing(), encoding="utf-8")
    sys.stdout.write(f"{LIST.relative_to(ROOT)}: {len(templates())} texts\n")
