"""``imagest`` with nothing or a file opens the window; everything else is the command line."""

from __future__ import annotations

import pytest

from app.launch import main, opens_window


@pytest.mark.parametrize(
    "arguments", [[], ["scan.tif"], ["altar.imagest"], ["./folder/scan"], ["/nowhere/scan.tif"]]
)
def test_a_path_or_nothing_opens_the_window(arguments):
    assert opens_window(arguments)


@pytest.mark.parametrize(
    "arguments", [["info"], ["--help"], ["info", "a.tif"], ["restroe"], ["a.tif", "b.tif"]]
)
def test_everything_else_is_for_the_command_line(arguments):
    assert not opens_window(arguments)


def test_an_existing_file_is_opened_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scan").write_bytes(b"")
    assert opens_window(["scan"])


def test_a_command_wins_over_a_file_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").write_bytes(b"")
    assert not opens_window(["demo"])


def test_commands_reach_the_command_line(capsys):
    assert main(["restroe"]) == 2
    assert "invalid choice: 'restroe'" in capsys.readouterr().err
