"""``imagest bench diffusion``: our sampling loop beside diffusers' pipeline."""

from __future__ import annotations

import argparse

from imagest_core.extras import require_extra
from imagest_core.printable import show
from imagest_core.progress import Progress


def run(args: argparse.Namespace, progress: Progress) -> None:
    """Measure on the CPU, and on the GPU if there is one, or on ``--device`` only."""
    require_extra("diffusion", "Comparing diffusion models")
    from imagest_core.evaluation.diffusion_speed import measure_diffusion
    from imagest_core.models.hardware import choose_hardware, has_cuda

    devices = [args.device] if args.device else ["cpu", *(["cuda"] if has_cuda() else [])]
    for device in devices:
        progress.check()
        speed = measure_diffusion(
            choose_hardware(device),
            progress,
            small=args.size == "small",
            steps=args.steps,
            repeats=args.repeats,
        )
        show(*speed.lines())
