"""Times until a threshold is reached, if some runs never reach it in their budget.

Runs that do not reach it are right-censored. Leaving them out would make a method that fails look
fast. So would counting their budget as their time. A sample is a pair ``(times, observed)`` of
shape (n,): online steps, and whether the threshold was reached then
(``scalars.time_to_threshold``).

The restricted mean, the mean time below the threshold until a horizon, follows Royston and Parmar
2013.
"""

from __future__ import annotations

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


def median_time(sample: Sample) -> float:
    """First time at which at most half of the runs are still below the threshold.

    It is infinite if there is no such time. The estimator is that of Kaplan and Meier 1958.

    Raises:
        ValueError: wrong shapes, or a negative or non-finite time.
    """
    survival = stats.ecdf(_censored(_checked(*sample, "times"))).sf
    below = survival.quantiles[survival.probabilities <= 0.5]
    return float(below[0]) if below.size else np.inf


def restricted_mean(times: Floats, observed: Bools, horizon: float) -> Floats:
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


def restricted_mean_ratio(a: Sample, b: Sample, horizon: float) -> Estimate:
    """Restricted mean time of ``a`` over that of ``b``: above 1 if b is faster.

    Runs are resampled within each sample. The interval is the 95 % percentile interval, expanded on
    the scale of logarithms with the freedom of one sample (``resampling``). Percentiles alone would
    err with 5 runs: they call one of two equal samples slower in one experiment of ten. The ratio
    is infinite if b needs no time, and 1 if neither does.

    Raises:
        ValueError: wrong shapes, a negative or non-finite time, or a horizon that is not positive
            or lies beyond the last known time.
    """
    first, second = _checked(*a, "a"), _checked(*b, "b")
    for sample in (first, second):
        _check_horizon(sample, horizon)

    def share(in_a: npt.NDArray[np.int64], in_b: npt.NDArray[np.int64]) -> Floats:
        # a / (a + b) is monotone in a / b and stays finite, so its percentiles exist.
        mean_a = restricted_mean(first[0][in_a], first[1][in_a], horizon)
        mean_b = restricted_mean(second[0][in_b], second[1][in_b], horizon)
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
