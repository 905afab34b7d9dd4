"""The table of the bench: what was measured, what it should be at most, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass

HEAD = f"{'':<52}{'measured':>10}          {'bar':<10}"


@dataclass(frozen=True)
class Row:
    """A line of the table: what, how much, and what it should be at most; None where there is no bar."""

    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def met(self) -> bool:
        """Whether the bar is met; true where there is none."""
        return self.limit is None or self.value <= self.limit

    def line(self) -> str:
        """As text."""
        bar = "–" if self.limit is None else f"≤ {self.limit:g}"
        verdict = "" if self.limit is None else "met" if self.met else "MISSED"
        return f"{self.name:<52}{self.value:>10.2f} {self.unit:<8} {bar:<10}{verdict}".rstrip()


def summary(rows: list[Row]) -> str:
    """How many bars are met."""
    barred = [row for row in rows if row.limit is not None]
    return f"{sum(row.met for row in barred)} of {len(barred)} bars are met"
