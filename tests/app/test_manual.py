"""The manual: its pages in both languages, its window, and the page that F1 opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt, QUrl
from PySide6.QtGui import QImage, QTextCursor
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QWidget
from pytestqt.qtbot import QtBot
from user import User

import resources
from app.action_table import specs
from app.dialogs.about import AboutDialog
from app.dialogs.export import ExportDialog
from app.dialogs.settings import SettingsDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.main import Program, set_language
from app.manual.pages import NAMES, SHORTCUTS, page_path, parse, read_page
from app.manual.window import ManualWindow
from app.selection import Compare, ToolName
from app.settings import Settings
from app.window.main_window import MainWindow

LANGUAGES = ("en", "zh_CN")
WRITTEN = [name for name in NAMES if name != SHORTCUTS]
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")


def source(name: str, language: str) -> str:
    return page_path(name, language).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WRITTEN)
def test_page_has_same_headings_in_both_languages(name: str) -> None:
    english, chinese = (parse(name, source(name, language)).headings for language in LANGUAGES)
    assert [(each.id, each.level) for each in english] == [(each.id, each.level) for each in chinese]
    assert english[0].level == 1
    ids = [each.id for each in english[1:]]
    assert all(ids)
    assert len(set(ids)) == len(ids)


def test_every_file_is_listed_as_a_page() -> None:
    for language in LANGUAGES:
        assert {path.stem for path in page_path("start", language).parent.iterdir()} == set(WRITTEN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WRITTEN)
def test_links_and_pictures_exist(name: str, language: str) -> None:
    for picture, target in LINK.findall(source(name, language)):
        file, _, heading = target.partition("#")
        path = page_path(name, language).parent / file
        assert path.is_file(), target
        if picture:
            assert not QImage(str(path)).isNull(), target
            assert f"images/{language}/" in target
        elif heading:
            found = parse(path.stem, path.read_text(encoding="utf-8")).headings
            assert heading in [each.id for each in found], target


def test_pictures_are_small_and_all_are_used() -> None:
    folder = resources.manual_folder() / "images"
    pictures = {path for path in folder.rglob("*") if path.is_file()}
    assert sum(path.stat().st_size for path in pictures) < 700_000
    used = {
        (page_path(name, language).parent / target).resolve()
        for language in LANGUAGES
        for name in WRITTEN
        for picture, target in LINK.findall(source(name, language))
        if picture
    }
    assert {path.resolve() for path in pictures} == used


@pytest.fixture
def translated(qapp: QApplication, request: pytest.FixtureRequest) -> str:
    """Install the translation of the language."""
    language = request.param
    set_language(qapp, language)
    return language


def interface_texts(language: str) -> set[str]:
    """All texts of the window in ``language``, without mnemonics and ellipses."""
    import xml.etree.ElementTree as ElementTree

    path = resources.resource("i18n", "imagest_zh_CN.ts")
    texts = set()
    for message in ElementTree.parse(path).iter("message"):
        part = message.find("source" if language == "en" else "translation")
        forms = [part.text or "", *(form.text or "" for form in part.iter("numerusform"))]
        texts |= {plain(form) for form in forms}
    return texts


def plain(text: str) -> str:
    return re.sub(r"\(&.\)", "", text).replace("&", "").rstrip("… :")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WRITTEN)
def test_bold_texts_are_texts_of_the_window(name: str, language: str) -> None:
    known = interface_texts(language)
    bold = re.findall(r"\*\*(.+?)\*\*", source(name, language))
    assert [text for text in bold if plain(text) not in known] == []


@pytest.mark.parametrize("translated", LANGUAGES, indirect=True)
def test_every_action_is_in_the_manual(translated: str) -> None:
    text = read_page(SHORTCUTS, translated).text
    missing = [spec.id for spec in specs() if f"| {spec.title} |" not in text]
    assert missing == []


@pytest.mark.parametrize("translated", LANGUAGES, indirect=True)
def test_pages_are_shown_without_markup_in_the_language_of_the_window(translated: str, qtbot: QtBot) -> None:
    manual = ManualWindow()
    qtbot.addWidget(manual)
    assert manual.windowTitle() == {"en": "Manual", "zh_CN": "使用手册"}[translated]
    for name in NAMES:
        manual.show_page(name)
        text = manual.browser.toPlainText()
        assert text.startswith(read_page(name, translated).title)
        assert not re.search(r"\*\*|<a |\]\(|&", text), name
    manual.close()


# F1


@pytest.fixture
def user(window: MainWindow, qtbot: QtBot) -> User:
    window.resize(1280, 900)
    return User(window, qtbot)


def press_f1(user: User, qtbot: QtBot, widget: QWidget) -> str:
    """Focus ``widget``, press F1 and return what the manual shows: the page, or page#heading."""
    user.window.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    qtbot.keyClick(widget, Qt.Key.Key_F1)
    manual = user.window.handlers.manual_help.manual
    assert manual is not None
    url = manual.browser.source()
    manual.close()
    return manual.page + (f"#{url.fragment()}" if url.fragment() else "")


def test_f1_opens_the_page_of_each_panel(user: User, scan: Path, qtbot: QtBot) -> None:
    window = user.window
    assert press_f1(user, qtbot, window.welcome) == "start"
    user.open(scan)
    selection = window.context.selection
    for name, widget in (
        ("damage", window.damage.keep),
        ("style", window.style_panel.findChild(QWidget, "quiet") or window.style_panel),
        ("restore", window.restore.choices.engine),
        ("restore#advanced", window.restore.fold.head),
        ("restore#presets", window.restore.presets.findChild(QComboBox)),
    ):
        window.handlers.show_panel(name.partition("#")[0])
        qtbot.wait(20)
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            assert window.handlers.manual_help.page_of(widget) == name
        else:
            assert press_f1(user, qtbot, widget) == name
    window.handlers.show_panel("damage")
    window.damage.show_derive("cracks")
    qtbot.waitUntil(window.damage.derive.methods.isVisible)
    assert press_f1(user, qtbot, window.damage.derive.amounts["sensitivity"].field) == "damage#derive"
    selection.tool = ToolName.BRUSH
    assert press_f1(user, qtbot, window.area.view) == "damage#tools"
    selection.tool = ToolName.STYLE
    assert press_f1(user, qtbot, window.area.view) == "style"
    selection.compare = Compare.SIDE
    assert press_f1(user, qtbot, window.area.view) == "results#compare"
    selection.compare = Compare.SINGLE
    assert window.handlers.manual_help.page_of(window.results) == "results"
    assert window.handlers.manual_help.page_of(window.docks["review"].widget()) == "review"
    assert window.handlers.manual_help.page_of(window.docks["history"].widget()) == "project#history"


@pytest.mark.parametrize(
    ("action", "kind", "page"),
    [
        ("settings", SettingsDialog, "start#settings"),
        ("shortcuts", ShortcutsDialog, "shortcuts"),
        ("about", AboutDialog, "start"),
        ("export", ExportDialog, "export"),
    ],
)
def test_f1_opens_the_page_of_a_dialog(
    user: User, scan: Path, qtbot: QtBot, action: str, kind: type[QDialog], page: str
) -> None:
    user.open(scan)
    user.act(action)
    dialog = next(each for each in user.window.findChildren(kind) if each.isVisible())
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    qtbot.keyClick(QApplication.focusWidget() or dialog, Qt.Key.Key_F1)
    manual = user.window.handlers.manual_help.manual
    assert manual is not None
    assert manual.page == page.partition("#")[0]
    assert manual.browser.source().fragment() == page.partition("#")[2]
    manual.close()
    dialog.close()


# The window of the manual


@pytest.fixture
def manual(qtbot: QtBot) -> Iterator[ManualWindow]:
    made = ManualWindow()
    qtbot.addWidget(made)
    made.show_page("start")
    qtbot.waitExposed(made)
    yield made
    made.close()


def click_link(manual: ManualWindow, qtbot: QtBot, text: str) -> None:
    """Click the link ``text`` of the page with the mouse."""
    browser = manual.browser
    browser.moveCursor(QTextCursor.MoveOperation.Start)
    assert browser.find(text)
    while not browser.textCursor().charFormat().isAnchor():
        assert browser.find(text)
    browser.ensureCursorVisible()
    inside = browser.cursorRect().center() - QPoint(6, 0)
    qtbot.mouseClick(browser.viewport(), Qt.MouseButton.LeftButton, pos=inside)


def test_links_back_and_forward(manual: ManualWindow, qtbot: QtBot) -> None:
    assert not manual.back.isEnabled()
    click_link(manual, qtbot, "Damage")
    assert manual.page == "damage"
    assert manual.contents.currentItem().text(0) == "Damage"
    qtbot.mouseClick(manual.back, Qt.MouseButton.LeftButton)
    assert manual.page == "start"
    qtbot.mouseClick(manual.forward, Qt.MouseButton.LeftButton)
    assert manual.page == "damage"


def test_contents_lead_to_pages_and_headings(manual: ManualWindow, qtbot: QtBot) -> None:
    tree = manual.contents
    assert [tree.topLevelItem(i).text(0) for i in range(tree.topLevelItemCount())] == [
        read_page(name, "en").title for name in NAMES
    ]
    item = tree.topLevelItem(NAMES.index("damage"))
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(item).center())
    assert manual.page == "damage"
    assert manual.browser.verticalScrollBar().value() == 0
    part = item.child(4)
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(part).center())
    assert manual.browser.source().fragment() == "derive"
    assert manual.browser.verticalScrollBar().value() > 0
    assert tree.currentItem() is part


def test_search_lists_pages_and_goes_to_matches(manual: ManualWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(manual.search, "checkerboard")
    tree = manual.contents
    shown = [tree.topLevelItem(i) for i in range(tree.topLevelItemCount())]
    assert [item.text(0) for item in shown if not item.isHidden()] == ["Damage"]
    qtbot.keyClick(manual.search, Qt.Key.Key_Return)
    assert manual.isVisible()
    assert manual.page == "damage"
    assert manual.browser.textCursor().selectedText().lower() == "checkerboard"
    manual.search.clear()
    qtbot.keyClicks(manual.search, "no such words")
    assert manual.none.isVisible()


def test_text_size_changes_and_is_kept(user: User, qtbot: QtBot) -> None:
    manual_help = user.window.handlers.manual_help
    user.act("manual")
    manual = manual_help.manual
    before = manual.browser.document().defaultFont().pixelSize()
    qtbot.mouseClick(manual.larger, Qt.MouseButton.LeftButton)
    larger = manual.browser.document().defaultFont().pixelSize()
    assert larger > before
    assert user.window.context.settings.preferences.manual_scale == manual.browser.scale
    manual_help.close()
    user.act("manual")
    assert manual_help.manual.browser.document().defaultFont().pixelSize() == larger


def test_pictures_fit_a_narrow_window(manual: ManualWindow, qtbot: QtBot) -> None:
    manual.resize(560, 400)
    qtbot.waitUntil(lambda: manual.browser.horizontalScrollBar().maximum() == 0)


def test_only_pages_are_opened(manual: ManualWindow) -> None:
    for link in ("https://example.org/start", "file:///etc/passwd", "../../../pyproject.toml"):
        manual.browser.anchorClicked.emit(QUrl(link))
        assert manual.browser.source().isLocalFile()
        assert manual.page == "start"


def test_manual_follows_the_language(tmp_path: Path, qapp: QApplication, qtbot: QtBot) -> None:
    settings = Settings(QSettings(str(tmp_path / "program.ini"), QSettings.Format.IniFormat))
    settings.prefer(language="en")
    program = Program(qapp, settings)
    program.window.show()
    program.window.handlers.manual_help.show_page("style")
    settings.prefer(language="zh_CN")
    qtbot.waitUntil(lambda: program.window.language == "zh_CN")
    manual = program.window.handlers.manual_help.manual
    assert manual.page == "style"
    assert manual.browser.toPlainText().startswith("风格")
    program.end()
