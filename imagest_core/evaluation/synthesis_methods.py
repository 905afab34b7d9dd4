"""Methods that make a picture from a prompt and a style picture, each under a name as on the command line."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imagest_core.arrays import Image
from imagest_core.errors import InputError
from imagest_core.evaluation.baselines import is_amused
from imagest_core.evaluation.named_methods import VQGAN, NamedMethod, parse_method, with_words
from imagest_core.evaluation.style_transfer import style_picture
from imagest_core.progress import Progress
from imagest_core.restoration.modes import DDIM
from imagest_core.synthesis.api import Synthesis as Made
from imagest_core.synthesis.api import check_synthesis, read_style, record_of, synthesis_engine
from imagest_core.synthesis.request import SynthesisRequest, synthesis_engines


@dataclass(frozen=True)
class SynthesisSettings:
    """What all methods share: side in px, DDIM steps, the first seed, guidance and device."""

    side: int = 256
    steps: int = 30
    seed: int = 0
    guidance: float = 7.5
    device: str = "auto"


@dataclass(frozen=True, eq=False)
class Style:
    """A style picture: its file, and the square (side, side, 3) in 0–1 that metrics compare with."""

    path: Path
    square: Image


@dataclass(frozen=True, eq=False)
class Painted:
    """A picture (side, side, 3) in 0–1, the seconds of sampling and decoding it, and its record."""

    picture: Image
    seconds: float
    record: Mapping[str, Any]


class SynthesisMethod:
    """A method that is checked when it is made; raises ``InputError`` and ``ModelError``."""

    def __init__(self, name: str, settings: SynthesisSettings) -> None:
        self.name, self.settings = name, settings
        self.named = parse_method(name)
        self._check()

    @property
    def reads_style(self) -> bool:
        """Whether the model itself reads style pictures."""
        if self.named.engine == VQGAN:
            return False
        engine = synthesis_engine(self.named.engine)
        return bool(engine.style_side_of(self._request("", (), 0).parameters))

    def paint(self, prompt: str, style: Style, number: int, progress: Progress) -> Painted:
        """Make the picture of pair ``number``; raises ``Cancelled``."""
        seed = self.settings.seed + number
        prompt = with_words(prompt, self.named.words) if self.named.words else prompt
        painted = self._vqgan(prompt, seed, progress) if self.named.engine == VQGAN else None
        painted = painted or self._engine(prompt, style, seed, progress)
        return self._styled(painted, style, seed, progress) if self.named.transferred else painted

    def _check(self) -> None:
        settings = self.settings
        if self.named.engine == VQGAN:
            from imagest_core.evaluation.vqgan import check_side, vqgan_model

            model = vqgan_model(self.named.model)
            if not is_amused(model):
                raise InputError(
                    f"{self.name} is a VQGAN alone, which makes no pictures from text: name an Amused model."
                )
            check_side(model, settings.side)
            return
        if self.named.engine not in synthesis_engines():
            raise InputError(
                f"{self.name}: pictures from text are made by {', '.join(synthesis_engines())} and {VQGAN}, "
                f"not by {self.named.engine}."
            )
        check_synthesis(self._request("", (), settings.seed))

    def _request(self, prompt: str, styles: tuple[Path, ...], seed: int) -> SynthesisRequest:
        settings = self.settings
        given = {"prompt": prompt, "guidance": settings.guidance, "steps": settings.steps, "scheduler": DDIM}
        return SynthesisRequest.of(
            self.named.engine,
            **_engine_values(self.named, given),
            style_images=styles,
            width=settings.side,
            height=settings.side,
            seed=seed,
            device=settings.device,
        )

    def _engine(self, prompt: str, style: Style, seed: int, progress: Progress) -> Painted:
        request = self._request(prompt, (style.path,) if self.reads_style else (), seed)
        engine = synthesis_engine(request.engine)
        synthesizer = engine.open_synthesis(
            request.parameters, request.device, read_style(request), progress.part(0.0, 0.0, "loading")
        )
        started = time.perf_counter()
        picture = synthesizer.picture(request.width, request.height, seed, progress)
        seconds = time.perf_counter() - started
        made = Made(picture, seed, synthesizer.facts)
        return Painted(picture, seconds, record_of(request, made, ""))

    def _vqgan(self, prompt: str, seed: int, progress: Progress) -> Painted:
        from imagest_core.evaluation.vqgan import load_vqgan

        network = load_vqgan(self.named.model, self.settings.device)
        started = time.perf_counter()
        picture = network.paint(prompt, self.settings.side, seed, self.settings.steps, progress)
        seconds = time.perf_counter() - started
        facts = {"model": network.model.name, "steps": self.settings.steps, "prompt": prompt}
        record = {"kind": "synthesis", "generated": True, "seed": seed,
                  "engine": {"name": VQGAN, "facts": facts}}  # fmt: skip
        return Painted(picture, seconds, record)

    def _styled(self, painted: Painted, style: Style, seed: int, progress: Progress) -> Painted:
        started = time.perf_counter()
        picture = style_picture(np.asarray(painted.picture, np.float32), style.square, seed, progress)
        seconds = painted.seconds + time.perf_counter() - started
        return Painted(
            picture, seconds, {**painted.record, "second_stage": "colours and texture of the style"}
        )


def _engine_values(named: NamedMethod, given: Mapping[str, Any]) -> dict[str, Any]:
    values = named.values(given)
    values["prompt"] = given["prompt"]  # has the words already
    return values
