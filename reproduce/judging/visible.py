"""Which effect five seeds would have shown, had it been there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Place = Literal["≥ ", "≤ ", "within ±"]


@dataclass(frozen=True)
class Visible:
    """The smallest effect that would be seen in 8 of 10 experiments; of likeness the largest.

    Attributes:
        place: on which side of ``bound`` it lies.
        bound: three significant digits; None if no effect would be seen.
        runs: of how many runs ``bound`` counts those that hold; 0 if it is no such count.
    """

    place: Place = "≥ "
    bound: float | None = None
    runs: int = 0

    def __str__(self) -> str:
        of = f" of {self.runs}" if self.runs else ""
        if self.bound is None:
            return f"none{of}"
        return f"{self.place}{self.bound:{'.0f' if self.runs else '.3g'}}{of}"


NOTHING = Visible()
"""No effect would be seen."""


def bounded(place: Place, bound: float) -> Visible:
    """An effect, in three digits: more than an estimate from the spread of a few seeds has."""
    return Visible(place, float(f"{bound:.3g}"))


def beyond(threshold: float, distance: float, side: str = "above") -> Visible | None:
    """``≥ 0.2``: the smallest effect that would be seen, ``distance`` beyond ``threshold``.

    It is None if the distance is unknown: single runs, or runs without any spread.
    """
    if not (np.isfinite(distance) and distance > 0):
        return None
    if side == "above":
        return bounded("≥ ", threshold + distance)
    return bounded("≤ ", threshold - distance)


def inside(margin: float, distance: float) -> Visible | None:
    """``within ±0.03``: the largest effect that would be seen to lie inside the margin."""
    if not (np.isfinite(distance) and distance > 0):
        return None
    return bounded("within ±", margin - distance) if distance < margin else NOTHING
