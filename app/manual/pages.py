"""The pages of the manual: Markdown files by language, and a page made from the action table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence

import resources
from app.action_spec import ActionSpec, plain, translated
from app.action_table import HELD, MENUS
from app.i18n.noop import QT_TRANSLATE_NOOP

SHORTCUTS = "shortcuts"
"""Name of the page that is made from the action table."""
NAMES = (
    "start",
    "damage",
    "style",
    "restore",
    "results",
    "review",
    "export",
    "queue",
    "project",
    "files",
    SHORTCUTS,
    "command-line",
    "troubleshooting",
    "glossary",
)
"""The pages in the order of the contents."""
LANGUAGE_FOLDER = QT_TRANSLATE_NOOP("Manual", "en")
"""Its translation is the folder of the manual in that language."""
HEADING = re.compile(r'^(?:<a id="([\w-]+)"></a>\n+)?(#{1,3}) +(.+)$', re.MULTILINE)
MARKUP = re.compile(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|<[^>]*>|[*`|\[#]")


@dataclass(frozen=True)
class Heading:
    """A heading with the id that links refer to; "" if it has none."""

    id: str
    level: int
    text: str


@dataclass(frozen=True)
class ManualPage:
    """One page: its ``name`` without suffix, and its Markdown without the ids of its headings."""

    name: str
    text: str
    headings: tuple[Heading, ...]

    @property
    def title(self) -> str:
        """The first heading."""
        return self.headings[0].text

    def contains(self, words: str) -> bool:
        """Whether the visible text contains ``words``, in any case."""
        return words.casefold() in MARKUP.sub("", self.text).casefold()


def language() -> str:
    """The folder of the pages in the language of the window."""
    return QCoreApplication.translate("Manual", LANGUAGE_FOLDER)


def page_path(name: str, folder: str) -> Path:
    """The file of a page; that of the shortcuts does not exist."""
    return resources.manual_folder() / folder / f"{name}.md"


def read_page(name: str, folder: str) -> ManualPage:
    """Read a page in the language ``folder``; the page of the shortcuts is in the language of the window."""
    source = shortcuts_text() if name == SHORTCUTS else page_path(name, folder).read_text(encoding="utf-8")
    return parse(name, source)


def parse(name: str, source: str) -> ManualPage:
    """Split ``source`` into text and headings. An id is a line ``<a id="…"></a>`` before its heading."""
    headings = tuple(
        Heading(anchor or "", len(marks), text.strip()) for anchor, marks, text in HEADING.findall(source)
    )
    return ManualPage(name, HEADING.sub(r"\2 \3", source), headings)


def shortcuts_text() -> str:
    """Markdown that lists all actions by menu, with their keys, and the keys that act while held."""
    translate = QCoreApplication.translate
    heading = translate("Manual", "Menus and shortcuts")
    lines = [f"# {heading}", "", translate("Manual", "All commands by menu, with their keys."), ""]
    for title, entries in MENUS.items():
        lines += _table(title.replace("&", "").lower(), plain(title), entries)
    rows = [f"| {translated(what)} | {key} |" for what, key in HELD]
    canvas = translate("Manual", "On the canvas, while held")
    return "\n".join(lines + _head("held", canvas) + rows) + "\n"


def _table(name: str, title: str, entries: tuple[ActionSpec | None, ...]) -> list[str]:
    rows = [f"| {spec.title} | {_keys(spec)} |" for spec in entries if spec is not None]
    return [*_head(f"menu-{name}", title), *rows, ""]


def _head(anchor: str, title: str) -> list[str]:
    translate = QCoreApplication.translate
    command, keys = translate("Manual", "Command"), translate("Manual", "Keys")
    return [f'<a id="{anchor}"></a>', "", f"## {title}", "", f"| {command} | {keys} |", "|---|---|"]


def _keys(spec: ActionSpec) -> str:
    shown = (QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in spec.keys)
    return ", ".join(text.replace("|", "\\|") for text in shown)
