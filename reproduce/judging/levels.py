"""Questions about a scalar of a single method.

Five values of one group may miss a mode of the distribution. If a run learns with probability 0.7,
all five runs learn in one experiment of six. Intervals of single groups are therefore expanded
(``figures.statistics.resampling``) and of 99 %. An error in either direction then stays below 5 %
with 5 seeds (``docs/statistics.md``). For differences 95 % suffice: both sides may have unseen
modes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from figures.statistics.across_seeds import Floats
from figures.statistics.estimates import Estimate, aggregate
from figures.statistics.power import distance_seen
from figures.statistics.resampling import at_least, widened
from reproduce.judging.conditions import Above, Below, Verdict
from reproduce.judging.evidence import Arm, Evidence, Noise
from reproduce.judging.questions import SCALARS, Question, Whose, below, beside, until
from reproduce.judging.rules import (
    UNDEFINED,
    Answer,
    Seen,
    each,
    margin_of,
    seeds_of,
    unfinished,
    within_reach,
)
from reproduce.judging.verdicts import Effect
from reproduce.judging.visible import Visible, beyond

SINGLE_CONFIDENCE = 0.99
WIDE = "99 % interval"


def level_of(values: Floats, noise: Noise) -> Estimate:
    """The centre of one group, (seeds,), with the interval by which levels are judged.

    The interval is at least as wide as ``noise`` alone would make it (``Evidence.noise``). What all
    runs share comes on top.
    """
    found = aggregate([values], confidence=SINGLE_CONFIDENCE, method="expanded")
    return widened(at_least(found, noise.now), noise.shared)


def level_seen(values: Floats, noise: Noise, threshold: float, side: str) -> Seen:
    """The level that would be seen on one ``side`` of ``threshold``, by the interval of
    ``level_of``."""

    def seen(family: int) -> Visible | None:
        distance = distance_seen(
            [values],
            confidence=SINGLE_CONFIDENCE,
            method="expanded",
            family=family,
            noise=noise.of_five,
            shared=noise.shared,
        )
        return beyond(threshold, distance, side)

    return seen


@dataclass(frozen=True)
class _Single:
    """A scalar of single arms on each of ``tasks``."""

    scalar: str
    of: tuple[Arm, ...]
    tasks: tuple[str, ...]

    def arms(self) -> tuple[Arm, ...]:
        """All arms that must have been run."""
        return self.of

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks they must have been run on."""
        return self.tasks


@dataclass(frozen=True)
class Level(_Single):
    """The scalar lies on one ``side`` of ``value``; only up to step ``horizon``, if given.

    A run that ends before the horizon can show that the claim holds by then. It cannot show that
    the claim fails: longer runs are missing for that.

    ``zero`` is the scalar's value without any effect, such as 0 of a gain. A scalar certainly
    below ``value``, but not certainly below ``zero``, is smaller than claimed. ``zero`` is None for
    a level, which has no such value.
    """

    side: Literal["above", "below"] = "above"
    value: float = 0.0
    horizon: int | None = None
    zero: float | None = None

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and arm."""
        quantity = until(SCALARS[self.scalar], self.horizon)
        asks = beside(self.value, self.side)
        condition = Above(self.value, self.zero) if self.side == "above" else Below(self.value)

        def judge(source: str, task: str, arm: Arm) -> Answer:
            (values,) = evidence.scalars(source, task, (arm,), self.scalar, self.horizon)
            if not np.isfinite(values).all():  # the rank correlation of a constant curve
                found = Estimate(np.nan, np.nan, np.nan, len(values), "undefined")
                return Answer(found, Verdict.INCONCLUSIVE, UNDEFINED, lacks=UNDEFINED)
            noise = evidence.noise(source, task, (arm,), self.scalar, self.horizon)
            seen = level_seen(values, noise, self.value, self.side)
            found = level_of(values, noise)
            answer = Answer(found, condition, WIDE, seeds=seeds_of(values), seen=seen)
            answer = within_reach(evidence, source, task, (arm,), self.scalar, answer)
            if self.horizon is None:
                return answer
            ends = evidence.ends(source, task, arm)
            judged = answer.judged
            verdict = judged if isinstance(judged, Verdict) else judged.verdict(found)
            if ((ends == 0) | (ends >= self.horizon)).all() or verdict is Verdict.SUPPORTED:
                return answer
            reached = f"{found.value:.3f} [{found.low:.3f} … {found.high:.3f}]"
            return Answer(
                found,
                Verdict.NOT_RUN,
                f"at step {max(ends):,} it is at {reached}",
                missing=f"{arm}, finished beyond step {self.horizon:,}",
                lacks=unfinished(self.horizon),
            )

        return each(
            evidence,
            experiments,
            self.tasks,
            self.of,
            question=lambda task, arm: Question(quantity, Whose(str(arm)), asks),
            judge=judge,
            horizon=self.horizon,
        )


@dataclass(frozen=True)
class Negligible(_Single):
    """scalar < delta: no gain worth naming. A loss is none; contradicted by more than delta.

    A success rate gains no more than it ends at. The upper end of a gain is therefore that of final
    J where this one is lower, and that of an offline gain ends at J after the offline phase: runs
    that never succeed gain nothing, however few episodes the evaluation before them had.
    """

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and arm."""

        def judge(source: str, task: str, arm: Arm) -> Answer:
            (values,) = evidence.scalars(source, task, (arm,), self.scalar)
            margin = margin_of(task)
            noise = evidence.noise(source, task, (arm,), self.scalar)
            gain = level_of(values, noise)
            ends_in = {"gain": "jt", "rise": "jt", "offline_gain": "j0"}.get(self.scalar)
            if ends_in and evidence.measure(task).per_success and gain.known:
                (final,) = evidence.scalars(source, task, (arm,), ends_in)
                end = level_of(final, evidence.noise(source, task, (arm,), ends_in))
                gain = replace(gain, high=max(gain.value, min(gain.high, end.high)))
            found = Answer(
                gain,
                Below(margin),
                WIDE,
                seeds=seeds_of(values),
                seen=level_seen(values, noise, margin, "below"),
            )
            return within_reach(evidence, source, task, (arm,), self.scalar, found)

        return each(
            evidence,
            experiments,
            self.tasks,
            self.of,
            question=lambda task, arm: Question(
                SCALARS[self.scalar], Whose(str(arm)), below(margin_of(task))
            ),
            judge=judge,
        )
