from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagest_core.painting.geometry import Box
from imagest_core.restoration.modes import DDIM, MULTISTEP, Mode, Quality
from imagest_core.restoration.request import DILATION_RANGE, MAX_SEED, RestorationRequest, ScalePolicy
from imagest_core.serialization import from_plain, to_plain
from imagest_core.style.reference import StyleReference

BOXES = st.builds(Box, *[st.integers(-9, 9999)] * 4)


@dataclass(frozen=True)
class Everything:
    request: RestorationRequest
    style: StyleReference | None
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    pair: tuple[int, str] = (1, "one")


REQUESTS = st.builds(
    RestorationRequest.of,
    mode=st.sampled_from(Mode),
    quality=st.sampled_from(Quality),
    scale=st.sampled_from(ScalePolicy),
    steps=st.none() | st.integers(1, 1000),
    scheduler=st.none() | st.sampled_from((DDIM, MULTISTEP)),
    guidance=st.floats(0, 20) | st.integers(1, 9),
    seed=st.integers(0, MAX_SEED),
    dilation=st.integers(*DILATION_RANGE),
)
STYLES = st.builds(
    StyleReference, st.lists(BOXES).map(tuple), st.none() | st.just(Path("a/donor.png")), st.booleans()
)
FACTS = st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False))


@given(st.builds(Everything, REQUESTS, st.none() | STYLES, FACTS, st.tuples(st.integers(), st.text())))
def test_plain_values_round_trip_through_json(value: Everything) -> None:
    again = from_plain(Everything, json.loads(json.dumps(to_plain(value))))
    assert again == value
    assert type(again.request.get("mode")) is Mode


def test_missing_fields_take_their_defaults_and_unknown_ones_are_dropped() -> None:
    assert from_plain(RestorationRequest, {"seed": 7, "colour": "red"}) == RestorationRequest.of(seed=7)


@pytest.mark.parametrize("plain", [{"seed": "7"}, {"mode": "loud"}, {"steps": "few"}])
def test_values_of_another_kind_are_refused(plain: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        from_plain(RestorationRequest, plain)


def test_what_has_no_plain_form_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        to_plain({1, 2})
