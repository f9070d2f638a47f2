"""Effects with intervals, by which claims are judged.

A group holds the scalars of one method on one task, shape (seeds,). Higher is better (``scalars``).
If several tasks enter, there is one group a task. Seeds are then resampled within each task
(stratified bootstrap).

* No interval exists if any group has fewer than 5 seeds: ``low`` and ``high`` are NaN, ``known`` is
  False.
* The centre is the interquartile mean from 4 values on, otherwise the mean. Two groups that are
  subtracted have the same kind of centre. The smaller group decides it.
* The same input gives the same numbers: each call has a generator of its own.
* A value that is not finite, an empty group, or a group that is not (seeds,) raises ValueError.

Interquartile mean, stratified bootstrap, probability of improvement and performance profile follow
Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical Precipice", NeurIPS
2021. ``docs/statistics.md`` says what coverage the intervals really have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special, stats

from figures.statistics.across_seeds import (
    CONFIDENCE,
    MIN_SEEDS_FOR_INTERVAL,
    MIN_SEEDS_FOR_IQM,
    Floats,
    aggregate_name,
    centre,
)
from figures.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES, bootstrap
from figures.statistics.resampling import Estimate as Estimate  # part of this module's interface
from figures.statistics.resampling import (
    Interval,
    checked,
    checked_groups,
    estimate,
    welch,
)

PROPORTION = "proportion"
PERMUTATIONS = 20_000  # enough to enumerate 8 against 8 seeds


@dataclass(frozen=True)
class Equivalence:
    """Whether an effect is within +-``margin``, by its 90 % interval (two one-sided tests).

    Attributes:
        estimate: the effect, with a 90 % interval.
        margin: largest effect that counts as none, positive, in the unit of the effect.
    """

    estimate: Estimate
    margin: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.margin) and self.margin > 0):
            raise ValueError(f"margin {self.margin} must be positive")

    @property
    def verdict(self) -> Literal["equivalent", "different", "inconclusive"]:
        """``equivalent``: interval inside the margins. ``different``: interval wholly outside.

        Without an interval nothing is concluded.
        """
        low, high = self.estimate.low, self.estimate.high
        if -self.margin < low and high < self.margin:
            return "equivalent"
        return "different" if low > self.margin or high < -self.margin else "inconclusive"


def aggregate(
    groups: Sequence[Floats], *, confidence: float = CONFIDENCE, method: Interval = "percentile"
) -> Estimate:
    """Interquartile mean of all values of all tasks together. ``groups``: one (seeds,) a task.

    Tasks with more seeds weigh more. One group gives the estimate of one task.
    """
    samples = checked_groups(groups)
    total = sum(map(len, samples))
    return estimate(
        samples,
        lambda *resampled: centre(np.concatenate(resampled, axis=-1)),
        aggregate_name(total),
        confidence,
        method,
    )


def difference(a: Floats, b: Floats, *, method: Interval = "percentile") -> Estimate:
    """centre(a) - centre(b); a: (n,), b: (m,) resampled independently of each other."""
    samples = [checked(a, "a"), checked(b, "b")]
    seeds = min(map(len, samples))
    middle = _centre_of(seeds)
    return estimate(
        samples,
        lambda first, second: middle(first) - middle(second),
        f"difference of {_plural(seeds)}",
        CONFIDENCE,
        method,
        welch,
    )


def paired_difference(a: Floats, b: Floats, *, method: Interval = "percentile") -> Estimate:
    """centre(a - b); a, b: (n,), where a[i] and b[i] share seed, data and initialisation.

    Pairs are resampled. The interquartile mean of differences is not the difference of
    interquartile means. Raises ValueError if a and b differ in length.
    """
    first, second = checked(a, "a"), checked(b, "b")
    if len(first) != len(second):
        raise ValueError(f"a has {len(first)} values, b {len(second)}; pairs need as many")
    name = f"{aggregate_name(len(first))} of paired differences"
    return estimate([first - second], centre, name, CONFIDENCE, method)


def probability_of_improvement(a_groups: Sequence[Floats], b_groups: Sequence[Floats]) -> Estimate:
    """Mean over tasks of P(A > B) + P(A = B) / 2, for random runs of A and of B.

    On one task this is Mann and Whitney's U / (n m). ``a_groups``, ``b_groups``: one (seeds,) a
    task, the same tasks in the same order. Raises ValueError if their numbers of tasks differ.
    """
    first, second = checked_groups(a_groups, "a_groups"), checked_groups(b_groups, "b_groups")
    if len(first) != len(second):
        raise ValueError(f"a_groups has {len(first)} tasks, b_groups {len(second)}")

    def statistic(*resampled: Floats) -> Floats:
        tasks = zip(resampled[: len(first)], resampled[len(first) :], strict=True)
        wins = [np.sign(a[..., :, None] - b[..., None, :]).mean(axis=(-2, -1)) for a, b in tasks]
        return np.asarray((1 + np.mean(wins, axis=0)) / 2)

    return estimate([*first, *second], statistic, "probability of improvement", CONFIDENCE)


def improvement_test(a: Floats, b: Floats) -> float:
    """One-sided p-value of Mann and Whitney: small if a: (n,) tends to be above b: (m,).

    The p-value is exact without ties. With ties, which success rates often have, it comes from
    permutations: from all of them if there are at most 20 000. The normal approximation is poor
    with few seeds.
    """
    first, second = checked(a, "a"), checked(b, "b")
    ties = len(np.unique([*first, *second])) < len(first) + len(second)
    method = (
        stats.PermutationMethod(
            n_resamples=PERMUTATIONS, batch=1_000, rng=np.random.default_rng(BOOTSTRAP_SEED)
        )
        if ties
        else "exact"
    )
    return float(stats.mannwhitneyu(first, second, alternative="greater", method=method).pvalue)


def proportion(successes: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """Share of ``n`` runs that succeeded, with the exact interval of Clopper and Pearson.

    Each end errs with probability at most (1 - confidence) / 2, whatever the true share. 5 of 5 has
    its lower end at 0.478, so five runs never show more than half. The ends are quantiles of beta
    distributions.

    Raises:
        ValueError: not 0 <= successes <= n, or n is 0.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} of {n}: must be a count of at most as many, of at least 1")
    low, high = np.nan, np.nan
    if n >= MIN_SEEDS_FOR_INTERVAL:
        end, failures = (1 - confidence) / 2, n - successes
        low = float(special.betaincinv(successes, failures + 1, end)) if successes else 0.0
        high = float(special.betaincinv(successes + 1, failures, 1 - end)) if failures else 1.0
    return Estimate(successes / n, low, high, n, PROPORTION, confidence)


def performance_profile(
    groups: Sequence[Floats], thresholds: Floats
) -> tuple[Floats, Floats, Floats]:
    """Share of runs above each threshold, as a mean over tasks, with 95 % intervals of each point.

    Args:
        groups: one (seeds,) a task.
        thresholds: (T,).

    Returns:
        share, low, high: (T,).
    """
    samples, levels = checked_groups(groups), checked(thresholds, "thresholds")
    above = [np.asarray(values > levels[:, None], dtype=np.float64) for values in samples]

    def statistic(*resampled: Floats) -> Floats:
        return np.asarray(np.mean([task.mean(axis=-1) for task in resampled], axis=0))

    share = statistic(*above)
    if min(map(len, samples)) < MIN_SEEDS_FOR_INTERVAL:
        return share, np.full_like(share, np.nan), np.full_like(share, np.nan)
    return share, *bootstrap(above, statistic, CONFIDENCE)


def rank_probabilities(values: Mapping[str, Floats]) -> Mapping[str, float]:
    """Share of resamples in which a method has the highest centre. Tied methods share equally.

    Args:
        values: (seeds,) by method, on one task. Methods are resampled independently.

    Returns:
        The shares by method; their sum is 1. All are NaN if a method has fewer than 5 seeds: the
        resamples of one seed would never change its rank.
    """
    samples = {name: checked(values[name], name) for name in values}
    if not samples:
        raise ValueError("no method to rank")
    if min(map(len, samples.values())) < MIN_SEEDS_FOR_INTERVAL:
        return dict.fromkeys(samples, np.nan)
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    centres = {}
    for name in sorted(samples):  # sorted: the order of the mapping must not change the result
        seeds = len(samples[name])
        centres[name] = centre(samples[name][rng.integers(0, seeds, size=(RESAMPLES, seeds))])
    table = np.stack([centres[name] for name in samples])
    first = table == table.max(axis=0)
    shares = (first / first.sum(axis=0)).mean(axis=1)
    return {name: float(share) for name, share in zip(samples, shares, strict=True)}


def _centre_of(seeds: int) -> Callable[[Floats], Floats]:
    """The kind of centre for groups whose smallest has this many seeds."""
    if seeds >= MIN_SEEDS_FOR_IQM:
        return centre
    return lambda values: np.asarray(values.mean(axis=-1), dtype=np.float64)


def _plural(seeds: int) -> str:
    return "interquartile means" if seeds >= MIN_SEEDS_FOR_IQM else "means"
