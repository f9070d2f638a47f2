"""Aggregates over the tasks of a domain: scores, performance profile, probability of improvement.

All runs are finished ones of one profile with the task's prior data (``evidence``). Scores are J
after the offline phase, final J and AUC (``figures.statistics.scalars``), higher is better: a
distance counts negative. Tasks with more seeds weigh more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from figures.experiments import domain_of
from figures.forest import Score
from figures.labels import split_label
from figures.report_plots import ProfileCurve
from figures.statistics.across_seeds import (
    CONFIDENCE,
    MIN_SEEDS_FOR_INTERVAL,
    MIN_SEEDS_FOR_IQM,
    Floats,
    centre,
)
from figures.statistics.estimates import aggregate, performance_profile, probability_of_improvement
from figures.statistics.resampling import Estimate, estimate, welch
from figures.style import MethodStyle, place_of, singles, styles_of
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.questions import SCALARS as QUANTITIES
from reproduce.reporting.inventory import GRIDS
from reproduce.reporting.others import Others, others, scalars_of, values_of

SCALARS = {scalar: QUANTITIES[scalar].name for scalar in ("j0", "jt", "auc")}
REFERENCE = "AWAC"
COMPARED = ("jt", "auc")
ALL_TASKS = "all tasks"
NO_PROBABILITY = (
    f"Where a method has fewer than {MIN_SEEDS_FOR_INTERVAL} seeds on a task, no probability that "
    "AWAC is better is given: between methods that are alike it would be 1 by chance in one of six "
    "experiments with one run against five, in one of 20 with three against three."
)
"""Of equally likely orders of the runs, 1 of 6 over 1, and 1 of 6 over 3, have all of one first."""
NO_PICTURE = (
    f"No picture: fewer than two methods have {MIN_SEEDS_FOR_INTERVAL} seeds on a task, and single "
    "runs show nothing that the table does not."
)
THRESHOLDS = 101


Compare = Callable[[Sequence[Floats], Sequence[Floats]], Estimate | None]


@dataclass(frozen=True)
class TaskScores:
    """Scores of all methods that were run on one task, or on ``ALL_TASKS`` together."""

    task: str
    scores: dict[str, tuple[Score, ...]]
    """By scalar; the same methods in the same order."""
    tasks_of: dict[str, int]
    """On how many tasks each method was run."""


@dataclass(frozen=True)
class Aggregate:
    """One domain under one profile."""

    experiment: str
    domain: str
    profile: str
    tasks: tuple[str, ...]
    by_task: tuple[TaskScores, ...]
    profiles: tuple[ProfileCurve, ...]
    differences: dict[str, tuple[Score, ...]]
    """By scalar: AWAC less the other, over the tasks of both; the label is the other's."""
    improvements: dict[str, tuple[Score, ...]]
    """By scalar: P(AWAC > other) where both have enough seeds on every task of both."""
    notes: tuple[str, ...] = ()
    """Which methods that are not ours are missing, and why."""

    @property
    def overall(self) -> TaskScores:
        """Of all tasks together."""
        return self.by_task[-1]

    @property
    def is_pictured(self) -> bool:
        """Whether two methods have intervals on some task, so that a picture can compare them."""
        return any(
            sum(score.estimate.known for score in task.scores["jt"]) > 1 for task in self.by_task
        )


def aggregates(evidence: Evidence, beside: Others | None = None) -> list[Aggregate]:
    """One for every domain with finished runs under the profile of ``evidence``.

    Methods of ``beside`` follow ours; they are reduced by themselves and change no number of ours.
    """
    known = others(evidence) if beside is None else beside
    found = [_domain(evidence, known, *each) for each in GRIDS if each[0] in evidence.tables]
    return [each for each in found if each is not None]


def _domain(
    evidence: Evidence,
    beside: Others,
    experiment: str,
    tasks: Sequence[str],
    methods: Sequence[str],
) -> Aggregate | None:
    values: dict[tuple[str, str], dict[str, Floats]] = {}  # task, method -> scalar -> (seeds,)
    for task in tasks:
        arms = [Arm(m) for m in methods if not evidence.rows(experiment, task, Arm(m)).empty]
        columns = {s: evidence.scalars(experiment, task, arms, s) for s in SCALARS} if arms else {}
        for number, arm in enumerate(arms):
            values[task, arm.label] = {s: columns[s][number] for s in SCALARS}
    more = [name for name in beside.labels.get(experiment, ()) if name not in methods]
    notes = []
    begun = [task for task in tasks if any(evidence.prior_data(experiment, task))]
    for task, name in product(begun, more):
        reduced, why = scalars_of(evidence, beside, experiment, task, name)
        if reduced is not None:
            values[task, name] = {s: values_of(reduced, s) for s in SCALARS}
        elif why:
            notes.append(why)
    methods = sorted((*methods, *more), key=place_of)
    run = [task for task in tasks if any(task == key[0] for key in values)]
    if not run:
        return None
    seeds: dict[str, int] = {}  # the most on any task, as a curve's colour has it
    for (_, m), scalars in values.items():
        seeds[m] = max(seeds.get(m, 0), len(scalars["jt"]))
    single = singles(seeds).difference(more)
    looks = _variants(beside.tables[experiment], evidence.profile, run)
    colours = {name: look.colour for name, look in looks.items()}
    by_task = [_scores(task, [task], methods, values, single, colours) for task in run]
    by_task.append(_scores(ALL_TASKS, run, methods, values, single, colours))
    final = {m: [values[t, m]["jt"] for t in run if (t, m) in values] for m in methods}
    every = np.concatenate([each for groups in final.values() for each in groups])
    levels = _levels(domain_of(tasks[0]), every)

    def against(scalar: str, compare: Compare) -> tuple[Score, ...]:
        return tuple(_against(run, methods, values, scalar, compare, single, colours))

    return Aggregate(
        experiment,
        domain_of(tasks[0]),
        evidence.profile,
        tuple(run),
        tuple(by_task),
        tuple(
            ProfileCurve(m, levels, *performance_profile(groups, levels), m in single, looks.get(m))
            for m, groups in final.items()
            if groups
        ),
        {s: against(s, pooled_difference) for s in COMPARED},
        {s: against(s, probability) for s in COMPARED},
        tuple(notes),
    )


def _variants(table: pd.DataFrame, profile: str, tasks: Sequence[str]) -> dict[str, MethodStyle]:
    """The looks of the variants that the domain's curves show, as these have them."""
    rows = table[(table["profile"] == profile) & table["env"].isin(tasks)]
    return {name: look for name, look in styles_of(rows["label"]).items() if split_label(name)[1]}


def _scores(
    name: str,
    tasks: Sequence[str],
    methods: Sequence[str],
    values: dict[tuple[str, str], dict[str, Floats]],
    single: set[str],
    colours: Mapping[str, str],
) -> TaskScores:
    scores: dict[str, tuple[Score, ...]] = {}
    tasks_of = {m: sum((task, m) in values for task in tasks) for m in methods}
    for scalar in SCALARS:
        mine = []
        for method in methods:
            groups = [values[t, method][scalar] for t in tasks if (t, method) in values]
            if groups:
                runs = tuple(float(v) for group in groups for v in group)
                colour = colours.get(method, "")
                mine.append(
                    Score(method, aggregate(groups), runs, single=method in single, colour=colour)
                )
        scores[scalar] = tuple(mine)
    return TaskScores(name, scores, {m: n for m, n in tasks_of.items() if n})


def _against(
    tasks: Sequence[str],
    methods: Sequence[str],
    values: dict[tuple[str, str], dict[str, Floats]],
    scalar: str,
    compare: Compare,
    single: set[str],
    colours: Mapping[str, str],
) -> list[Score]:
    """AWAC against each other method, over the tasks on which both were run; those of ``single``
    are grey."""
    found = []
    for other in methods:
        both = [t for t in tasks if (t, REFERENCE) in values and (t, other) in values]
        if other == REFERENCE or not both:
            continue
        ours = [values[t, REFERENCE][scalar] for t in both]
        theirs = [values[t, other][scalar] for t in both]
        estimate = compare(ours, theirs)
        if estimate is not None:
            colour = colours.get(other, "")
            found.append(Score(other, estimate, single=other in single, colour=colour))
    return found


def pooled_difference(a: Sequence[Floats], b: Sequence[Floats]) -> Estimate:
    """centre(all of a) - centre(all of b), (seeds,) a task, with the interval of a single task's
    difference: seeds are resampled within each task, and the interval is expanded. The noise of
    the episodes, which bounds a verdict's interval from below, is left out.

    Both have the same centre, that of the smaller: the interquartile mean from 4 runs on.
    """
    first, tasks = [*a], len(a)
    fewest = min(sum(map(len, a)), sum(map(len, b)))

    def middle(groups: Sequence[Floats]) -> Floats:
        joined = np.concatenate(groups, axis=-1)
        return centre(joined) if fewest >= MIN_SEEDS_FOR_IQM else joined.mean(axis=-1)

    def statistic(*resampled: Floats) -> Floats:
        return np.asarray(middle(resampled[:tasks]) - middle(resampled[tasks:]))

    shares = [len(task) / sum(map(len, side)) for side in (a, b) for task in side]
    return estimate(
        [*first, *b],
        statistic,
        "difference",
        CONFIDENCE,
        "expanded",
        lambda samples: welch(samples, shares),
    )


def probability(a: Sequence[Floats], b: Sequence[Floats]) -> Estimate | None:
    """P(A > B), (seeds,) a task; None below five seeds, of which ``NO_PROBABILITY`` says why."""
    if min(map(len, [*a, *b])) < MIN_SEEDS_FOR_INTERVAL:
        return None
    return probability_of_improvement(a, b)


def _levels(domain: str, values: Floats) -> Floats:
    """Thresholds of the profile: [0, 1] for success, else the span of the runs."""
    low, high = (0.0, 1.0) if domain == "hand" else (float(values.min()), float(values.max()))
    return np.linspace(low, high if high > low else low + 1.0, THRESHOLDS)
