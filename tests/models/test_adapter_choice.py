"""Adapters as the user writes them."""

from pathlib import Path

import pytest

from imagest_core.errors import InputError, ModelError
from imagest_core.models.adapter_choice import AdapterChoice, parse_adapters
from imagest_core.models.identity import ModelKind
from imagest_core.models.installed import find_installed


def test_names_and_weights_are_parsed() -> None:
    assert parse_adapters("gold, blue:0.5") == (AdapterChoice("gold"), AdapterChoice("blue", 0.5))


@pytest.mark.parametrize("weight", ["abc", "", "nan", "9"])
def test_refuses_a_weight_that_is_no_number_in_range(weight: str) -> None:
    with pytest.raises(InputError, match="The weight of the adapter gold must be from -4 to 4"):
        parse_adapters(f"gold:{weight}")


def test_a_path_may_contain_a_colon(tmp_path: Path) -> None:
    path = tmp_path / "a:b.safetensors"
    path.touch()
    assert parse_adapters(str(path)) == (AdapterChoice(str(path)),)


def test_a_missing_model_is_explained_with_those_that_fit() -> None:
    with pytest.raises(ModelError, match="nor another that fits"):
        find_installed("absent", lambda identity: identity.kind is ModelKind.LANGUAGE_MODEL)
    with pytest.raises(ModelError, match="choose one of"):
        find_installed("absent")
