"""A value with its interval, by the bootstrap from five seeds on.

An expanded interval is the percentile interval stretched about the value by
sqrt(n / (n - 1)) t_f(alpha) / z(alpha). n is the number of seeds of the smallest sample. f is the
degrees of freedom: all seeds minus one for each sample, or those of Welch (``welch``) where two
samples are subtracted. A bootstrap of n values is too narrow, and the first factor repairs that. It
also takes the spread of the values for the true spread, and the quotient t / z repairs that. This
follows Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 2015,
who moves the quantiles instead.

The spread of a few seeds may be smaller than the noise of the episodes that measured them, or none
at all. ``at_least`` makes an interval as wide as that noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import special

from figures.statistics.across_seeds import CONFIDENCE, MIN_SEEDS_FOR_INTERVAL, Floats
from figures.statistics.bootstrap import bootstrap

Interval = Literal["percentile", "expanded"]


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Attributes:
        value: the estimate.
        low: lower end of the interval; NaN without an interval.
        high: upper end, likewise.
        seeds: of the smallest group that entered.
        name: what ``value`` is.
        confidence: of the two-sided interval.
        freedom: degrees of freedom of the t distribution that a wider interval takes for its tails.
            Infinite means the tails of the normal distribution.
    """

    value: float
    low: float
    high: float
    seeds: int
    name: str
    confidence: float = CONFIDENCE
    freedom: float = np.inf

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return not (np.isnan(self.low) or np.isnan(self.high))


def checked(values: Floats, name: str = "values") -> Floats:
    """``values`` as a float array of shape (n,), n >= 1.

    Raises:
        ValueError: another shape, no value, or one that is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name}: shape {array.shape}, must be (seeds,)")
    if array.size == 0:
        raise ValueError(f"{name}: no value; leave the group out or run its seeds")
    if not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name}: value {bad} is {array[bad]}; leave that run out and say so")
    return array


def checked_groups(groups: Sequence[Floats], name: str = "groups") -> list[Floats]:
    """Every group as ``checked`` returns it.

    Raises:
        ValueError: there is no group, or ``checked`` refuses one.
    """
    if len(groups) == 0:
        raise ValueError(f"{name}: no group; give one array of values a task")
    return [checked(group, f"{name}[{number}]") for number, group in enumerate(groups)]


def tail(freedom: float, probability: float) -> float:
    """The value that a t distribution with this ``freedom`` exceeds with this probability."""
    if np.isinf(freedom):
        return float(-special.ndtri(probability))
    return float(-special.stdtrit(freedom, probability))


def expansion(seeds: int, freedom: float, confidence: float) -> float:
    """The width of an expanded interval over that of the percentile interval."""
    end = (1 - confidence) / 2
    return float(np.sqrt(seeds / (seeds - 1))) * tail(freedom, end) / tail(np.inf, end)


def pooled(samples: Sequence[Floats]) -> float:
    """The degrees of freedom of all samples together: their seeds minus one for each sample."""
    return float(sum(len(sample) - 1 for sample in samples))


def welch(samples: Sequence[Floats], weights: Sequence[float] | None = None) -> float:
    """The degrees of freedom of a weighted sum of means, if the spreads of the samples differ.

    These are (sum_i e_i)^2 / sum_i (e_i^2 / (n_i - 1)), where e_i = w_i^2 s_i^2 / n_i (Welch,
    "The Generalization of Student's Problem", Biometrika 1947). If one sample has all the spread,
    they are those of this sample. Without any spread they are those of the smallest sample.

    Args:
        samples: (n_i,) each, at least two values.
        weights: w_i of each sample's mean; all equal if None, as in a difference.
    """
    weights = weights or [1.0] * len(samples)
    errors = [
        weight**2 * float(np.var(sample, ddof=1)) / len(sample)
        for weight, sample in zip(weights, samples, strict=True)
    ]
    if not sum(errors) > 0:
        return float(min(map(len, samples)) - 1)
    parts = zip(errors, samples, strict=True)
    return sum(errors) ** 2 / sum(error**2 / (len(sample) - 1) for error, sample in parts)


def estimate(
    samples: Sequence[Floats],
    statistic: Callable[..., Floats],
    name: str,
    confidence: float,
    method: Interval = "percentile",
    freedom_of: Callable[[Sequence[Floats]], float] = pooled,
) -> Estimate:
    """The statistic of the samples, with its interval if every sample has 5 seeds.

    ``freedom_of`` gives the degrees of freedom of an expanded interval.
    """
    seeds, freedom = min(map(len, samples)), pooled(samples)
    value, low, high = float(statistic(*samples)), np.nan, np.nan
    if seeds >= MIN_SEEDS_FOR_INTERVAL:
        low, high = map(float, bootstrap(samples, statistic, confidence))
        freedom = freedom_of(samples)
        if method == "expanded":
            wider = expansion(seeds, freedom, confidence)
            low, high = value + wider * (low - value), value + wider * (high - value)
    return Estimate(value, low, high, seeds, name, confidence, freedom)


def at_least(found: Estimate, noise: float) -> Estimate:
    """``found`` with an interval no narrower than the one that ``noise`` alone would have.

    Args:
        found: any estimate.
        noise: standard error of its value from the evaluation episodes alone, in its unit. It is
            known, not estimated from seeds, so that its tails are those of the normal distribution.
    """
    reach = tail(np.inf, (1 - found.confidence) / 2) * noise
    if not found.known or reach == 0:
        return found
    return replace(
        found, low=min(found.low, found.value - reach), high=max(found.high, found.value + reach)
    )


def widened(found: Estimate, shared: float) -> Estimate:
    """``found`` with an interval that also holds an error which all its runs share.

    Variances add: each end moves to value +- sqrt(reach^2 + (z shared)^2), where reach is its
    distance from the value and z the normal quantile of the interval's confidence.

    Args:
        found: any estimate.
        shared: standard error of its value that more runs do not reduce, in its unit.
    """
    more = tail(np.inf, (1 - found.confidence) / 2) * shared
    if not found.known or more == 0:
        return found
    low, high = found.value - found.low, found.high - found.value
    return replace(
        found,
        low=found.value - float(np.hypot(low, more)),
        high=found.value + float(np.hypot(high, more)),
    )
