"""What a person is asked: only what the engine heeds."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from imagest_core.errors import InputError
from imagest_core.restoration.engines import engine_names
from imagest_core.restoration.fields import used_fields
from imagest_core.restoration.request import Mode, RestorationRequest

TEXTURED = RestorationRequest(engine="imagest", mode=Mode.TEXTURED)


@pytest.mark.parametrize("name", engine_names())
def test_what_an_engine_heeds_are_fields_of_the_request(name: str) -> None:
    known = {field.name for field in fields(RestorationRequest)}
    assert {"engine", "growth", "context", "scale"} <= used_fields(RestorationRequest(engine=name)) <= known


def test_plain_engines_have_neither_seed_nor_device() -> None:
    assert not used_fields(RestorationRequest(engine="telea")) & {"seed", "device", "mode", "quality"}


def test_a_faithful_fill_is_not_sampled() -> None:
    sampled = {"steps", "scheduler", "seed", "guidance", "style_strength", "detail"}
    assert sampled <= used_fields(TEXTURED)
    assert not sampled & used_fields(replace(TEXTURED, mode=Mode.FAITHFUL))


def test_a_scheduler_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError, match=r"one of ddim, dpm\+\+2m, not 'euler'"):
        RestorationRequest(scheduler="euler")
