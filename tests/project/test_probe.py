"""Where a pixel comes from: run, verdict, engine, style, windows; in the core and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from imagest_core.cli.program import main
from imagest_core.damage.map import DamageMap
from imagest_core.errors import InputError
from imagest_core.painting.geometry import Box
from imagest_core.painting.reader import Painting
from imagest_core.project.document import Document
from imagest_core.project.operations import decisions, results
from imagest_core.project.operations.rejected_parts import reject_part
from imagest_core.project.probe import as_text, probe
from imagest_core.project.rerun import rejected_part_of, restore_part
from imagest_core.project.run_builder import run_of
from imagest_core.restoration.api import restore, restore_with
from imagest_core.restoration.engines.registry import get_engine
from imagest_core.restoration.request import RestorationRequest

REGION = Box(240, 20, 40, 30)


def add(document: Document, painting: Painting, result: object) -> int:
    run = document.store_run(run_of(painting, result, 0))  # type: ignore[arg-type]
    document.do(results.add_run(run))
    return run.id


class BlendedTelea(type(get_engine("telea"))):  # type: ignore[misc]
    """Leaves the boundary to the program."""

    matches_boundary = False


@pytest.fixture
def restored(document: Document, painting: Painting) -> Document:
    """A result of a faithful fill, not decided yet, operated by Ada."""
    before = document.state.damage.copy()
    document.state.damage.write(REGION, np.ones((REGION.height, REGION.width), np.uint8))
    document.record_gesture(before, "Paint")
    request = RestorationRequest.of("imagest", mode="faithful", dilation=2)
    add(document, painting, restore(painting, document.state.damage, request, operator="Ada"))
    return document


def test_an_intact_pixel_is_from_the_scan(restored: Document) -> None:
    found = probe(restored, 3, 4)
    assert (found.used, found.fills, found.damage) == (None, (), "")
    assert found.to_plain()["source"] == "scan"


def test_a_fill_names_run_engine_mode_and_verdict(restored: Document) -> None:
    found = probe(restored, 250, 30)
    [fill] = found.fills
    assert found.used is None
    assert found.damage == "loss"
    assert (fill.run, fill.region, fill.verdict, fill.used) == (1, 1, "undecided", False)
    assert (fill.engine, fill.mode, fill.operator) == ("imagest", "faithful", "Ada")
    assert (fill.seed, fill.variation, fill.style, fill.texture) == (None, None, None, None)
    assert fill.filled_by == "an anisotropic spline alone"
    assert fill.distance == 13
    assert [window.scale for window in fill.windows] == [1]
    assert not fill.blended
    restored.do(decisions.accept(restored.state, restored.state.runs[1], [1]))
    accepted = probe(restored, 250, 30)
    assert accepted.used is not None
    assert accepted.used.verdict == "accepted"
    assert accepted.to_plain()["source"] == "run 1"


def test_the_dilated_margin_is_filled_but_no_damage(restored: Document) -> None:
    found = probe(restored, REGION.x - 2, REGION.y - 2)
    assert found.damage == ""
    assert found.fills[0].distance == 1


def test_blended_fills_say_where(document: Document, painting: Painting) -> None:
    damage = DamageMap(*document.state.box[2:])
    damage.write(REGION, np.ones((REGION.height, REGION.width), np.uint8))
    request = RestorationRequest.of("telea", blend=2)
    add(document, painting, restore_with(BlendedTelea(), painting, damage, request))
    assert probe(document, REGION.x - 1, 30).fills[0].blended
    middle = probe(document, 260, 35).fills[0]
    assert not middle.blended
    assert (middle.engine, middle.mode, middle.style) == ("telea", "", None)


def test_a_rejected_part_and_its_restoration(restored: Document, painting: Painting) -> None:
    part = DamageMap(*restored.state.box[2:])
    part.write(Box(250, 25, 10, 10), np.ones((10, 10), np.uint8))
    run = restored.state.runs[1]
    restored.do(decisions.accept(restored.state, run, [1]))
    change = reject_part(restored.state, run, part)
    assert change is not None
    restored.do(change)
    assert probe(restored, 255, 30).fills[0].verdict == "part rejected"
    assert probe(restored, 255, 30).used is None
    request = RestorationRequest.of("harmonic")
    add(restored, painting, restore_part(painting, rejected_part_of(restored.state, run), request))
    restored.do(decisions.accept(restored.state, restored.state.runs[2], [1]))
    found = probe(restored, 255, 30)
    assert [fill.run for fill in found.fills] == [2, 1]
    assert found.used is found.fills[0]
    assert found.fills[0].base == 1
    assert found.of_run(1) is found.fills[1]
    assert "part of result 1 restored again" in as_text(found)
    beside = probe(restored, 270, 40)
    assert beside.used is not None
    assert beside.used.run == 1


def test_outside_the_picture_is_refused(document: Document) -> None:
    with pytest.raises(InputError, match="x from 0 to 599 and y from 0 to 299"):
        probe(document, 600, 0)


def test_command_line(restored: Document, capsys: pytest.CaptureFixture[str]) -> None:
    path = restored.path
    restored.close()
    assert main(["project", "probe", str(path), "250", "30", "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["source"], plain["fills"][0]["run"], plain["fills"][0]["mode"]) == ("scan", 1, "faithful")
    assert main(["project", "probe", str(path), "250", "30"]) == 0
    text = capsys.readouterr().out
    assert "result    1, region 1, undecided" in text
    assert "engine    imagest, faithful" in text
    assert main(["project", "probe", str(path), "--", "-1", "0"]) == 2
    message = capsys.readouterr().err
    assert "outside the picture" in message
    assert "Traceback" not in message


def test_record_of_another_program_is_ignored(document: Document, make_run, tmp_path: Path) -> None:
    document.do(results.add_run(make_run(1, [REGION], 9)))
    [fill] = probe(document, 250, 30).fills
    assert (fill.engine, fill.seed, fill.windows, fill.filled_by) == ("telea", 7, (), "")
