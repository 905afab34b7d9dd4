"""How much work growing texture takes, and how it weighs what it compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from imagest_core.restoration.request import Quality


@dataclass(frozen=True)
class SynthesisParameters:
    """``side`` of the patches (odd) and ``strides`` between them, px; ``rounds`` and ``most`` source patches,
    from the coarsest level to the finest, each twice the size of the one before.

    ``guide``: how much the smooth fill (low pass of ``sigma`` px) counts beside what stands there;
    ``liveliness``: by how much patches asked for depart more from their mean than what stands there;
    ``coherence``: what continues a neighbour's patch may be farther off by the inverse of this, sought in so
    many ``passes``; ``noise``: RMS by which a seed departs from what each level begins with.
    """

    side: int = 7
    strides: tuple[int, ...] = (1, 2, 3)
    rounds: tuple[int, ...] = (4, 3, 2)
    most: tuple[int, ...] = (2500, 5000, 6000)
    components: int = 24
    guide: float = 1.0
    sigma: float = 3.0
    liveliness: float = 1.55
    noise: float = 0.04
    coherence: float = 0.7
    passes: int = 2

    def begun_coarser(self) -> SynthesisParameters:
        """With larger and livelier patches and one more level, of half the coarsest one's size, like it."""
        strides, rounds, most = ((each[0], *each) for each in (self.strides, self.rounds, self.most))
        lively = self.liveliness * LARGER_LIVELIER
        return replace(self, side=LARGER, strides=strides, rounds=rounds, most=most, liveliness=lively)

    def finest_alone(self) -> SynthesisParameters:
        """Without the coarser levels."""
        return replace(self, strides=self.strides[-1:], rounds=self.rounds[-1:], most=self.most[-1:])


EFFORTS: Mapping[Quality, SynthesisParameters] = {
    Quality.DRAFT: SynthesisParameters(rounds=(3, 2, 1), most=(1200, 2500, 3000), liveliness=1.8),
    Quality.STANDARD: SynthesisParameters(),
    Quality.FINE: SynthesisParameters(strides=(1, 2, 2), rounds=(6, 4, 3), most=(3000, 9000, 16_000)),
}
LARGER = 9
"""Side of the patches, px, deep in large losses…"""
LARGER_LIVELIER = 1.1
"""…whose mean is flatter: by how much livelier ones are asked for."""
