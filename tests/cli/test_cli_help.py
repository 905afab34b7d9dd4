"""The help of all commands: every command, argument and option has a text."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Any

import pytest

from imagest_core.cli.program import COMMANDS, parser


def parsers(command: str) -> Iterator[argparse.ArgumentParser]:
    """The parser of a command and those of all its parts."""
    found = subparsers(parser(command)).choices[command]
    yield from with_parts(found)


def with_parts(found: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield found
    if parts := subparsers(found):
        for part in parts.choices.values():
            yield from with_parts(part)


def subparsers(found: argparse.ArgumentParser) -> Any:
    kinds = (action for action in found._actions if isinstance(action, argparse._SubParsersAction))
    return next(kinds, None)


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_option_has_a_help(command: str) -> None:
    missing = []
    for found in parsers(command):
        parts = subparsers(found)
        for action in [*found._actions, *(parts._choices_actions if parts else ())]:
            if action is not parts and not re.search(r"[a-z]{2}", action.help or ""):
                missing.append(f"{found.prog} {'/'.join(action.option_strings) or action.dest}")
    assert not missing


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_help_can_be_printed(command: str) -> None:
    for found in parsers(command):
        text = found.format_help()
        assert f"usage: {found.prog}" in text
        for action in found._actions:
            assert all(name in text for name in action.option_strings)
            beginning = (action.help or "").split("%")[0].split()[:3]
            assert " ".join(beginning) in " ".join(text.split())


def test_words_are_about_pictures_where_a_picture_is_made() -> None:
    text = " ".join(next(parsers("synthesize")).format_help().split())
    assert "what the picture shows, in English words" in text
    assert "lost" not in text
    assert "the fill must" not in text
    assert "--study FILE a study of this painting" in text
