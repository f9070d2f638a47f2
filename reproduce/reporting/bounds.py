"""Which values an effect can have at all, so that no table shows others.

Intervals are expanded (``figures.statistics.resampling``), and may reach beyond what a share or a
correlation can be. No verdict hangs on that part: thresholds lie within.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import inf

from figures.domains import DOMAINS
from figures.experiments import domain_of, row_of
from figures.statistics.estimates import Estimate
from reproduce.judging.verdicts import Effect

_OWN = {
    "rank correlation": (-1.0, 1.0),
    "share": (0.0, 1.0),
    "P(": (0.0, 1.0),
    "time to": (0.0, inf),
    "slope": (-inf, inf),
    "largest": (-inf, inf),
    "fluctuation": (-inf, inf),
    "variance": (-inf, inf),
}
"""Of quantities that are not levels of the measure nor differences of levels, by how they begin."""
_CHANGES = ("gain", "dip")


@dataclass(frozen=True)
class Limits:
    """The least and the largest value."""

    low: float
    high: float

    def of(self, estimate: Estimate) -> Estimate:
        """The estimate, its interval within the limits."""
        low, high = max(estimate.low, self.low), min(estimate.high, self.high)
        return replace(estimate, low=low, high=high) if estimate.known else estimate

    def reached(self, told: str) -> str:
        """What five seeds would see (``Effect.seen``); "none" where no value reaches it."""
        found = re.fullmatch(r"(≥|≤) (-?[\d.e+-]+)", told)
        if found is None:
            return told
        value = float(found[2])
        return "none" if (value > self.high if found[1] == "≥" else value < self.low) else told


ANY = Limits(-inf, inf)


def compares(effect: Effect) -> bool:
    """Whether it is a difference of two methods, which has another axis than a level."""
    return " − " in effect.what


def possible(effect: Effect) -> Limits:
    """The limits of an effect's value, by what it is called and its task's measure."""
    difference = compares(effect)
    for start, (low, high) in _OWN.items():
        if effect.what.startswith(start):
            return Limits(low - high, high - low) if difference else Limits(low, high)
    if row_of(effect.task) is None:
        return ANY
    if not DOMAINS[domain_of(effect.task)].measure.per_success:
        return ANY
    return Limits(-1.0 if difference or effect.what.startswith(_CHANGES) else 0.0, 1.0)
