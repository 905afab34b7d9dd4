"""Restorations in the window's thread on a CUDA device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_restore_jobs import mark
from tiny_models import tiny_sd
from tiny_pipelines import tiny_flux_fill

from app.commands import restore as restoring
from app.context import Context
from app.document import OpenDocument
from app.window.main_window import MainWindow
from imagest_core.models.cache import loaded_models
from imagest_core.painting.geometry import Box
from imagest_core.restoration.request import RestorationRequest

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("engine", ["imagest", "stable-diffusion", "pipeline"])
def test_the_window_restores_on_the_device(
    window: MainWindow,
    context: Context,
    opened: OpenDocument,
    settle: Callable[[], None],
    tmp_path: Path,
    device: str,
    engine: str,
) -> None:
    make = {"stable-diffusion": tiny_sd, "pipeline": tiny_flux_fill}.get(engine)
    model = {"model": str(make(tmp_path / "model"))} if make is not None else {}
    request = RestorationRequest.of(engine, **model, device=device, steps=2, detail=0.0)
    context.selection.request = request
    mark(opened, Box(50, 40, 20, 16))
    restoring.restore_all(context)
    settle()
    assert len(opened.state.runs) == 1
    record = opened.run(max(opened.state.runs)).content.record()
    assert f'"engine": "{engine}"' in record
    assert f'"device": "{device}"' in record
    loaded_models.clear()
