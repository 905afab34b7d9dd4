"""Options of a fill, shared by every command that fills.

They are derived from the parameters that requests and engines declare; see
:mod:`imagest_core.restoration.parameters`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagest_core.cli.parsing import box, number, whole
from imagest_core.restoration.engines.registry import engine_names, get_engine
from imagest_core.restoration.parameters import Spec
from imagest_core.restoration.request import RestorationRequest
from imagest_core.style.reference import StyleReference

if TYPE_CHECKING:
    from imagest_core.restoration.engines.base import Engine

ALIASES = {"dilation": ("--growth",), "negative_prompt": ("--negative",)}
"""Parameter → other names of its option."""


def add_request_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--engine``, the parameters that every engine shares, and those of each engine."""
    default = RestorationRequest().engine
    fill = parser.add_argument_group("fill")
    fill.add_argument("--engine", default=default, metavar="NAME", help=engines_help(default))
    for spec in RestorationRequest.specs().values():
        add_parameter(fill, spec)
    add_engine_options(parser)


def add_engine_options(parser: argparse.ArgumentParser, leave_out: Iterable[str] = ()) -> None:
    """Add the parameters of all engines, each once, without those named in ``leave_out``."""
    added = set(leave_out)
    merged = {spec.name: spec for spec in engine_parameters(engine_names())}
    for engine in map(get_engine, engine_names()):
        new = [name for name in engine.Parameters.specs() if name not in added]
        if new:
            group = parser.add_argument_group(f"parameters of the engine {engine.name}")
            for name in new:
                add_parameter(group, merged[name])
        added.update(new)


def engine_parameters(names: Iterable[str]) -> Iterator[Spec]:
    """Yield the parameters of engines, each once, with the values that any of the engines accepts.

    The request checks the range and the choices of its own engine.
    """
    by_name: dict[str, list[Spec]] = {}
    for engine in map(get_engine, names):
        for name, spec in engine.Parameters.specs().items():
            by_name.setdefault(name, []).append(spec)
    return map(_merged, by_name.values())


def _merged(specs: list[Spec]) -> Spec:
    """Return the first of the parameters of one name, widened to the choices and ranges of all."""
    choices = {choice.value: choice for spec in specs for choice in spec.choices}
    lows, highs = [spec.low for spec in specs], [spec.high for spec in specs]
    return replace(
        specs[0],
        choices=tuple(choices.values()) if all(spec.choices for spec in specs) else (),
        low=None if None in lows else min(low for low in lows if low is not None),
        high=None if None in highs else max(high for high in highs if high is not None),
    )


def engines_help(default: str) -> str:
    """Return the engines for the help of ``--engine``."""
    return f"{', '.join(engine_names())} (default {default})"


def add_parameter(group: argparse._ArgumentGroup, spec: Spec) -> None:
    """Add the option of a parameter; options that aren't given are missing in the namespace."""
    options: dict[str, Any] = {"dest": spec.name, "default": argparse.SUPPRESS, "help": _help(spec)}
    if spec.type is bool:
        options["action"] = argparse.BooleanOptionalAction
    elif spec.choices:
        options["choices"] = [str(choice.value) for choice in spec.choices if choice.value is not None]
    else:
        options |= {"type": _parser_of(spec), "metavar": _metavar(spec)}
    group.add_argument(spec.flag, *ALIASES.get(spec.name, ()), **options)


def _parser_of(spec: Spec) -> Callable[[str], Any]:
    if spec.type is int:
        bounds = [int(bound) for bound in (spec.low or 0, spec.high) if bound is not None]
        return whole(*bounds)
    if spec.type is float:
        return number(spec.low if spec.low is not None else -1e9, spec.high if spec.high is not None else 1e9)
    return str


def _metavar(spec: Spec) -> str:
    return spec.metavar or {int: "PX" if spec.unit == "px" else "N", float: "X"}.get(spec.type, "TEXT")


def _help(spec: Spec) -> str:
    """Return the parameter's help with its default, escaped for argparse."""
    default = spec.automatic or spec.default
    shown = default.value if isinstance(default, StrEnum) else default
    text = spec.help.rstrip(".")
    text = text[:1].lower() + text[1:] if not text[1:2].isupper() else text
    return (f"{text} (default {shown})" if shown not in ("", None) else text).replace("%", "%%")


def add_operator_option(parser: argparse.ArgumentParser) -> None:
    """Add the name of the person who restores."""
    text = "name of the person who restores, for the record"
    parser.add_argument("--operator", default="", metavar="NAME", help=text)


def request_of(args: argparse.Namespace) -> RestorationRequest:
    """Return the request that ``args`` describe; raises ``InputError``."""
    engine = get_engine(args.engine)
    given = given_values(args, (RestorationRequest.specs(), *parameter_tables()))
    check_options([engine], given)
    request = RestorationRequest.of(args.engine, **given)
    check_used([request], given)
    return request


def parameter_tables() -> Iterator[Mapping[str, Spec]]:
    """Yield the parameters of each engine."""
    for name in engine_names():
        yield get_engine(name).Parameters.specs()


def given_values(args: argparse.Namespace, tables: Iterable[Mapping[str, Spec]]) -> dict[str, Any]:
    """Return the values of the parameters in ``tables`` that were given on the command line.

    The file of a study is read; its value is the hash. Raises ``ModelError`` if it can't be used.
    """
    names = {name for table in tables for name in table}
    given = {name: getattr(args, name) for name in sorted(names) if hasattr(args, name)}
    if given.get("study"):
        from imagest_core.models.studies import find_study

        given["study"] = find_study(given["study"]).sha256
    return given


def check_options(engines: Iterable[Engine], given: Mapping[str, Any]) -> None:
    """Raise ``InputError`` for a given option that none of ``engines`` has."""
    from imagest_core.errors import InputError

    chosen = tuple(engines)
    known = dict(RestorationRequest.specs())
    for engine in chosen:
        known |= engine.Parameters.specs()
    for name in given:
        if name not in known:
            flag = next(table[name].flag for table in parameter_tables() if name in table)
            raise InputError(f"{_named(chosen)} no parameter {flag}; leave it out{_instead(name)}.")


def check_used(requests: Iterable[RestorationRequest], given: Iterable[str]) -> None:
    """Raise ``InputError`` for a given option that none of ``requests`` uses.

    A device may always be given; whether it exists is checked for every engine. Options that need a
    capability of the model are left to ``check_request``.
    """
    from imagest_core.errors import InputError
    from imagest_core.restoration.used_parameters import used_parameters

    chosen = tuple(requests)
    used = {"device"}.union(*(used_parameters(request) for request in chosen))
    specs = dict(RestorationRequest.specs())
    for request in chosen:
        own = request.parameters.specs()
        specs |= own
        capabilities = get_engine(request.engine).capabilities(request.parameters)
        used |= {name for name, spec in own.items() if spec.requires not in {None, *capabilities}}
    for name in given:
        if name not in used:
            raise InputError(
                f"{_unused_by(chosen)} {specs[name].flag}; leave it out{_other_choice(chosen, name)}."
            )


def _unused_by(requests: tuple[RestorationRequest, ...]) -> str:
    if len(requests) > 1:
        return "None of these fills uses"
    mode = requests[0].get("mode")
    return f"The engine {requests[0].engine}{f' in {mode} mode' if mode else ''} doesn't use"


def _other_choice(requests: tuple[RestorationRequest, ...], name: str) -> str:
    """Return advice on a choice, such as the mode, with which the engine uses the parameter ``name``."""
    from imagest_core.restoration.used_parameters import used_parameters

    for request in requests:
        for spec in request.parameters.specs().values():
            for choice in spec.choices:
                if name in used_parameters(request.changed(**{spec.name: choice.value})):
                    return f" or use {spec.flag} {choice.value}"
    if name == "negative_prompt":
        return " or give --prompt and a --guidance above 1"
    return ""


def _named(engines: tuple[Engine, ...]) -> str:
    names = ", ".join(engine.name for engine in engines)
    return f"The engine {names} has" if len(engines) == 1 else f"The engines {names} have"


def _instead(name: str) -> str:
    engines_with_it = [engine for engine in engine_names() if name in get_engine(engine).Parameters.specs()]
    return f" or use --engine {' or '.join(engines_with_it)}"


def add_style_options(parser: argparse.ArgumentParser) -> None:
    """Add the style reference: regions of this painting or a picture of another work."""
    style = parser.add_argument_group("style reference (default: intact regions suggested by the program)")
    style.add_argument(
        "--style",
        type=box,
        action="append",
        default=[],
        metavar="X,Y,W,H",
        help="an intact region; repeatable",
    )
    style.add_argument("--style-image", type=Path, metavar="FILE", help="a picture of another work")


def style_of(args: argparse.Namespace) -> StyleReference | None:
    """Return the style reference of ``args``, or None."""
    if not args.style and args.style_image is None:
        return None
    return StyleReference(tuple(args.style), args.style_image)


def inputs_of(args: argparse.Namespace) -> tuple[Path, ...]:
    """Return every file and folder that a command with these options reads."""
    named = ("painting", "mask", "protect", "clean", "style_image", "project", "exported")
    paths = [path for name in named if (path := getattr(args, name, None)) is not None]
    study = (Path(args.study),) if getattr(args, "study", "") else ()
    return (*paths, *study, *models_of(args))


def models_of(args: argparse.Namespace) -> tuple[Path, ...]:
    """Return the folder of the model of ``args``, if it exists."""
    from imagest_core.errors import ModelError
    from imagest_core.models.installed import find_model

    try:
        return (find_model(getattr(args, "model", "") or ""),)
    except ModelError:
        return ()
