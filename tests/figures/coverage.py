"""How often the intervals hold the truth, simulated: the tables in docs/statistics.md.

    python -m tests.figures.coverage                     # of intervals
    python -m tests.figures.coverage --what verdicts     # of verdicts, see verdict_rates.py

Scores are bimodal, as success rates of runs are: a run either learns the task or does not. It
learns with the probability of its task; its success rate is then Beta(18, 2), else Beta(2, 10), and
the score is the share of 100 episodes (5 evaluations of 20) that succeed. The truth is the same
centre (mean for 3 seeds on one task, else interquartile mean) of 1 000 000 runs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal
from unittest.mock import patch

import numpy as np
import tyro
from scipy import stats

from figures.statistics.across_seeds import CONFIDENCE, MIN_SEEDS_FOR_IQM, Floats, centre
from figures.statistics.bootstrap import BOOTSTRAP_SEED, bootstrap

Method = Literal["percentile", "BCa"]
SEEDS = (3, 5, 8, 10, 20)
ONE_TASK = (0.7,)  # share of runs that learn
THREE_TASKS = (0.9, 0.7, 0.3)
WEAKER = 0.5  # of the method that a difference is taken to
EPISODES = 100
POPULATION = 1_000_000
TOGETHER = 50  # experiments whose resamples share their indices, for speed


@dataclass(frozen=True)
class Coverage:
    """Share of intervals that hold the truth, and their mean width."""

    share: float
    width: float


def scores(rng: np.random.Generator, learns: float, size: int | tuple[int, ...]) -> Floats:
    """Success rates of ``size`` runs."""
    rates = np.where(rng.random(size) < learns, rng.beta(18, 2, size), rng.beta(2, 10, size))
    return rng.binomial(EPISODES, rates) / EPISODES


@cache
def population_centre(tasks: tuple[float, ...], seeds: int) -> float:
    """Centre of infinitely many runs, for as many seeds a task."""
    rng = np.random.default_rng(0)
    every = np.concatenate([scores(rng, task, POPULATION // len(tasks)) for task in tasks])
    return float(centre(every) if seeds * len(tasks) >= MIN_SEEDS_FOR_IQM else every.mean())


def pooled(*samples: Floats) -> Floats:
    return centre(np.concatenate(samples, axis=-1))


def subtracted(a: Floats, b: Floats) -> Floats:
    return centre(a) - centre(b)


def interval(
    samples: Sequence[Floats], statistic: Callable[..., Floats], method: Method, resamples: int
) -> tuple[Floats, Floats]:
    """The ends of the interval; samples: each (..., seeds).

    BCa, which corrects for bias and skewness, does not exist if leaving out one value never changes
    the statistic. Its ends are NaN then.
    """
    if method == "percentile":
        with patch("figures.statistics.bootstrap.RESAMPLES", resamples):
            return bootstrap(samples, statistic, CONFIDENCE)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        low, high = stats.bootstrap(
            samples,
            lambda *resampled, axis: statistic(*resampled),
            n_resamples=resamples,
            batch=1_000,
            vectorized=True,
            confidence_level=CONFIDENCE,
            method="BCa",
            rng=np.random.default_rng(BOOTSTRAP_SEED),
        ).confidence_interval
    return low, high


def coverage(
    tasks: Sequence[float],
    statistic: Callable[..., Floats],
    truth: float,
    seeds: int,
    repetitions: int,
    method: Method = "percentile",
    resamples: int = 2_000,
) -> Coverage:
    """Draw ``repetitions`` experiments (a multiple of 50) and look which intervals hold ``truth``.

    An interval that does not exist (BCa, all scores equal but one) holds nothing.
    """
    rng = np.random.default_rng(seeds)
    held, widths = [], []
    for _ in range(0, repetitions, TOGETHER):
        samples = [scores(rng, task, (TOGETHER, seeds)) for task in tasks]
        low, high = interval(samples, statistic, method, resamples)
        held.append((low - 1e-12 <= truth) & (truth <= high + 1e-12))
        widths.append(high - low)
    return Coverage(float(np.mean(held)), float(np.nanmean(widths)))


def table(repetitions: int) -> Mapping[str, list[Coverage]]:
    """Rows of the table: one ``Coverage`` for each of ``SEEDS``."""
    rows: dict[str, list[Coverage]] = {}
    for title, tasks, method in (
        ("one task", ONE_TASK, "percentile"),
        ("one task, BCa", ONE_TASK, "BCa"),
        ("three tasks pooled", THREE_TASKS, "percentile"),
    ):
        truths = [population_centre(tasks, seeds) for seeds in SEEDS]
        rows[title] = [
            coverage(tasks, pooled, truth, seeds, repetitions, method)
            for truth, seeds in zip(truths, SEEDS, strict=True)
        ]
    for title, other in (
        ("difference, none in truth", ONE_TASK[0]),
        ("difference of two methods", WEAKER),
    ):
        pair = (*ONE_TASK, other)
        rows[title] = [
            coverage(
                pair,
                subtracted,
                population_centre(pair[:1], seeds) - population_centre(pair[1:], seeds),
                seeds,
                repetitions,
            )
            for seeds in SEEDS
        ]
    return rows


def main(what: Literal["intervals", "verdicts"] = "intervals", repetitions: int = 400) -> None:
    """Print a table of docs/statistics.md: how often intervals hold the truth, or verdicts are
    right."""
    if what == "verdicts":
        from tests.figures.verdict_rates import HEADER, rows

        print(HEADER)
        rows(repetitions)
        return
    print(f"| seeds a task | {' | '.join(map(str, SEEDS))} |")
    print("|---" * (len(SEEDS) + 1) + "|")
    for title, cells in table(repetitions).items():
        print(f"| {title} | {' | '.join(f'{c.share:.2f} ({c.width:.2f})' for c in cells)} |")


if __name__ == "__main__":
    tyro.cli(main)
