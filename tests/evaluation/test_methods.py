from __future__ import annotations

import pytest

from imagest_core.errors import InputError
from imagest_core.evaluation.methods import methods
from imagest_core.restoration.modes import Mode


def labels(*names: str, modes: tuple[Mode, ...] = ()) -> list[str]:
    return [row.label for row in methods(names, modes)]


def test_an_engine_without_modes_runs_once() -> None:
    assert labels("harmonic", "telea", "telea", modes=tuple(Mode)) == ["harmonic", "telea"]


def test_an_engine_with_modes_runs_in_each_asked_for() -> None:
    assert labels("imagest") == ["imagest:textured"]
    assert labels("imagest:faithful", "imagest:textured") == ["imagest:faithful", "imagest:textured"]
    assert labels("imagest", modes=tuple(Mode)) == ["imagest:faithful", "imagest:textured"]


def test_the_control_comes_last_and_follows_the_engine_named() -> None:
    assert labels("harmonic+noise", "imagest", "telea")[-1] == "harmonic+noise:telea"
    assert labels("harmonic+noise:imagest", "imagest", "telea")[-1] == "harmonic+noise:imagest:textured"
    rows = methods(["imagest", "harmonic+noise"], [Mode.FAITHFUL])
    assert (rows[-1].request.engine, rows[-1].like) == ("harmonic", "imagest:faithful")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["harmonic", "harmonic+noise"], "another engine"),
        (["telea", "harmonic+noise:imagest"], "another engine"),
        (["telea:faithful"], "no modes"),
        (["imagest:rough"], "faithful or textured"),
    ],
)
def test_what_can_not_be_is_refused(names: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        methods(names, [])
