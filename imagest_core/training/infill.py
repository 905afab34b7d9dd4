"""The training of the infill: a mixture of Gaussians fitted to patches of paintings.

Expectation–maximisation with hard assignments: each patch goes to the component, and to the way of
turning it, that fit it best; each component's covariance is learned anew from its patches, turned alike.
A round takes seconds; each is kept on disk, so a run goes on where it was stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from imagest_core.errors import ModelError
from imagest_core.models.infill import (
    GREY,
    InfillConfig,
    PatchMixture,
    principal_basis,
    scores,
    shape_of,
    turns,
)
from imagest_core.painting.picture_files import write_picture
from imagest_core.progress import Progress
from imagest_core.restoration.patch_infill import infill
from imagest_core.training.autoencoder import as_picture, hole_psnr, prefill
from imagest_core.training.examples import Batch
from imagest_core.training.images import Works
from imagest_core.training.log import log
from imagest_core.training.state import STATE, Clock, averaged, network_of, read_state, write_state

PRIOR = 100.0
"""As many patches of the average kind are added to each component: the rare ones stay sound."""
CHUNK = 4096
_Fit = Callable[[Tensor], Tensor]
"""Coordinates of patches (n, kept) → how well each component fits them (n, components)."""


@dataclass(frozen=True)
class InfillOptions:
    """``patches`` to learn from; ``rounds`` at most; how often held-out works are measured."""

    folder: Path
    patches: int = 250_000
    rounds: int = 26
    evaluate_every: int = 5
    seed: int = 0


def sampled_patches(works: Works, side: int, count: int, seed: int) -> Tensor:
    """Shapes (about ``count``, side²) of grey patches from random places, as many of each picture."""
    rng = np.random.default_rng(seed)
    each = -(-count // len(works))
    patches = []
    for picture in works.pictures:
        if min(picture.shape[:2]) < side:
            continue
        grey = (picture.astype(np.float32) / 255) @ np.array(GREY, np.float32)
        view = np.lib.stride_tricks.sliding_window_view(grey, (side, side))
        rows, columns = (rng.integers(0, size, each) for size in view.shape[:2])
        patches.append(view[rows, columns].reshape(each, -1))
    if not patches:
        raise ModelError(f"No picture is large enough to learn patches of {side} px from.")
    return shape_of(torch.from_numpy(np.concatenate(patches)))


class PatchFit:
    """Patches, and how a mixture is fitted to them, round by round."""

    def __init__(self, patches: Tensor, config: InfillConfig, seed: int = 0) -> None:
        self.patches, self.config, self.seed = patches, config, seed
        self.ways = turns(config.side)
        straight = patches.T @ patches / len(patches)
        self.mean = sum((straight[way][:, way] for way in self.ways), torch.zeros_like(straight)) / len(
            self.ways
        )
        self.basis = principal_basis(self.mean.double(), config.kept).float()

    def first(self) -> PatchMixture:
        """A mixture begun from patches that are like ones chosen at random."""
        rng = np.random.default_rng(self.seed)
        seeds = self.patches[torch.from_numpy(rng.choice(len(self.patches), self.config.components, False))]
        unit = torch.nn.functional.normalize(seeds @ self.basis)
        return self._learned(self._assigned(lambda z: (torch.nn.functional.normalize(z) @ unit.T).abs())[0])

    def improved(self, mixture: PatchMixture) -> tuple[PatchMixture, float]:
        """A round; beside it the mean log-likelihood of the patches under ``mixture``, but for a constant."""
        basis = self.basis.double()
        whitening, offset = scores(basis.T @ mixture.covariances() @ basis, mixture.shares.detach().double())
        white, level = whitening.float(), offset.float()
        assigned, likelihood = self._assigned(
            lambda z: level - 0.5 * torch.einsum("ckj,nj->nck", white, z).square().sum(2)
        )
        return self._learned(assigned), likelihood

    def _assigned(self, fit: _Fit) -> tuple[Tensor, float]:
        """For each patch way × components + component with the best fit, and the mean of that fit."""
        labels, best = [], []
        for part in torch.split(self.patches, CHUNK):
            fits = torch.cat([fit(part[:, way] @ self.basis) for way in self.ways], 1)
            value, label = fits.max(1)
            labels.append(label)
            best.append(value)
        return torch.cat(labels), float(torch.cat(best).mean())

    def _learned(self, labels: Tensor) -> PatchMixture:
        covariances, counts = [], []
        for component in range(self.config.components):
            total, count = PRIOR * self.mean.double(), PRIOR
            for number, way in enumerate(self.ways):
                own = self.patches[labels == number * self.config.components + component][:, way]
                total, count = total + (own.T @ own).double(), count + len(own)
            covariances.append(total / count + 1e-4 * torch.eye(len(total)))
            counts.append(count - PRIOR)
        mixture = PatchMixture(self.config)
        shares = torch.tensor(counts)
        mixture.set(torch.stack(covariances), shares / shares.sum())
        return mixture


def train_infill(
    works: Works, held_out: Batch, config: InfillConfig, options: InfillOptions, progress: Progress
) -> PatchMixture:
    """Fit a mixture, or go on with the one in the run's folder; a kill costs a round."""
    fit = PatchFit(sampled_patches(works, config.side, options.patches, options.seed), config, options.seed)
    kept, clock = _resumed(options.folder, config)
    mixture = kept or fit.first()
    began = time.monotonic() - clock.seconds
    while clock.step < options.rounds:
        mixture, likelihood = fit.improved(mixture)
        clock.step, clock.seconds = clock.step + 1, time.monotonic() - began
        _save(options.folder, mixture, clock)
        log(options.folder, clock, "train", {"likelihood": likelihood})
        if clock.step % options.evaluate_every == 0 or clock.step == options.rounds:
            _evaluate(mixture, held_out, options.folder, clock)
        progress.part(0.0, 1.0, "training").set(clock.step / options.rounds, clock.step, options.rounds)
    return mixture


@torch.inference_mode()
def _evaluate(mixture: PatchMixture, held_out: Batch, folder: Path, clock: Clock) -> None:
    """Log the PSNR in the hole beside the pre-fill's; keep a picture of damage, both fills and truth."""
    clean, mask = held_out.clean, held_out.mask
    prefilled, tables = prefill(clean, mask), [mixture.tables()]
    filled = torch.stack([infill((p + 1) / 2, m[0] > 0.5, tables) * 2 - 1 for p, m in zip(prefilled, mask)])
    images: Mapping[str, Tensor] = {"prefill": prefilled, "infill": filled}
    log(folder, clock, "held-out", {k: float(hole_psnr(v, clean, mask).mean()) for k, v in images.items()})
    columns = [clean * (1 - mask), prefilled, filled, clean]
    rows = [torch.cat([column[i] for column in columns], dim=2) for i in range(min(6, len(clean)))]
    picture: NDArray[np.uint8] = as_picture(torch.cat(rows, dim=1))
    write_picture(folder / f"held-out-{clock.step:06d}.png", picture[..., ::-1])


def _save(folder: Path, mixture: PatchMixture, clock: Clock) -> None:
    tensors = {f"average.{name}": value.contiguous() for name, value in mixture.state_dict().items()}
    write_state(folder, tensors, clock)


def _resumed(folder: Path, config: InfillConfig) -> tuple[PatchMixture | None, Clock]:
    if not (folder / STATE).is_file():
        return None, Clock()
    _, clock = read_state(folder / STATE)
    return _filled(config, folder), clock


def learned_infill(run: Path) -> PatchMixture:
    """The mixture of a training run or a model; raises ``ModelError`` where there is none."""
    config = network_of(run).infill
    if config is None:
        raise ModelError(f"The model {run.name} has no infill.")
    return _filled(config, run)


def _filled(config: InfillConfig, run: Path) -> PatchMixture:
    mixture = PatchMixture(config)
    weights = averaged(run, "factors", "shares")
    expected = mixture.state_dict()
    if weights.keys() != expected.keys() or any(weights[k].shape != v.shape for k, v in expected.items()):
        raise ModelError(f"{run} belongs to an infill of another shape: start in a new folder.")
    mixture.load_state_dict(weights)
    return mixture
