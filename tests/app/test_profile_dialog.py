"""A scan whose colour profile can't be used opens only after confirmation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from lut_profiles import lut_profile
from PySide6.QtWidgets import QApplication

from app.commands import open as opening
from app.dialogs.profile import ProfileDialog
from app.window.main_window import MainWindow

Settle = Callable[[], None]


@pytest.fixture
def one_way(tmp_path: Path) -> Path:
    path = tmp_path / "one way.tif"
    samples = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    tifffile.imwrite(path, samples, photometric="rgb", iccprofile=lut_profile(back=False), metadata=None)
    return path


def asked() -> list[ProfileDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, ProfileDialog) and w.isVisible()]


def test_srgb_is_assumed_only_after_confirmation(window: MainWindow, one_way: Path, settle: Settle):
    opening.open_path(window.context, one_way)
    settle()
    (dialog,) = asked()
    assert "one way.tif has a colour profile that works in one direction only" in dialog.sentence.text()
    dialog.reject()
    settle()
    assert window.context.document is None
    assert not asked()


def test_the_confirmation_is_saved_in_the_project(
    window: MainWindow, one_way: Path, tmp_path: Path, settle: Settle, said: list
):
    context = window.context
    opening.open_path(context, one_way)
    settle()
    asked()[0].assume.click()
    settle()
    assert context.document.painting.srgb_assumed
    assert any("sRGB is assumed instead" in item.sentence for item in said)
    opening.save_as(context, tmp_path / "work.imagest")
    opening.close(context)
    opening.open_path(context, tmp_path / "work.imagest")
    settle()
    assert not asked()
    assert context.document.painting.srgb_assumed


def test_an_older_project_asks_once(window: MainWindow, one_way: Path, tmp_path: Path, settle: Settle):
    """A project created when sRGB was assumed without asking."""
    context, project = window.context, tmp_path / "work.imagest"
    opening.open_path(context, one_way, assume_srgb=True)
    settle()
    opening.save_as(context, project)
    forget(context.document.document)
    opening.close(context)
    opening.open_path(context, project)
    settle()
    asked()[0].assume.click()
    settle()
    assert context.document.painting.srgb_assumed
    opening.close(context)
    opening.open_path(context, project)
    settle()
    assert not asked()
    assert context.document.painting.srgb_assumed


def forget(document) -> None:
    from dataclasses import replace

    document.store.update_reference(replace(document.state.painting, assume_srgb=False))


def test_a_clean_picture_needs_confirmation_too(
    window: MainWindow, scan: Path, one_way: Path, settle: Settle
):
    opening.open_path(window.context, scan)
    settle()
    panel = window.damage.derive
    panel.clean.use_file(one_way)
    asked()[0].assume.click()
    settle()
    assert panel.clean.picture.path == one_way
