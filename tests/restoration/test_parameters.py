"""Parameters of engines: validation, ranges and unknown names."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from imagest_core.errors import InputError
from imagest_core.restoration.engines.registry import engine_names, get_engine
from imagest_core.restoration.modes import Mode, Quality
from imagest_core.restoration.parameters import Choice, Parameters, parameter
from imagest_core.restoration.request import RestorationRequest, StoredParameters
from imagest_core.restoration.used_parameters import possible_parameters, used_parameters

TEXTURED = RestorationRequest.of("imagest", mode=Mode.TEXTURED)


@dataclass(frozen=True)
class Toy(Parameters):
    radius: int = parameter(3, label="Radius", help="Reach.", low=1, high=9, unit="px")
    share: float = parameter(0.5, label="Share", help="How much.", low=0.0, high=1.0)
    limit: int | None = parameter(None, label="Limit", help="At most.", low=1, automatic="none")
    sharp: bool = parameter(False, label="Sharp", help="Keep edges.")
    solver: str = parameter("a", label="Solver", help="How.", choices=(Choice("a", "A"), Choice("b", "B")))
    quality: Quality = parameter(Quality.DRAFT, label="Quality", help="How well.")


def test_values_take_their_declared_type() -> None:
    toy = Toy(share=1, limit=4, quality="fine")  # type: ignore[arg-type]
    assert (type(toy.share), toy.limit, toy.quality) == (float, 4, Quality.FINE)
    assert toy.changed(limit=None).limit is None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"radius": 0}, "The radius must be 1 to 9 px, not 0."),
        ({"radius": 2.5}, "The radius must be a whole number, not '2.5'."),
        ({"radius": True}, "The radius must be a whole number, not 'True'."),
        ({"share": math.nan}, "The share must be a finite number, not nan."),
        (
            {"share": 10**400},
            "The share must be a finite number, not 1000000000000000000000000000000000000000.",
        ),
        ({"share": "1"}, "The share must be a finite number, not 1."),
        ({"limit": 0}, "The limit must be 1 or more, not 0."),
        ({"sharp": 1}, "The sharp is on or off, not '1'."),
        ({"solver": "c"}, "The solver is one of a, b, not 'c'."),
        ({"quality": "best"}, "The quality is one of draft, standard, fine, not 'best'."),
    ],
)
def test_other_values_are_refused_with_one_sentence(values: dict, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        Toy(**values)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("name", engine_names())
def test_used_parameters_are_shared_or_belong_to_the_engine(name: str) -> None:
    request = RestorationRequest.of(name)
    known = {"engine"} | RestorationRequest.specs().keys() | get_engine(name).Parameters.specs().keys()
    used = used_parameters(request)
    assert {"engine", "dilation", "context", "scale"} <= used <= possible_parameters(request) <= known


def test_classical_engines_have_no_seed_and_no_device() -> None:
    assert not used_parameters(RestorationRequest.of("telea")) & {"seed", "device", "mode", "quality"}


def test_a_faithful_fill_is_not_sampled() -> None:
    sampled = {"steps", "scheduler", "seed", "guidance", "style_strength", "detail"}
    assert sampled <= used_parameters(TEXTURED)
    assert not sampled & used_parameters(TEXTURED.changed(mode=Mode.FAITHFUL))


def test_an_unknown_scheduler_is_refused() -> None:
    with pytest.raises(InputError, match=r"one of dpm\+\+2m, ddim, not 'euler'"):
        RestorationRequest.of(scheduler="euler")


@pytest.mark.parametrize("make", [RestorationRequest.of, RestorationRequest(engine="telea").changed])
def test_unknown_parameters_of_an_engine_are_refused(make) -> None:
    values = {"engine": "telea"} if make == RestorationRequest.of else {}
    with pytest.raises(InputError, match="engine telea has no parameter steps; its parameters are: none"):
        make(steps=3, **values)


def test_changing_the_engine_keeps_common_parameters() -> None:
    changed = RestorationRequest.of("imagest", steps=3, seed=5, dilation=2).changed(engine="telea")
    assert (changed.engine, changed.seed, changed.dilation, changed.get("steps")) == ("telea", 5, 2, None)


def test_plain_form_round_trips() -> None:
    request = RestorationRequest.of("imagest", steps=7, mode=Mode.FAITHFUL, seed=3, blend=2)
    plain = request.to_plain()
    assert plain["parameters"]["steps"] == 7
    assert RestorationRequest.from_plain(plain) == request


def test_the_flat_form_of_earlier_versions_is_read() -> None:
    flat = {"engine": "imagest", "weights": "mine", "growth": 3, "mode": "faithful", "seed": 4, "moon": 1}
    expected = RestorationRequest.of("imagest", model="mine", dilation=3, mode=Mode.FAITHFUL, seed=4)
    assert RestorationRequest.from_plain(flat) == expected


def test_an_engine_of_another_version_is_read_with_its_parameters() -> None:
    stored = {"engine": "magic", "parameters": {"wand": 7}, "seed": 2}
    request = RestorationRequest.from_plain(stored)
    assert (request.engine, request.seed) == ("magic", 2)
    assert request.parameters == StoredParameters({"wand": 7})
    assert request.to_plain()["parameters"] == {"wand": 7}
    flat = RestorationRequest.from_plain({"engine": "magic", "wand": 7, "growth": 2})
    assert (flat.parameters, flat.dilation) == (StoredParameters({"wand": 7}), 2)


def test_parameters_must_be_a_mapping() -> None:
    for engine in ("imagest", "magic"):
        with pytest.raises(TypeError, match="no parameters"):
            RestorationRequest.from_plain({"engine": engine, "parameters": [1]})


def test_another_engine_keeps_what_means_the_same_to_it() -> None:
    first = RestorationRequest.of(
        "stable-diffusion", model="mine", prompt="gold", steps=7, guidance=9.0, scheduler="unipc", seed=3
    )
    other = first.changed(engine="imagest")
    assert (other.get("steps"), other.get("prompt"), other.seed) == (7, "gold", 3)
    assert other.parameters == RestorationRequest.of("imagest", steps=7, prompt="gold").parameters
    assert other.changed(engine="stable-diffusion").get("detail") is None


def test_stored_parameters_of_unknown_engines_are_hashable() -> None:
    stored = {"engine": "future", "parameters": {"power": 3, "bands": [1, 2]}}
    one, other = (RestorationRequest.from_plain(stored) for _ in range(2))
    assert one == other
    assert len({one, other}) == 1


@pytest.mark.parametrize(("stored", "context"), [(0, 0.01), (0.005, 0.01), (0.01, 0.01), (0.5, 0.5)])
def test_small_context_of_earlier_versions_is_raised_to_the_minimum(stored: float, context: float) -> None:
    assert RestorationRequest.from_plain({"engine": "spline", "context": stored}).context == context


@pytest.mark.parametrize("stored", [-0.1, 4.5, "0", True])
def test_invalid_stored_context_is_refused(stored: object) -> None:
    with pytest.raises(ValueError, match="context"):
        RestorationRequest.from_plain({"engine": "spline", "context": stored})
