"""The kinds of question a claim asks of the evidence; each answers with effects.

All are frozen dataclasses with ``arms()``, the runs they need, and ``effects(evidence,
experiments)``, one effect a task and comparison. J and the scalars are those of
``figures.scalars``: higher is better throughout, a distance counts negative. Questions about times
are in ``time_rules``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from figures.estimates import (
    EQUIVALENCE_CONFIDENCE,
    Equivalence,
    Estimate,
    aggregate,
    difference,
    equivalent,
    improvement_test,
    probability_of_improvement,
    rank_probabilities,
)
from figures.multiplicity import holm
from figures.statistics import Floats
from reproduce.judging.evidence import MARGINS, Arm, Evidence, domain_of
from reproduce.judging.verdicts import Effect, Verdict, above, below, similar

ALPHA = 0.05
NAMES = {
    "j0": "J after the offline phase",
    "jt": "final J",
    "auc": "AUC",
    "dip": "dip",
    "gain": "gain",
    "slope": "slope per 100 K steps",
    "monotonicity": "rank correlation of J with time",
}

Answer = tuple[Estimate, Verdict, str] | tuple[Estimate, Verdict, str, float]
"""Estimate, its verdict, a note and, where there is a test, its p-value."""


class Rule(Protocol):
    """A question with one effect or more."""

    def arms(self) -> tuple[Arm, ...]:
        """All arms that must have been run."""

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks they must have been run on."""

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """The answers; NOT_RUN where a run is missing."""


def margin_of(task: str) -> float:
    """Delta on ``task``, in units of its measure."""
    return MARGINS[domain_of(task)]


def seeds_note(*samples: Floats) -> str:
    """``seeds 5`` or ``seeds 5 and 3``."""
    return "seeds " + " and ".join(str(n) for n in dict.fromkeys(len(each) for each in samples))


def answer(
    evidence: Evidence,
    experiments: Sequence[str],
    task: str,
    arms: Sequence[Arm],
    *,
    what: str,
    asks: str,
    judge: Callable[[str], Answer],
    horizon: int | None = None,
) -> Effect:
    """The effect of one comparison; ``judge`` is given the experiment that holds all ``arms``."""
    source = evidence.source(experiments, task, arms, horizon)
    if source is None:
        missing = [
            str(arm) for arm in arms if evidence.source(experiments, task, (arm,), horizon) is None
        ]
        names = ", ".join(missing) or "all in one experiment"
        until = f", finished beyond step {horizon:,}" if horizon else ""
        return Effect(task, what, asks, Verdict.NOT_RUN, note=f"missing: {names}{until}")
    estimate, verdict, note, *p_value = judge(source)
    return Effect(
        task, what, asks, verdict, estimate, note, p_value[0] if p_value else None, source
    )


@dataclass(frozen=True)
class _Against:
    """``better`` against each of ``rivals`` on each of ``tasks``, in one scalar."""

    scalar: str
    better: Arm
    rivals: tuple[Arm, ...]
    tasks: tuple[str, ...]

    def arms(self) -> tuple[Arm, ...]:
        """All arms that must have been run."""
        return (self.better, *self.rivals)

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks they must have been run on."""
        return self.tasks

    def _pairs(self) -> list[tuple[str, Arm]]:
        return [(task, rival) for task in self.tasks for rival in self.rivals]

    def _values(self, evidence: Evidence, source: str, task: str, rival: Arm) -> list[Floats]:
        return evidence.scalars(source, task, (self.better, rival), self.scalar)


@dataclass(frozen=True)
class Difference(_Against):
    """scalar(better) - scalar(rival) > ``factor`` delta."""

    factor: float = 1.0

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival."""

        def judge(source: str, task: str, rival: Arm) -> Answer:
            a, b = self._values(evidence, source, task, rival)
            found = difference(a, b)
            return found, above(found, self.factor * margin_of(task)), seeds_note(a, b)

        return [
            answer(
                evidence, experiments, task, (self.better, rival),
                what=f"{NAMES[self.scalar]}: {self.better} − {rival}",
                asks=f"> {self.factor * margin_of(task):g}",
                judge=lambda source, task=task, rival=rival: judge(source, task, rival),
            )
            for task, rival in self._pairs()
        ]  # fmt: skip


@dataclass(frozen=True)
class Improvement(_Against):
    """P(better > rival) > 1/2: its interval above 1/2, and Mann-Whitney's p below 5 % after Holm.

    The family of Holm's correction is all comparisons of this rule that were run.
    """

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival."""

        def judge(source: str, task: str, rival: Arm) -> Answer:
            a, b = self._values(evidence, source, task, rival)
            found = probability_of_improvement([a], [b])
            if not found.known:  # too few seeds, for the test as well
                return found, Verdict.INCONCLUSIVE, seeds_note(a, b)
            return found, above(found, 0.5), seeds_note(a, b), improvement_test(a, b)

        return _corrected(
            [
                answer(
                    evidence, experiments, task, (self.better, rival),
                    what=f"P({NAMES[self.scalar]} of {self.better} > {rival})",
                    asks="> 0.5",
                    judge=lambda source, task=task, rival=rival: judge(source, task, rival),
                )
                for task, rival in self._pairs()
            ]
        )  # fmt: skip


def _corrected(effects: list[Effect]) -> list[Effect]:
    """Holm's correction over the effects that have a p-value; support needs both."""
    tested = {str(i): e.p_value for i, e in enumerate(effects) if e.p_value is not None}
    adjusted = holm(tested) if tested else {}
    result = []
    for index, effect in enumerate(effects):
        p_value = adjusted.get(str(index))
        verdict = effect.verdict
        if verdict is Verdict.SUPPORTED and p_value is not None and p_value >= ALPHA:
            verdict = Verdict.INCONCLUSIVE
        result.append(replace(effect, verdict=verdict, p_value=p_value))
    return result


@dataclass(frozen=True)
class Similar(_Against):
    """|scalar(better) - scalar(rival)| < ``factor`` delta, by two one-sided tests at 5 %."""

    factor: float = 2.0

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival."""

        def judge(source: str, task: str, rival: Arm) -> Answer:
            a, b = self._values(evidence, source, task, rival)
            found = equivalent(a, b, self.factor * margin_of(task))
            return found.estimate, similar(found), f"{seeds_note(a, b)}; 90 % interval"

        return [
            answer(
                evidence, experiments, task, (self.better, rival),
                what=f"{NAMES[self.scalar]}: {self.better} − {rival}",
                asks=f"within ±{self.factor * margin_of(task):g}",
                judge=lambda source, task=task, rival=rival: judge(source, task, rival),
            )
            for task, rival in self._pairs()
        ]  # fmt: skip


@dataclass(frozen=True)
class Leads(_Against):
    """``better`` has the highest centre with probability >= ``probability`` (bootstrap)."""

    probability: float = 0.95

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task, against those rivals that were run; at least one of them."""

        def judge(source: str, task: str, rivals: Sequence[Arm]) -> Answer:
            arms = (self.better, *rivals)
            samples = evidence.scalars(source, task, arms, self.scalar)
            chance = rank_probabilities(dict(zip(map(str, arms), samples, strict=True)))
            first = chance[str(self.better)]
            leader = max(chance, key=lambda name: chance[name])
            found = Estimate(first, np.nan, np.nan, min(map(len, samples)), "probability of rank 1")
            note = f"{seeds_note(*samples)}; {len(rivals)} of {len(self.rivals)} rivals run"
            if np.isnan(first):
                return found, Verdict.INCONCLUSIVE, note
            note += f"; most often first: {leader}"
            if first <= 1 - self.probability:
                return found, Verdict.CONTRADICTED, note
            complete = len(rivals) == len(self.rivals)
            certain = first >= self.probability and complete
            return found, Verdict.SUPPORTED if certain else Verdict.INCONCLUSIVE, note

        effects = []
        for task in self.tasks:
            run = [r for r in self.rivals if evidence.source(experiments, task, (self.better, r))]
            effects.append(
                answer(
                    evidence, experiments, task, (self.better, *(run or self.rivals)),
                    what=f"P({self.better} has the highest {NAMES[self.scalar]})",
                    asks=f"≥ {self.probability:g}",
                    judge=lambda source, task=task, run=run: judge(source, task, run),
                )
            )  # fmt: skip
        return effects


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

    def _pairs(self) -> list[tuple[str, Arm]]:
        return [(task, arm) for task in self.tasks for arm in self.of]


@dataclass(frozen=True)
class Level(_Single):
    """The scalar lies on one ``side`` of ``value``; only up to step ``horizon``, if given."""

    side: Literal["above", "below"] = "above"
    value: float = 0.0
    horizon: int | None = None

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and arm."""
        until = f" by step {self.horizon:,}" if self.horizon else ""

        def judge(source: str, task: str, arm: Arm) -> Answer:
            (values,) = evidence.scalars(source, task, (arm,), self.scalar, self.horizon)
            if not np.isfinite(values).all():  # the rank correlation of a constant curve
                found = Estimate(np.nan, np.nan, np.nan, len(values), "undefined")
                return found, Verdict.INCONCLUSIVE, "not defined for some seed"
            found = aggregate([values])
            side = above if self.side == "above" else below
            return found, side(found, self.value), seeds_note(values)

        return [
            answer(
                evidence, experiments, task, (arm,),
                what=f"{NAMES[self.scalar]}{until}: {arm}",
                asks=f"{'>' if self.side == 'above' else '<'} {self.value:g}",
                judge=lambda source, task=task, arm=arm: judge(source, task, arm),
                horizon=self.horizon,
            )
            for task, arm in self._pairs()
        ]  # fmt: skip


@dataclass(frozen=True)
class Negligible(_Single):
    """|scalar| < delta, by two one-sided tests at 5 %."""

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and arm."""

        def judge(source: str, task: str, arm: Arm) -> Answer:
            (values,) = evidence.scalars(source, task, (arm,), self.scalar)
            found = aggregate([values], confidence=EQUIVALENCE_CONFIDENCE)
            note = f"{seeds_note(values)}; 90 % interval"
            return found, similar(Equivalence(found, margin_of(task))), note

        return [
            answer(
                evidence, experiments, task, (arm,),
                what=f"{NAMES[self.scalar]}: {arm}",
                asks=f"within ±{margin_of(task):g}",
                judge=lambda source, task=task, arm=arm: judge(source, task, arm),
            )
            for task, arm in self._pairs()
        ]  # fmt: skip
