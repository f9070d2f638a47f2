"""Aggregates over the tasks of a domain: scores, performance profile, probability of improvement.

All runs are finished ones of one profile with the task's prior data (``evidence``). Scores are J
after the offline phase, final J and AUC (``figures.scalars``), higher is better: a distance counts
negative. Tasks with more seeds weigh more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from figures.estimates import aggregate, performance_profile, probability_of_improvement
from figures.experiments import domain_of
from figures.report_plots import ProfileCurve, Score
from figures.statistics import Floats
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.rules import NAMES
from reproduce.reporting.inventory import GRIDS
from reproduce.reporting.others import Others, others, scalars_of, values_of

SCALARS = {"j0": NAMES["j0"], "jt": NAMES["jt"], "auc": NAMES["auc"]}
REFERENCE = "AWAC"
ALL_TASKS = "all tasks"
THRESHOLDS = 101


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
    improvements: dict[str, tuple[Score, ...]]
    """By scalar: P(AWAC > other); the label is the other's."""
    notes: tuple[str, ...] = ()
    """Which methods that are not ours are missing, and why."""

    @property
    def overall(self) -> TaskScores:
        """Of all tasks together."""
        return self.by_task[-1]


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
    methods = (*methods, *more)
    run = [task for task in tasks if any(task == key[0] for key in values)]
    if not run:
        return None
    by_task = [_scores(task, [task], methods, values) for task in run]
    by_task.append(_scores(ALL_TASKS, run, methods, values))
    final = {m: [values[t, m]["jt"] for t in run if (t, m) in values] for m in methods}
    every = np.concatenate([each for groups in final.values() for each in groups])
    levels = _levels(domain_of(tasks[0]), every)
    return Aggregate(
        experiment,
        domain_of(tasks[0]),
        evidence.profile,
        tuple(run),
        tuple(by_task),
        tuple(
            ProfileCurve(m, levels, *performance_profile(groups, levels))
            for m, groups in final.items()
            if groups
        ),
        {scalar: tuple(_improvements(run, methods, values, scalar)) for scalar in ("jt", "auc")},
        tuple(notes),
    )


def _scores(
    name: str,
    tasks: Sequence[str],
    methods: Sequence[str],
    values: dict[tuple[str, str], dict[str, Floats]],
) -> TaskScores:
    scores: dict[str, tuple[Score, ...]] = {}
    tasks_of = {m: sum((task, m) in values for task in tasks) for m in methods}
    for scalar in SCALARS:
        mine = []
        for method in methods:
            groups = [values[t, method][scalar] for t in tasks if (t, method) in values]
            if groups:
                runs = tuple(float(v) for group in groups for v in group)
                mine.append(Score(method, aggregate(groups), runs))
        scores[scalar] = tuple(mine)
    return TaskScores(name, scores, {m: n for m, n in tasks_of.items() if n})


def _improvements(
    tasks: Sequence[str],
    methods: Sequence[str],
    values: dict[tuple[str, str], dict[str, Floats]],
    scalar: str,
) -> list[Score]:
    """P(AWAC > other) over the tasks on which both were run."""
    found = []
    for other in methods:
        both = [t for t in tasks if (t, REFERENCE) in values and (t, other) in values]
        if other == REFERENCE or not both:
            continue
        ours = [values[t, REFERENCE][scalar] for t in both]
        theirs = [values[t, other][scalar] for t in both]
        found.append(Score(other, probability_of_improvement(ours, theirs)))
    return found


def _levels(domain: str, values: Floats) -> Floats:
    """Thresholds of the profile: [0, 1] for success, else the span of the runs."""
    low, high = (0.0, 1.0) if domain == "hand" else (float(values.min()), float(values.max()))
    return np.linspace(low, high if high > low else low + 1.0, THRESHOLDS)
