"""A saved way of deriving masks: a detector with its parameters, or a learned damage model, as JSON.

``imagest mask --save-recipe FILE`` writes one; ``imagest batch --recipe FILE`` derives the mask of each scan
with it. A model is named relative to the recipe and identified by the hash of its file.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from imagest_core.damage.detection.cracks import CrackParameters, Polarity
from imagest_core.damage.detection.losses import LossParameters
from imagest_core.damage.detection.prediction import ExampleParameters
from imagest_core.damage.detection.trainable import detect_learned
from imagest_core.damage.map import DamageMap
from imagest_core.damage.rim import MAX_LIMIT
from imagest_core.errors import InputError
from imagest_core.messages import Message
from imagest_core.models.validation import read_json
from imagest_core.painting.atomic import replacing, write_text
from imagest_core.painting.outputs import FileKind, check_regular_file, check_replaceable
from imagest_core.painting.reader import Painting
from imagest_core.painting.stamp import file_sha256
from imagest_core.printable import json_text
from imagest_core.progress import Progress

KIND, VERSION = "imagest-mask-recipe", 1
PARAMETERS: Mapping[str, type] = {
    "cracks": CrackParameters,
    "losses": LossParameters,
    "examples": ExampleParameters,
}
"""Method → its parameters. A comparison with a clean picture belongs to one scan and can't be a recipe."""
MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Recipe:
    """A detector with its parameters.

    ``rim``: by how many pixels the mask may grow over its rim. ``model``: the learned model of the method
    "examples", as an absolute path, and ``model_sha256`` its hash.
    """

    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rim: int = 0
    model: str = ""
    model_sha256: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"kind": KIND, "version": VERSION, **asdict(self), "parameters": dict(self.parameters)}

    @classmethod
    def from_plain(cls, stored: Any) -> Recipe:
        """Return the recipe that :meth:`to_plain` wrote; raises ``TypeError`` or ``ValueError``."""
        if not isinstance(stored, Mapping) or stored.get("kind") != KIND:
            raise ValueError("it is not a mask recipe")
        if type(stored.get("version")) is not int or stored["version"] != VERSION:
            raise ValueError("its version is not the one this program reads")
        if unknown := sorted(stored.keys() - {"kind", "version", *cls.__dataclass_fields__}):
            raise ValueError(f"it has no field {unknown[0]}")
        method, parameters, rim = stored.get("method"), stored.get("parameters", {}), stored.get("rim", 0)
        if not isinstance(method, str) or method not in PARAMETERS:
            raise ValueError(f"its method is none of {', '.join(PARAMETERS)}")
        if not isinstance(parameters, Mapping) or type(rim) is not int or not 0 <= rim <= MAX_LIMIT:
            raise ValueError("its parameters or its rim are invalid")
        model, sha256 = stored.get("model", ""), stored.get("model_sha256", "")
        _check_model_name(method, model, sha256)
        recipe = cls(method, dict(parameters), rim, model, sha256)
        recipe.check_parameters()
        return recipe

    def check_parameters(self) -> Any:
        """Return the detector's parameters; raises ``ValueError`` or ``InputError`` for invalid ones."""
        kind, given = PARAMETERS[self.method], dict(self.parameters)
        for name, value in given.items():
            given[name] = _parameter(self.method, name, value)
        return kind(**given)


def _check_model_name(method: str, model: Any, sha256: Any) -> None:
    """Raise ``ValueError`` unless the method has a model and its hash exactly if it needs them."""
    if not isinstance(model, str) or not isinstance(sha256, str) or bool(model) != (method == "examples"):
        raise ValueError("a learned model and the method examples go together")
    if "\0" in model:
        raise ValueError("the name of its model is invalid")
    if bool(sha256) != bool(model) or (sha256 and re.fullmatch("[0-9a-f]{64}", sha256) is None):
        raise ValueError("its model_sha256 must be the SHA-256 hash of the model")


def _parameter(method: str, name: str, value: Any) -> Any:
    """Return a parameter as the detector takes it; raises ``ValueError`` if its type is wrong."""
    types = {each.name: str(each.type) for each in fields(PARAMETERS[method])}
    if name not in types:
        raise ValueError(f"the method {method} has no parameter {name}")
    kind, _, optional = types[name].partition(" | ")
    if value is None and optional:
        return None
    if kind == "Polarity":
        if value not in list(Polarity):
            raise ValueError(f"{name} must be {', '.join(Polarity)}")
        return Polarity(value)
    if kind == "Colour":
        if not isinstance(value, list | tuple) or len(value) != 3 or not all(map(_is_share, value)):
            raise ValueError(f"{name} must be a colour: three numbers from 0 to 1")
        return tuple(map(float, value))
    if kind == "int" and type(value) is not int:
        raise ValueError(f"{name} must be a whole number")
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number")
    return value


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def recipe_of(method: str, parameters: Mapping[str, Any], rim: int = 0, model: Path | None = None) -> Recipe:
    """Return the recipe of a detection that was just made; ``parameters`` as the detector takes them."""
    plain = {name: _plain(value) for name, value in parameters.items()}
    if model is None:
        return Recipe(method, plain, rim)
    return Recipe(method, plain, rim, str(model.absolute()), file_sha256(model))


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def save_recipe(recipe: Recipe, path: Path, *, force: bool = False, inputs: tuple[Path, ...] = ()) -> None:
    """Write a recipe as JSON, completely or not at all; raises ``OutputError``."""
    check_replaceable(path, FileKind.OTHER)
    stored = recipe.to_plain()
    if recipe.model:
        stored["model"] = _relative(Path(recipe.model), path.absolute().parent)
    with replacing(path, force=force, inputs=inputs) as temporary:
        write_text(temporary, json_text(stored, indent=1) + "\n", path)


def _relative(model: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(model, folder)).as_posix()
    except ValueError:  # another drive
        return str(model)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe and check everything in it, also that its model is the one it names."""
    try:
        check_regular_file(path)
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("it is larger than 1 MB")
        recipe = Recipe.from_plain(read_json(path))
    except OSError as error:
        raise _invalid(path, error.strerror or error) from error
    except ValueError as error:
        raise _invalid(path, error) from error
    if not recipe.model:
        return recipe
    model = Path(os.path.normpath(path.absolute().parent / recipe.model))
    located = Recipe(recipe.method, recipe.parameters, recipe.rim, str(model), recipe.model_sha256)
    check_model(located)
    return located


def check_model(recipe: Recipe) -> None:
    """Raise ``InputError`` unless the recipe's model, if any, is usable and the file it was saved with."""
    if not recipe.model:
        return
    from imagest_core.damage.detection.trained_model import load_model

    check_regular_file(Path(recipe.model))
    try:
        found = file_sha256(Path(recipe.model))
    except OSError:
        raise InputError(
            Message("The recipe's damage model {model} is missing: put it back.", model=recipe.model)
        ) from None
    if found != recipe.model_sha256:
        raise InputError(
            Message(
                "The damage model {model} is not the one that the recipe was saved with: save the "
                "recipe again.",
                model=recipe.model,
            )
        )
    if load_model(Path(recipe.model)).settings.layers:
        raise InputError(
            Message(
                "The damage model {model} was learned with registered pictures, which fit one scan: save the "
                "recipe with another model.",
                model=recipe.model,
            )
        )


def _invalid(path: Path, reason: object) -> InputError:
    return InputError(
        Message(
            "{path} isn't a mask recipe ({reason}): write one with imagest mask --save-recipe.",
            path=path.name,
            reason=reason,
        )
    )


def derive_with(recipe: Recipe, painting: Painting, progress: Progress | None = None) -> DamageMap:
    """Return the damage that the recipe finds in ``painting``; raises ``MaskError`` and ``Cancelled``."""
    parameters, progress = recipe.check_parameters(), progress or Progress()
    if recipe.method == "examples":
        from imagest_core.damage.detection.trained_model import load_model

        return detect_learned(painting, load_model(Path(recipe.model)), parameters, progress)
    from imagest_core.damage.detection.detect import detect_cracks

    if recipe.method == "cracks":
        return detect_cracks(painting, parameters, progress)
    return _losses(painting, parameters, progress)


def _losses(painting: Painting, parameters: LossParameters, progress: Progress) -> DamageMap:
    from dataclasses import replace

    from imagest_core.damage.detection.detect import detect_losses, estimate_ground_in, trusted_ground

    if parameters.ground is None:
        estimate = estimate_ground_in(painting, parameters, progress.part(0, 0.2))
        parameters = replace(parameters, ground=trusted_ground(estimate))
    return detect_losses(painting, parameters, progress.part(0.2, 1))
