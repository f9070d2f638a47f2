"""The effect that five seeds could have shown, for runs that showed nothing.

"Inconclusive" may mean that there is no effect, or that the seeds were too few. The spread of the
present seeds tells what five seeds can show. Let s_i be the standard deviation of group i. The
centre of five seeds, or the difference of two such centres, has the standard error

    e = 1.06 sqrt(sum_i s_i^2 / 5).

The factor 1.06 arises because the interquartile mean of five normal values is less precise than
their mean. The end of an interval lies q standard errors from the value. The interval clears a
threshold in 8 of 10 experiments if the truth lies (q + z(0.2)) e beyond the threshold. q is
z(alpha) for a percentile interval. It is larger by the expansion for an expanded interval
(``resampling``). The tests simulate it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL, Floats
from figures.statistics.resampling import Interval, expansion, tail

POWER = 0.8
SEEDS = MIN_SEEDS_FOR_INTERVAL
TRIMMING = (
    1.06  # standard error of an interquartile mean of 5 normal values over that of their mean
)


def spread(groups: Sequence[Floats]) -> float:
    """sqrt(sum of the groups' variances), estimated from groups of (seeds,) each.

    A group of one seed counts with the mean variance of the others. NaN if all have one seed.
    """
    known = [float(np.var(group, ddof=1)) for group in groups if len(group) > 1]
    return float(np.sqrt(len(groups) * np.mean(known))) if known else np.nan


def distance_seen(
    groups: Sequence[Floats],
    *,
    confidence: float,
    method: Interval = "percentile",
    freedom: float | None = None,
    family: int = 1,
    noise: float = 0.0,
    shared: float = 0.0,
) -> float:
    """How far beyond a threshold the truth must lie so that seeds show it with probability 0.8.

    Each group has five seeds. They show it by an interval of this ``confidence``, as one of
    ``family`` effects that could decide by mistake. The distance is in the unit of the groups.
    ``freedom`` is the degrees of freedom of an expanded interval, by default Welch's of such
    groups. ``noise`` is the standard error of five seeds from their episodes alone, below
    which no interval falls (``resampling.at_least``). ``shared`` is the standard error that all
    seeds share (``resampling.widened``). The result is NaN if no group has two seeds.
    """
    end = (1 - confidence) / 2 / family
    error = TRIMMING * spread(groups) / np.sqrt(SEEDS)
    quantile, least = tail(np.inf, end), tail(np.inf, (1 - confidence) / 2)
    if method == "expanded":
        freedom = freedom or _freedom(groups) * (SEEDS - 1)
        quantile *= expansion(SEEDS, freedom, 1 - 2 * end)
        least *= tail(freedom, end) / tail(freedom, (1 - confidence) / 2)
    beyond = tail(np.inf, 1 - POWER)
    alone = np.maximum((quantile + beyond) * error, (least + beyond) * noise)
    return float(np.hypot(alone, (least + beyond) * shared))


def _freedom(groups: Sequence[Floats]) -> float:
    """Welch's degrees of freedom over those of one group, for groups of equal size."""
    known = np.array([np.var(group, ddof=1) for group in groups if len(group) > 1])
    variances = np.full(len(groups), known.mean() if known.size else 0.0)
    variances[: known.size] = known  # a single run counts with the mean of the others
    return float(variances.sum() ** 2 / (variances**2).sum()) if variances.any() else 1.0


def wins_seen(alpha: float) -> float:
    """Smallest share of won pairs, U / 25 of 5 against 5 seeds, that is significant at ``alpha``.

    The test is Mann and Whitney's one-sided test, exact, without ties. The share is infinite if the
    test finds nothing even when all pairs are won.
    """
    pairs = SEEDS * SEEDS
    frequency = np.zeros(pairs + 1)  # of each U, over all orders: Gaussian binomial coefficients
    frequency[0] = 1.0
    for top in range(1, SEEDS + 1):
        for place in range(SEEDS + top, pairs + 1)[::-1]:
            frequency[place] -= frequency[place - SEEDS - top]
        for place in range(top, pairs + 1):
            frequency[place] += frequency[place - top]
    tail = np.cumsum(frequency[::-1])[::-1] / frequency.sum()
    found = np.flatnonzero(tail <= alpha)
    return float(found[0]) / pairs if found.size else np.inf
