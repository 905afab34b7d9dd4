from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication

import app
import resources
from app.main import set_language
from app.panels.restore_choices import ABOUT
from imagest_core.restoration.engines.registry import engine_names

FIELD = re.compile(r"\{\w*\}|%n")
FOLDER = Path(resources.__file__).parent / "i18n"


def texts(language: str) -> list[ElementTree.Element]:
    return list(ElementTree.parse(FOLDER / f"imagest_{language}.ts").iter("message"))


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_text_is_translated_and_keeps_its_placeholders(language: str):
    for message in texts(language):
        source, translation = message.findtext("source") or "", message.find("translation")
        assert translation is not None
        assert translation.get("type") is None, source
        forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
        for form in forms:
            assert form.strip(), source
            assert set(FIELD.findall(source)) == set(FIELD.findall(form)), source


def test_texts_with_a_number_are_translated_to_chinese():
    """A text that lupdate doesn't find is in the English file only."""
    assert set(sources_of(FOLDER / "imagest_en.ts")) <= set(sources_of(FOLDER / "imagest_zh_CN.ts"))


def test_no_text_of_the_program_is_missing(tmp_path: Path):
    """``make texts`` was called since the last text was written: extracting them finds nothing new."""
    sources = sorted(str(path) for path in Path(app.__file__).parent.rglob("*.py"))
    lupdate = Path(sys.executable).with_name("pyside6-lupdate")
    found = tmp_path / "found.ts"
    subprocess.run([lupdate, *sources, "-ts", found, "-silent"], check=True, capture_output=True)
    known = {(name, source) for name, source in sources_of(FOLDER / "imagest_zh_CN.ts")}
    assert sorted(set(sources_of(found)) - known) == []


def sources_of(path: Path) -> list[tuple[str, str]]:
    """Every text of a file with its context, a class or a table."""
    contexts = ElementTree.parse(path).iter("context")
    return [
        (context.findtext("name") or "", message.findtext("source") or "")
        for context in contexts
        for message in context.iter("message")
    ]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_compiled_translations_match_their_sources(language: str, tmp_path: Path):
    """The compiled file belongs to its source."""
    released = tmp_path / "now.qm"
    lrelease = Path(sys.executable).with_name("pyside6-lrelease")
    source = FOLDER / f"imagest_{language}.ts"
    subprocess.run([lrelease, source, "-qm", released], check=True, capture_output=True)
    assert released.read_bytes() == (FOLDER / f"imagest_{language}.qm").read_bytes()


@pytest.mark.parametrize("language", ["en", "C", "de_DE"])
def test_english_plurals_without_another_language(qapp, language: str):
    set_language(qapp, language)
    assert QCoreApplication.translate("StylePanel", "%n reference(s)", "", 1) == "1 reference"
    assert QCoreApplication.translate("StylePanel", "%n reference(s)", "", 3) == "3 references"


def test_every_engine_has_a_translatable_description():
    assert {f"about {name}" for name in engine_names()} == set(ABOUT)
