"""What an effect is asked: where its interval lies.

A claim has a direction and a size, such as "better by more than delta". ``zero`` is the value
without any effect: 0 of a difference, 1 of a ratio. The place of the interval gives the verdict:

* wholly beyond the size: supported;
* wholly on the other side of ``zero``: contradicted;
* else wholly short of the size, whatever its direction: smaller than claimed;
* anything else: inconclusive.

A claim of a direction alone, or of a level ("more than half"), has its size as ``zero``. Likeness
within a margin is contradicted by an interval wholly beyond the margin, on either side. Nothing is
concluded without an interval (fewer than 5 seeds), whatever the point says.

A claim about many effects gives chance many occasions. Each end of an interval errs with
probability alpha. If any one of n effects could decide by mistake, each must pass alpha / n
(Bonferroni, valid however the effects depend on each other). The interval is therefore stretched by
t(alpha / n) / t(alpha) on either side. This takes its tails to be those of the t distribution. The
seeds determine its degrees of freedom. The interval of a proportion is exact instead, that of a
ratio of times is stretched in logarithms, as it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from figures.statistics.estimates import PROPORTION, Equivalence, Estimate, proportion
from figures.statistics.resampling import tail
from figures.statistics.survival import RATIO, moved


class Verdict(StrEnum):
    """The verdict on a claim, or on one of its effects."""

    SUPPORTED = "supported"
    SMALLER = "smaller than claimed"
    CONTRADICTED = "contradicted"
    INCONCLUSIVE = "inconclusive"
    NOT_DECIDABLE = "not decidable here"
    NOT_RUN = "not run"
    NOT_TESTABLE = "not testable"


DECIDED = (Verdict.SUPPORTED, Verdict.SMALLER, Verdict.CONTRADICTED)
"""Verdicts that need no more seeds."""


class Condition(Protocol):
    """What is asked of one effect.

    ``supports`` and ``contradicts`` divide alpha. Each is a number of effects. A mistake in any one
    of them would make the verdict wrong.
    """

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        """SUPPORTED, SMALLER, CONTRADICTED or INCONCLUSIVE."""


def stretched(estimate: Estimate, family: int) -> tuple[float, float]:
    """The ends of the interval at alpha / ``family`` instead of alpha; NaN without an interval."""
    alpha = (1 - estimate.confidence) / 2
    value = estimate.value
    if estimate.name == PROPORTION:
        successes = round(value * estimate.seeds)
        exact = proportion(successes, estimate.seeds, 1 - 2 * alpha / family)
        return exact.low, exact.high
    scale = tail(estimate.freedom, alpha / family) / tail(estimate.freedom, alpha)
    if estimate.name == RATIO:
        return moved(value, estimate.low, scale), moved(value, estimate.high, scale)
    return value + scale * (estimate.low - value), value + scale * (estimate.high - value)


@dataclass(frozen=True)
class Above:
    """The effect is above ``threshold``.

    ``zero`` is the value without any effect, at most the threshold. Only the direction counts if it
    is None.
    """

    threshold: float
    zero: float | None = None

    def __post_init__(self) -> None:
        if self.zero is not None and self.zero > self.threshold:
            raise ValueError(f"zero {self.zero} is above the threshold {self.threshold}")

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        """SMALLER if the interval lies below the threshold, but not below ``zero``."""
        zero = self.threshold if self.zero is None else self.zero
        low, high = stretched(estimate, supports)[0], stretched(estimate, contradicts)[1]
        if low > self.threshold:
            return Verdict.SUPPORTED
        if high < zero:
            return Verdict.CONTRADICTED
        if high < self.threshold:
            return Verdict.SMALLER
        return Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Counted:
    """The effect is above ``threshold``, and its interval holds all that it can be.

    Such an interval comes from counting, not from a sample. It does not err, so that it is never
    stretched.
    """

    threshold: float

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        """SUPPORTED above the threshold, CONTRADICTED at or below it, INCONCLUSIVE across it."""
        if estimate.low > self.threshold:
            return Verdict.SUPPORTED
        return Verdict.CONTRADICTED if estimate.high <= self.threshold else Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Below:
    """The effect is below the level ``threshold``."""

    threshold: float

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        """SUPPORTED below the level, CONTRADICTED above it, INCONCLUSIVE across it."""
        if stretched(estimate, supports)[1] < self.threshold:
            return Verdict.SUPPORTED
        above = stretched(estimate, contradicts)[0] > self.threshold
        return Verdict.CONTRADICTED if above else Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Within:
    """The effect is within +-``margin``; contradicted if it certainly exceeds the margin.

    An insignificant difference does not prove similarity: too wide an interval is inconclusive.
    """

    margin: float

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        """SUPPORTED within the margin, CONTRADICTED wholly beyond it, else INCONCLUSIVE."""
        if self._equivalence(estimate, supports) == "equivalent":
            return Verdict.SUPPORTED
        outside = self._equivalence(estimate, contradicts) == "different"
        return Verdict.CONTRADICTED if outside else Verdict.INCONCLUSIVE

    def _equivalence(self, estimate: Estimate, family: int) -> str:
        low, high = stretched(estimate, family)
        return Equivalence(replace(estimate, low=low, high=high), self.margin).verdict


@dataclass(frozen=True)
class Ranked:
    """The effect, a probability, is above 1/2 by its interval and by a rank test.

    ``above`` is the one-sided p-value of the test that it is above, ``below`` that it is below. An
    interval of no width (all pairs won) says nothing of chance: the test does, at ``alpha`` divided
    as the intervals' alpha is.
    """

    above: float
    below: float
    alpha: float

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        """SUPPORTED, CONTRADICTED or INCONCLUSIVE."""
        found = Above(0.5).verdict(estimate, supports=supports, contradicts=contradicts)
        if found is Verdict.SUPPORTED and self.above < self.alpha / supports:
            return found
        if found is Verdict.CONTRADICTED and self.below < self.alpha / contradicts:
            return found
        return Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Held:
    """The share of runs that hold a level meets ``condition``, by exact intervals.

    ``held`` of ``runs`` hold it, and ``unknown`` more may yet: the interval covers whatever these
    would do.
    """

    held: int
    unknown: int
    runs: int
    condition: Above | Below

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        """SUPPORTED, CONTRADICTED or INCONCLUSIVE, each at its own share of alpha."""

        def found(family: int) -> Verdict:
            low, high = self.ends(1 - (1 - estimate.confidence) / family)
            return self.condition.verdict(replace(estimate, low=low, high=high, name="share"))

        if found(supports) is Verdict.SUPPORTED:
            return Verdict.SUPPORTED
        against = found(contradicts) is Verdict.CONTRADICTED
        return Verdict.CONTRADICTED if against else Verdict.INCONCLUSIVE

    def ends(self, confidence: float) -> tuple[float, float]:
        """The exact interval of the share, at this ``confidence``."""
        least = proportion(self.held, self.runs, confidence)
        most = proportion(self.held + self.unknown, self.runs, confidence)
        return least.low, most.high

    def may_decide(self, estimate: Estimate) -> bool:
        """Whether some outcome of the unknown runs would decide."""
        outcomes = (replace(self, held=self.held + n, unknown=0) for n in range(self.unknown + 1))
        return any(each.verdict(estimate) is not Verdict.INCONCLUSIVE for each in outcomes)


@dataclass(frozen=True)
class Never:
    """``condition``, except that these runs cannot conclude any verdict of ``excluded``."""

    excluded: tuple[Verdict, ...]
    condition: Condition

    def verdict(self, estimate: Estimate, *, supports: int = 1, contradicts: int = 1) -> Verdict:
        """INCONCLUSIVE in place of a verdict of ``excluded``; else that of ``condition``."""
        found = self.condition.verdict(estimate, supports=supports, contradicts=contradicts)
        return Verdict.INCONCLUSIVE if found in self.excluded else found
