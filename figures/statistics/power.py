"""The effect that five seeds could have seen, where they, or fewer, saw nothing.

"Inconclusive" may mean that there is nothing, or that nobody could have told. What five seeds can
tell follows from how far the seeds at hand are apart: with s_i the standard deviation of group i,
the centre of five seeds (a difference of two, likewise) has the standard error

    e = 1.06 sqrt(sum_i s_i^2 / 5),

1.06 because the interquartile mean of five normal values is that much less precise than their mean.
An interval whose end lies q standard errors from the value clears a threshold in 8 of 10
experiments if the truth lies (q + z(0.2)) e beyond it. q is z(alpha) for a percentile interval, and
larger by the expansion for an expanded one (``resampling``); the tests simulate it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL, Floats
from figures.statistics.resampling import Interval, expansion, tail

POWER = 0.8
TRIMMING = (
    1.06  # standard error of an interquartile mean of 5 normal values over that of their mean
)


def spread(groups: Sequence[Floats]) -> float:
    """sqrt(sum of the groups' variances); groups: (seeds,) each, of unknown truth.

    A group of one seed is taken to vary as the others do. NaN where all have one.
    """
    known = [float(np.var(group, ddof=1)) for group in groups if len(group) > 1]
    return float(np.sqrt(len(groups) * np.mean(known))) if known else np.nan


def distance_seen(
    groups: Sequence[Floats],
    *,
    confidence: float,
    method: Interval = "percentile",
    seeds: int = MIN_SEEDS_FOR_INTERVAL,
    freedom: int | None = None,
) -> float:
    """How far beyond a threshold the truth must lie for ``seeds`` seeds a group to show it, with
    probability 0.8, by an interval of this ``confidence``; in the unit of the groups.

    ``freedom`` is the degrees of freedom of an expanded interval, by default those of all groups.

    NaN where no group has two seeds.
    """
    end = (1 - confidence) / 2
    error = TRIMMING * spread(groups) / np.sqrt(seeds)
    quantile = tail(np.inf, end)
    if method == "expanded":
        quantile *= expansion(seeds, freedom or len(groups) * (seeds - 1), confidence)
    return float((quantile + tail(np.inf, 1 - POWER)) * error)


def wins_seen(family: int, alpha: float, seeds: int = MIN_SEEDS_FOR_INTERVAL) -> float:
    """Smallest share of won pairs, U / seeds^2, that the one-sided test of Mann and Whitney finds
    at ``alpha`` / ``family``; infinite where it cannot, even if all are won.

    Exact, without ties.
    """
    pairs = seeds * seeds
    frequency = np.zeros(pairs + 1)  # of every U, over all orders: Gaussian binomial coefficients
    frequency[0] = 1.0
    for top in range(1, seeds + 1):
        for place in range(seeds + top, pairs + 1)[::-1]:
            frequency[place] -= frequency[place - seeds - top]
        for place in range(top, pairs + 1):
            frequency[place] += frequency[place - top]
    tail = np.cumsum(frequency[::-1])[::-1] / frequency.sum()
    found = np.flatnonzero(tail <= alpha / family)
    return float(found[0]) / pairs if found.size else np.inf
