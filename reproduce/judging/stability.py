"""Questions about how steadily a method learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from figures.measures import Measure
from figures.statistics.across_seeds import CONFIDENCE, Floats, centre
from figures.statistics.resampling import Estimate, estimate, welch
from reproduce.judging.comparisons import likely_above
from reproduce.judging.conditions import Above, Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.questions import ANY, Quantity, Question, Whose, above, improvement
from reproduce.judging.rules import (
    Answer,
    answer,
    between,
    distance_between,
    margin_of,
    nothing,
    of_source,
    seeds_of,
)
from reproduce.judging.verdicts import Effect
from reproduce.judging.visible import Visible, beyond

Q_COLUMNS = (("q_bias", "bias of Q"), ("q_max", "largest Q"))
"""Columns that reveal a diverging critic, in order of preference."""


FLUCTUATION = Quantity(
    "fluctuation of J within a run, a variance", "difference in variance", ANY, digits=5
)
SPREAD = Quantity("variance of final J between seeds", "difference in variance", ANY, digits=5)
OFFLINE_BIAS = Quantity("bias of Q after the offline phase", "{}")
BIAS = Quantity("largest bias of Q, or Q", "difference, in rewards of {tasks}", ANY)
AT_REST = "nothing was learned, which is steady"
UNLIKE = "some runs tell the episodes of an evaluation and others do not"


@dataclass(frozen=True)
class Steadier:
    """``better`` learns more steadily than ``other``: three effects a task, each positive if so.

    * within a run: how much its evaluations fluctuate, ``fluctuation`` of ``scalars``;
    * between seeds: the variance of final J (``variances``), compared by means;
    * the critic: the largest ``q_bias`` over online steps. Rows without it use ``q_max``, the
      largest Q of a batch. Its mean is compared, as that of variances: an interquartile mean of
      five seeds would leave out the one that runs away.

    The first two leave out what the evaluation episodes make of a success rate. Both methods must
    tell their episodes, or neither. They are not decidable where one of the methods ends within
    delta of an untrained policy: what has learned nothing keeps still.
    """

    better: Arm
    other: Arm
    tasks: tuple[str, ...]

    def arms(self) -> tuple[Arm, ...]:
        """All arms that must have been run."""
        return (self.better, self.other)

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks they must have been run on."""
        return self.tasks

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """Three effects a task."""
        arms, made = self.arms(), []
        whose = Whose(str(self.other), "−", str(self.better))
        for task in self.tasks:

            def within(source: str, task: str = task) -> Answer:
                if stuck := _at_the_floor(evidence, source, task, arms):
                    return nothing(Verdict.NOT_DECIDABLE, AT_REST, stuck)
                if _of_unlike_episodes(evidence, source, task, arms):
                    return nothing(Verdict.INCONCLUSIVE, UNLIKE)
                return _more(*evidence.scalars(source, task, arms, "fluctuation"))

            def between(source: str, task: str = task) -> Answer:
                if stuck := _at_the_floor(evidence, source, task, arms):
                    return nothing(Verdict.NOT_DECIDABLE, AT_REST, stuck)
                if _of_unlike_episodes(evidence, source, task, arms):
                    return nothing(Verdict.INCONCLUSIVE, UNLIKE)
                final = evidence.scalars(source, task, arms, "jt")
                noise = evidence.scalars(source, task, arms, "jt_noise")
                return _more_in_the_mean(*map(variances, final, noise))

            def critic(source: str, task: str = task) -> Answer:
                for column, name in Q_COLUMNS:
                    if evidence.has(source, task, arms, column):
                        measure = Measure(column, name)
                        values = evidence.scalars(source, task, arms, "largest", measure=measure)
                        return replace(_more_in_the_mean(*values), note=column)
                return nothing(Verdict.INCONCLUSIVE, "the rows say nothing of Q")

            for quantity, judge in (
                (FLUCTUATION, within),
                (SPREAD, between),
                (BIAS, critic),
            ):
                made.append(
                    answer(
                        evidence,
                        experiments,
                        task,
                        arms,
                        question=Question(quantity, whose, above(0.0)),
                        judge=judge,
                    )
                )
        return made


@dataclass(frozen=True)
class Overestimates:
    """Q is too large by more with ``of`` than with ``than``, after the offline phase.

    The effect is P(``q_bias`` at step 0 of ``of`` > that of ``than``), one a task, asked as
    ``comparisons.Improvement`` asks: ranks, since a Q that diverged has no scale in common with one
    that did not.
    """

    of: Arm
    than: Arm
    tasks: tuple[str, ...]

    def arms(self) -> tuple[Arm, ...]:
        """All arms that must have been run."""
        return (self.of, self.than)

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks they must have been run on."""
        return self.tasks

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task. The p-value is that of the single comparison."""
        arms = self.arms()
        whose = Whose(str(self.of), ">", str(self.than))
        question = Question(improvement(OFFLINE_BIAS), whose, above(0.5))

        def judge(source: str, task: str) -> Answer:
            if not evidence.has(source, task, arms, "q_bias"):
                return nothing(Verdict.INCONCLUSIVE, "the rows say nothing of Q")
            measure = Measure("q_bias", "bias of Q")
            a, b = evidence.scalars(source, task, arms, "j0", measure=measure)
            medians = ", ".join(
                f"{arm} {np.median(values):.3g}" for arm, values in zip(arms, (a, b), strict=True)
            )
            return replace(likely_above(a, b), note=f"q_bias, median: {medians}")

        return [
            answer(
                evidence,
                experiments,
                task,
                arms,
                question=question,
                judge=of_source(judge, task),
            )
            for task in self.tasks
        ]


def variances(values: Floats, noise: Floats) -> Floats:
    """Each seed's part of the variance beyond the noise: n / (n - 1) (x_i - mean)^2 - noise_i^2.

    ``values``, ``noise`` (standard errors) and the result are (n,). It is zero for a single seed.
    """
    n = len(values)
    squares = (values - values.mean()) ** 2 * n / max(n - 1, 1)
    return np.asarray(squares - noise**2 * (n > 1), dtype=np.float64)


def _at_the_floor(evidence: Evidence, source: str, task: str, arms: Sequence[Arm]) -> str:
    """Which methods end within delta of an untrained policy, in words; "" if none does."""
    floor = evidence.measure(task).floor
    ends = zip(arms, evidence.scalars(source, task, arms, "jt"), strict=True)
    level = {arm: float(centre(values)) for arm, values in ends}
    stuck = [f"{arm} at {end:.3g}" for arm, end in level.items() if end <= floor + margin_of(task)]
    return f"within delta of nothing learned ({floor:g}): {', '.join(stuck)}" if stuck else ""


def _of_unlike_episodes(evidence: Evidence, source: str, task: str, arms: Sequence[Arm]) -> bool:
    """Whether some runs tell how many episodes an evaluation had, and others do not."""
    known = np.concatenate(evidence.scalars(source, task, arms, "final_episodes"))
    return 0 < int(np.isnan(known).sum()) < known.size


def _more(steady: Floats, other: Floats) -> Answer:
    """Whether ``other`` has larger values than ``steady``; both are (seeds,)."""
    return _judged(between(other, steady), steady, other)


def _more_in_the_mean(steady: Floats, other: Floats) -> Answer:
    """Whether ``other`` has the larger mean; both are (seeds,)."""
    found = estimate(
        [other, steady],
        lambda a, b: a.mean(axis=-1) - b.mean(axis=-1),
        "difference of means",
        CONFIDENCE,
        "expanded",
        welch,
    )
    return _judged(found, steady, other)


def _judged(found: Estimate, steady: Floats, other: Floats) -> Answer:

    def seen(family: int) -> Visible | None:
        return beyond(0.0, distance_between(other, steady, family))

    return Answer(found, Above(0.0), seeds=seeds_of(other, steady), seen=seen)
