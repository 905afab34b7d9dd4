"""Layers of a project: further pictures of the work, registered with the scan."""

from __future__ import annotations

from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.project.operations.names import operation_name
from imagest_core.project.operations.settings import ChangeSetting, change_setting
from imagest_core.project.state import Aspect, Layer, State

LONGEST_NAME = 120
"""Largest number of characters of a layer's name."""


def add_layer(state: State, layer: Layer) -> ChangeSetting:
    """Add a layer; raises ``InputError`` if its name is empty, too long or taken."""
    name = layer.name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise InputError(
            Message("A layer needs a name of at most {longest} characters.", longest=LONGEST_NAME)
        )
    if any(item.name == name for item in state.layers):
        raise InputError(Message("There is a layer {name} already: choose another name.", name=name))
    return _change(state, (*state.layers, layer), "add_layer", name)


def remove_layer(state: State, name: str) -> ChangeSetting:
    """Remove the layer of this name; its file stays. Raises ``InputError`` if there is none."""
    layer = layer_named(state, name)
    return _change(state, tuple(item for item in state.layers if item is not layer), "remove_layer", name)


def layer_named(state: State, name: str) -> Layer:
    """Return the layer of this name; raises ``InputError`` if there is none."""
    found = next((item for item in state.layers if item.name == name), None)
    if found is None:
        known = ", ".join(item.name for item in state.layers)
        if not known:
            raise InputError("The project has no layers: add one first.")
        raise InputError(
            Message("There is no layer {name}; the layers are: {known}.", name=name, known=known)
        )
    return found


def _change(state: State, layers: tuple[Layer, ...], key: str, name: str) -> ChangeSetting:
    return change_setting(state, Aspect.LAYERS, layers, operation_name(key, name=name))
