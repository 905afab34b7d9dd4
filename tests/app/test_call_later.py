"""``call_later`` calls once, and keeps no deleted owner alive."""

from __future__ import annotations

import gc
import weakref

import alive
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.jobs.call_later import call_later


class Owner(QObject):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.done = 0

    def act(self) -> None:
        self.done += 1


def test_delayed_function_is_called_once(qtbot: QtBot) -> None:
    owner = Owner()
    call_later(owner, owner.act)
    assert owner.done == 0
    qtbot.waitUntil(lambda: owner.done > 0)
    alive.settle()
    assert owner.done == 1
    assert not owner.children(), "the timer goes with it"


def test_a_deleted_owner_is_not_kept_alive(qtbot: QtBot) -> None:
    owner = Owner()
    call_later(owner, owner.act)
    held = weakref.ref(owner)
    owner.deleteLater()
    del owner
    alive.settle()
    gc.collect()
    assert held() is None
