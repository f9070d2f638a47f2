"""What an effect is asked: whether its interval lies wholly on one side.

Wholly beyond the threshold supports, wholly on the other side contradicts, anything else is
inconclusive. Without an interval (fewer than 5 seeds) nothing is concluded, whatever the point
says.

A claim about many effects gives chance many occasions. Each end of an interval errs with
probability alpha (2.5 %, for similarity 5 %); where any one of n effects could decide by mistake,
it must pass alpha / n (Bonferroni, valid however the effects depend on each other). The interval is
stretched accordingly, as if the estimate were normal: by z(alpha / n) / z(alpha) on either side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from scipy import stats

from figures.estimates import Equivalence, Estimate


class Verdict(StrEnum):
    """How a claim stands, or an effect of it."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"
    NOT_TESTABLE = "not testable"


class Condition(Protocol):
    """Of one effect. ``supports`` and ``contradicts``: among how many effects a mistake would do,
    that is, by how much alpha is divided."""

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        """SUPPORTED, CONTRADICTED or INCONCLUSIVE."""


def stretched(estimate: Estimate, family: int) -> tuple[float, float]:
    """The ends of the interval at alpha / ``family`` instead of alpha; NaN where there is none."""
    alpha = (1 - estimate.confidence) / 2
    scale = float(stats.norm.isf(alpha / family) / stats.norm.isf(alpha))
    value = estimate.value
    return value + scale * (estimate.low - value), value + scale * (estimate.high - value)


@dataclass(frozen=True)
class Above:
    """The effect is above ``threshold``."""

    threshold: float

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        if stretched(estimate, supports)[0] > self.threshold:
            return Verdict.SUPPORTED
        below = stretched(estimate, contradicts)[1] < self.threshold
        return Verdict.CONTRADICTED if below else Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Below:
    """The effect is below ``threshold``."""

    threshold: float

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        if stretched(estimate, supports)[1] < self.threshold:
            return Verdict.SUPPORTED
        above = stretched(estimate, contradicts)[0] > self.threshold
        return Verdict.CONTRADICTED if above else Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Within:
    """The effect is within +-``margin``: two one-sided tests by the 90 % interval.

    No significant difference is not similarity: too wide an interval is inconclusive.
    """

    margin: float

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        if self._equivalence(estimate, supports) == "equivalent":
            return Verdict.SUPPORTED
        outside = self._equivalence(estimate, contradicts) == "different"
        return Verdict.CONTRADICTED if outside else Verdict.INCONCLUSIVE

    def _equivalence(self, estimate: Estimate, family: int) -> str:
        low, high = stretched(estimate, family)
        return Equivalence(replace(estimate, low=low, high=high), self.margin).verdict


@dataclass(frozen=True)
class First:
    """The effect is the probability of being first, and at least ``probability``.

    Contradicted where it is as small as the other side of that: at most 1 - ``probability``.
    """

    probability: float

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        error = 1 - self.probability
        if estimate.value >= 1 - error / supports:
            return Verdict.SUPPORTED
        last = estimate.value <= error / contradicts
        return Verdict.CONTRADICTED if last else Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Never:
    """``condition``, where ``excluded`` cannot be concluded from these runs."""

    excluded: Verdict
    condition: Condition

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        found = self.condition.verdict(estimate, supports=supports, contradicts=contradicts)
        return Verdict.INCONCLUSIVE if found is self.excluded else found
