"""Times until a threshold is reached, if some runs never reach it in their budget.

Runs that do not reach it are right-censored. Leaving them out would make a method that fails look
fast. So would counting their budget as their time. A sample is a pair ``(times, observed)`` of
shape (n,): online steps, and whether the threshold was reached then
(``scalars.time_to_threshold``).

The estimator is that of Kaplan and Meier 1958. The interval of the median is that of Brookmeyer and
Crowley 1982 with the log(-log) transform. The restricted mean follows Royston and Parmar 2013.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from figures.statistics.across_seeds import CONFIDENCE, MIN_SEEDS_FOR_INTERVAL, Floats
from figures.statistics.bootstrap import bootstrap
from figures.statistics.estimates import Estimate
from figures.statistics.resampling import checked, expansion

RATIO = "ratio of restricted mean times"
"""The name of its estimates, whose intervals are made and stretched in logarithms."""
Bools = npt.NDArray[np.bool_]
Sample = tuple[Floats, Bools]


@dataclass(frozen=True)
class Survival:
    """Kaplan-Meier summary of one sample; all times in online environment steps.

    Attributes:
        median: first time at which at most half of the runs are still below the threshold;
            infinite if there is no such time.
        median_high: upper end of the 95 % interval of the median; infinite if there is none, NaN
            below 5 runs.
        restricted_mean: mean time spent below the threshold until ``horizon``.
        horizon: where the restricted mean ends.
        observed: number of runs that reached the threshold.
        n: number of runs.
    """

    median: float
    median_high: float
    restricted_mean: float
    horizon: float
    observed: int
    n: int


def kaplan_meier(times: Floats, observed: Bools, horizon: float) -> Survival:
    """Estimate how long it takes to reach the threshold.

    ``median_high`` is the first time at which the upper pointwise 95 % limit of the survival
    function S (two-sided, log(-log), Greenwood's variance) is at most 1/2. This limit does not
    exist where S is 0. The exact binomial limit of 0 in ``observed`` replaces it there. A finite
    bound therefore needs six runs (1/2^5 > 2.5 %).

    Args:
        times: (n,) steps at which a run reached the threshold, or was last seen below it.
        observed: (n,) True if the run reached the threshold.
        horizon: end of the restricted mean, at most the longest time unless all runs reached it.

    Raises:
        ValueError: wrong shapes, a negative or non-finite time, or a horizon that is not positive
            or lies beyond the last known time.
    """
    sample = _checked(times, observed, "times")
    _check_horizon(sample, horizon)
    survival = stats.ecdf(_censored(sample)).sf
    below = survival.quantiles[survival.probabilities <= 0.5]
    n, reached = len(sample[0]), int(sample[1].sum())
    return Survival(
        median=float(below[0]) if below.size else np.inf,
        median_high=_median_high(survival, reached) if n >= MIN_SEEDS_FOR_INTERVAL else np.nan,
        restricted_mean=float(_restricted_mean(*sample, horizon)),
        horizon=float(horizon),
        observed=reached,
        n=n,
    )


def restricted_mean_ratio(a: Sample, b: Sample, horizon: float) -> Estimate:
    """Restricted mean time of ``a`` over that of ``b``: above 1 if b is faster.

    Runs are resampled within each sample. The interval is the 95 % percentile interval, expanded on
    the scale of logarithms with the freedom of one sample (``resampling``). Percentiles alone would
    err with 5 runs: they call one of two equal samples slower in one experiment of ten. The ratio
    is infinite if b needs no time, and 1 if neither does.

    Raises:
        ValueError: as ``kaplan_meier`` does.
    """
    first, second = _checked(*a, "a"), _checked(*b, "b")
    for sample in (first, second):
        _check_horizon(sample, horizon)

    def share(in_a: npt.NDArray[np.int64], in_b: npt.NDArray[np.int64]) -> Floats:
        # a / (a + b) is monotone in a / b and stays finite, so its percentiles exist.
        mean_a = _restricted_mean(first[0][in_a], first[1][in_a], horizon)
        mean_b = _restricted_mean(second[0][in_b], second[1][in_b], horizon)
        total = mean_a + mean_b
        return np.where(total > 0, mean_a / np.where(total > 0, total, 1.0), 0.5)

    every = [np.arange(len(first[0])), np.arange(len(second[0]))]
    seeds, value = min(map(len, every)), _ratio(share(*every))
    low, high = np.nan, np.nan
    if seeds >= MIN_SEEDS_FOR_INTERVAL:
        ends, wider = bootstrap(every, share, CONFIDENCE), expansion(seeds, seeds - 1, CONFIDENCE)
        low, high = (moved(value, _ratio(end), wider) for end in ends)
    return Estimate(value, low, high, seeds, RATIO, CONFIDENCE, seeds - 1)


def log_rank(a: Sample, b: Sample) -> float:
    """Two-sided p-value of the log-rank test that both samples have the same survival function.

    It is 1 if the samples say nothing: no run reached the threshold, or all did at the same time.

    Raises:
        ValueError: wrong shapes, or a negative or non-finite time.
    """
    first, second = _checked(*a, "a"), _checked(*b, "b")
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = float(stats.logrank(_censored(first), _censored(second)).pvalue)
    return 1.0 if np.isnan(p_value) else p_value


def _checked(times: Floats, observed: Bools, name: str) -> Sample:
    steps, reached = checked(times, name), np.asarray(observed)
    if reached.dtype != np.bool_ or reached.shape != steps.shape:
        raise ValueError(
            f"{name}: observed must be {steps.shape} of bool, is {reached.shape} of {reached.dtype}"
        )
    if (steps < 0).any():
        raise ValueError(f"{name}: time {steps.min()} is negative; offline steps count as 0")
    # At equal times events come before censored runs: those were still below the threshold then.
    order = np.lexsort((~reached, steps))
    return steps[order], reached[order]


def _check_horizon(sample: Sample, horizon: float) -> None:
    times, observed = sample
    if not (np.isfinite(horizon) and horizon > 0):
        raise ValueError(f"horizon {horizon} must be positive and finite")
    if horizon > times[-1] and not observed[-1]:
        raise ValueError(
            f"horizon {horizon:g}: after {times[-1]:g} nothing is known of the runs that had not "
            f"reached the threshold; choose at most {times[-1]:g}"
        )


def _censored(sample: Sample) -> stats.CensoredData:
    times, observed = sample
    return stats.CensoredData(uncensored=times[observed], right=times[~observed])


def _restricted_mean(times: Floats, observed: Bools, horizon: float) -> Floats:
    """Area under the Kaplan-Meier estimate on [0, horizon]; times, observed: (..., n).

    One product over single runs suffices: the factors of tied events give the factor of the tie,
    (1 - 1/r)(1 - 1/(r - 1)) = (r - 2)/r. If a resample's last run is censored before the horizon,
    the survival stays constant after it.
    """
    order = np.lexsort((~observed, times), axis=-1)
    steps = np.minimum(np.take_along_axis(times, order, axis=-1), horizon)
    events = np.take_along_axis(observed, order, axis=-1)
    at_risk = np.arange(times.shape[-1], 0, -1)
    survival = np.cumprod(1 - events / at_risk, axis=-1)
    widths = np.diff(steps, append=horizon, axis=-1)
    return np.asarray(steps[..., 0] + (survival * widths).sum(axis=-1), dtype=np.float64)


def _median_high(survival: stats.EmpiricalDistributionFunction, observed: int) -> float:
    with warnings.catch_warnings():
        # SciPy warns of limits that do not exist (S = 0 or 1). The lines below fill them in.
        warnings.simplefilter("ignore", RuntimeWarning)
        limits = survival.confidence_interval(CONFIDENCE, method="log-log").high.probabilities
    limits = np.where(survival.probabilities == 1, 1.0, limits)
    if observed:
        at_zero = stats.binomtest(0, observed).proportion_ci(CONFIDENCE, method="exact").high
        limits = np.where(survival.probabilities == 0, at_zero, limits)
    below = survival.quantiles[limits <= 0.5]
    return float(below[0]) if below.size else np.inf


def moved(value: float, end: float, by: float) -> float:
    """Move the ``end`` of a ratio's interval ``by`` times as far from its value, in logarithms.

    The end stays as it is if either is 0, infinite or NaN.
    """
    if not (0 < value < np.inf and 0 < end < np.inf):
        return end
    return float(value * (end / value) ** by)


def _ratio(share: Floats) -> float:
    """The ratio a / b, from a / (a + b)."""
    return float(share / (1 - share)) if share < 1 else np.inf
