"""Registered pictures in the window: added in a job, blended, swiped, used as the clean picture, removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from layer_pictures import textured, warped, write_grey, write_rgb
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QToolButton
from pytestqt.qtbot import QtBot

from app.commands import layers as commands
from app.document import OpenDocument
from app.selection import LayerMode
from app.window.main_window import MainWindow
from imagest_core.damage.classes import LOSS
from imagest_core.damage.examples import INTACT, ExampleStroke
from imagest_core.project.operations.examples import add_example
from imagest_core.project.state import LayerKind

Settle = Callable[[], None]


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    return write_rgb(tmp_path / "scan.tif", textured())


@pytest.fixture
def infrared(tmp_path: Path) -> Path:
    return write_grey(tmp_path / "infrared.tif", warped(textured()))


def row_buttons(window: MainWindow) -> dict[str, QToolButton]:
    found = window.damage.layers.findChildren(QToolButton)
    return {each.accessibleName(): each for each in found if not each.isHidden()}


def click(qtbot: QtBot, widget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_a_layer_is_added_shown_and_removed(
    window: MainWindow, opened: OpenDocument, infrared: Path, qtbot: QtBot, settle: Settle, said: list
):
    context, area = window.context, window.area
    window.damage.layers_fold.head.setChecked(True)
    commands.add_layer(context, infrared, LayerKind.INFRARED)
    settle()
    assert [layer.name for layer in opened.state.layers] == ["infrared"]
    assert any("px (RMS)" in each.sentence for each in said)
    qtbot.waitUntil(lambda: area.registered.layer is not None)
    assert len(area.view._pictures) == 2
    assert area.view._pictures[1].opacity() == 0.5
    window.damage.layers.opacity.slider.setValue(80)
    assert area.view._pictures[1].opacity() == pytest.approx(0.8)
    pixels = area.registered.layer.picture.make(0, opened.painting.box)
    expected = textured().mean(axis=2)[40:200, 60:280] * 255
    assert np.abs(pixels[40:200, 60:280, 0] - expected).mean() < 6

    click(qtbot, window.damage.layers.mode.findChildren(QAbstractButton)[1])
    assert context.selection.layer_mode == LayerMode.SWIPE
    assert area.curtain.isVisible()
    area.curtain.move_to(0.3)
    assert area.view._pictures[1].opacity() == 1.0

    click(qtbot, row_buttons(window)["Hide the layer infrared"])
    assert area.registered.layer is None
    assert not area.curtain.isVisible()
    click(qtbot, row_buttons(window)["Show the layer infrared"])
    qtbot.waitUntil(lambda: area.registered.layer is not None)
    window.actions_["side"].trigger()
    assert context.selection.layer == ""
    click(qtbot, row_buttons(window)["Remove the layer infrared; its file stays"])
    assert opened.state.layers == ()
    assert infrared.is_file()


@pytest.mark.parametrize("mode", [LayerMode.BLEND, LayerMode.SWIPE])
def test_another_layer_takes_the_place_of_the_shown_one(
    window: MainWindow, opened: OpenDocument, infrared: Path, qtbot: QtBot, settle: Settle, mode: LayerMode
):
    context, area = window.context, window.area
    window.damage.layers_fold.head.setChecked(True)
    context.selection.layer_mode = mode
    commands.add_layer(context, infrared, LayerKind.INFRARED)
    settle()
    qtbot.waitUntil(lambda: area.registered.layer is not None)
    first = area.registered.layer
    commands.add_layer(context, infrared, LayerKind.XRAY)
    settle()
    qtbot.waitUntil(lambda: area.registered.layer not in (None, first))
    click(qtbot, row_buttons(window)["Show the layer infrared"])
    settle()
    qtbot.waitUntil(lambda: area.registered.layer is not None)
    assert [item.layer for item in area.view._pictures][1:] == [area.registered.layer]


def test_a_layer_is_the_clean_picture(
    window: MainWindow, opened: OpenDocument, infrared: Path, qtbot: QtBot, settle: Settle
):
    commands.add_layer(window.context, infrared, LayerKind.EARLIER)
    settle()
    window.damage.layers_fold.head.setChecked(True)
    click(qtbot, row_buttons(window)["Derive the mask from the difference to infrared"])
    qtbot.waitUntil(lambda: window.damage.derive.apply_button.isEnabled(), timeout=20_000)
    detector = window.damage.derive._detector
    assert detector.alignment is not None
    assert tuple(detector.alignment.matrix.ravel()) == pytest.approx(opened.state.layers[0].matrix)


def test_strokes_learn_from_a_layer_too(
    window: MainWindow, opened: OpenDocument, infrared: Path, qtbot: QtBot, settle: Settle
):
    commands.add_layer(window.context, infrared, LayerKind.INFRARED)
    settle()
    window.context.selection.visible = opened.painting.box
    window.damage.show_derive("examples")
    learn = window.damage.derive.learn
    assert learn.use_layers.isVisibleTo(learn)
    learn.use_layers.setChecked(True)
    for label, y in ((LOSS.label, 60.0), (INTACT, 150.0)):
        opened.do(add_example(opened.state, ExampleStroke(label, 8.0, (60.0, y, 200.0, y))))
    qtbot.waitUntil(lambda: window.context.selection.proposal is not None, timeout=30_000)
    learn.apply()
    settle()
    stored = opened.state.damage_model
    assert stored is not None
    assert stored.model().settings.layers == 1


def test_a_model_learned_with_another_number_of_layers_is_refused(
    window: MainWindow,
    opened: OpenDocument,
    infrared: Path,
    qtbot: QtBot,
    settle: Settle,
    tmp_path: Path,
    said: list,
):
    commands.add_layer(window.context, infrared, LayerKind.INFRARED)
    settle()
    window.context.selection.visible = opened.painting.box
    window.damage.show_derive("examples")
    learn = window.damage.derive.learn
    learn.use_layers.setChecked(True)
    for label, y in ((LOSS.label, 60.0), (INTACT, 150.0)):
        opened.do(add_example(opened.state, ExampleStroke(label, 8.0, (60.0, y, 200.0, y))))
    qtbot.waitUntil(lambda: window.context.selection.proposal is not None, timeout=30_000)
    learn.save(tmp_path / "model.safetensors")
    settle()
    learn.clear_button.click()
    learn.use_layers.setChecked(False)
    learn.load(tmp_path / "model.safetensors")
    settle()
    assert opened.state.damage_model is not None
    assert learn.use_layers.isChecked(), "the model reads the layer"
    learn.use_layers.setChecked(False)
    assert "(1; 0 given)" in window.damage.derive.state.text()
    assert not window.damage.derive.apply_button.isEnabled()

    learn.forget_button.click()
    commands.remove_layer(window.context, "infrared")
    learn.load(tmp_path / "model.safetensors")
    settle()
    assert any("(1; 0 given)" in each.sentence for each in said)
    assert opened.state.damage_model is None


def test_a_missing_picture_is_reported_and_the_layer_stays(
    window: MainWindow, opened: OpenDocument, infrared: Path, qtbot: QtBot, settle: Settle, said: list
):
    commands.add_layer(window.context, infrared, LayerKind.XRAY)
    settle()
    qtbot.waitUntil(lambda: window.area.registered.layer is not None)
    commands.show_layer(window.context, "")
    infrared.unlink()
    commands.show_layer(window.context, "infrared")
    qtbot.waitUntil(lambda: any("is missing" in each.sentence for each in said))
    assert window.context.selection.layer == ""
    assert len(opened.state.layers) == 1


def test_a_picture_that_cannot_be_registered_is_refused(
    window: MainWindow, opened: OpenDocument, tmp_path: Path, settle: Settle, said: list
):
    commands.add_layer(window.context, write_grey(tmp_path / "other.tif", textured(9)), LayerKind.OTHER)
    settle()
    assert any("can't be registered" in each.sentence for each in said)
    assert opened.state.layers == ()
