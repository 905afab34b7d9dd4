"""The launcher's texts: all are translated, and the system's language chooses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.builder.payload import INSTALLER
from installer.imagest_launcher.texts import CHINESE, tr

FIELD = re.compile(r"\{\w+\}")
NAMES = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")
SPOKEN = ("LauncherError", "CancelledError", "say", "confirm", "system_error")
SOURCES = sorted((INSTALLER / "imagest_launcher").glob("*.py"))


def calls(source: Path) -> Iterator[tuple[str, ast.Call]]:
    """All calls with the names of what is called."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


def texts(source: Path) -> Iterator[str]:
    """All string constants."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def has_words(argument: ast.expr) -> bool:
    """Whether an argument is a text, or an f-string with more than signs and values."""
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    return any(isinstance(part, ast.Constant) and re.search("[a-z]{2}", str(part.value)) for part in parts)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_what_is_said_is_never_a_plain_text(source: Path) -> None:
    for name, call in calls(source):
        if name in SPOKEN:
            assert not any(has_words(argument) for argument in call.args), ast.unparse(call)
        if name == "tr":
            assert not isinstance(call.args[0], ast.JoinedStr), ast.unparse(call)


def test_every_text_is_translated_and_each_translation_is_used() -> None:
    given, shown = set[str](), set[str]()
    for source in SOURCES:
        for name, call in calls(source):
            if name == "tr" and isinstance(call.args[0], ast.Constant):
                given.add(call.args[0].value)
        shown |= set(texts(source)) if source.name != "texts.py" else set()
    assert given <= set(CHINESE)
    assert set(CHINESE) <= shown
    assert len(given) > 25


def test_translations_keep_their_fields_and_are_chinese() -> None:
    for text, translation in CHINESE.items():
        assert set(FIELD.findall(text)) == set(FIELD.findall(translation)), text
        assert re.search(r"[一-鿿]", translation) or text == "{action}? [Y/n] ", text


@pytest.mark.parametrize(
    ("variables", "chinese"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, True),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en_GB:en"}, False),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, False),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, False),
        ({"LC_MESSAGES": "zh_CN", "LANG": "de_DE.UTF-8"}, True),
    ],
)
def test_the_language_is_that_of_the_system(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], chinese: bool
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tr("Remove") == ("移除" if chinese else "Remove")
    kept = tr("Removed. Settings and models are kept in: {folders}", folders="/{x}")
    assert kept == (
        "已移除。设置和模型保留在：/{x}" if chinese else "Removed. Settings and models are kept in: /{x}"
    )


def test_a_user_in_china_is_spoken_to_in_chinese(user) -> None:
    language = {"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"}
    refused = user.run("imagest-launcher", **language)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == "无法询问用户，因此未安装任何内容；请加上 --yes 以开始。"
    unknown = user.run("imagest-launcher", "--yes", "--profile", "gpu", **language)
    assert (unknown.returncode, unknown.stderr) == (2, "此安装程序没有配置“gpu”；请从以下选择：onnx。\n")
    done = user.run("imagest-launcher", "--yes", **language)
    assert done.returncode == 0, done.stderr
    assert "正在安装软件包" in done.stderr
    removed = user.run("imagest-launcher", "--uninstall", "--yes", **language)
    assert removed.stderr.splitlines() == [f"将从 {user.root} 移除 Imagest 工作站。", "已移除。"]
