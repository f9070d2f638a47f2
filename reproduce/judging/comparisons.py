"""Questions that set one method against others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from figures.estimates import (
    EQUIVALENCE_CONFIDENCE,
    Estimate,
    difference,
    improvement_test,
    probability_of_improvement,
    rank_probabilities,
)
from figures.multiplicity import holm
from figures.statistics import Floats
from reproduce.judging.conditions import Above, First, Never, Verdict, Within
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.rules import NAMES, Answer, answer, each, margin_of, seeds_note
from reproduce.judging.verdicts import Effect

ALPHA = 0.05


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

    def _compared(
        self,
        evidence: Evidence,
        experiments: Sequence[str],
        *,
        asks: Callable[[str], str],
        judge: Callable[[Floats, Floats, str], Answer],
        what: Callable[[Arm], str] | None = None,
    ) -> list[Effect]:
        """One effect a task and rival; ``judge`` gets the scalars of both, and the task."""

        def of(source: str, task: str, rival: Arm) -> Answer:
            a, b = evidence.scalars(source, task, (self.better, rival), self.scalar)
            return judge(a, b, task)

        return each(
            evidence,
            experiments,
            self.tasks,
            self.rivals,
            beside=(self.better,),
            what=what or (lambda rival: f"{NAMES[self.scalar]}: {self.better} − {rival}"),
            asks=asks,
            judge=of,
        )


@dataclass(frozen=True)
class Difference(_Against):
    """scalar(better) - scalar(rival) > ``factor`` delta."""

    factor: float = 1.0

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival."""

        def judge(a: Floats, b: Floats, task: str) -> Answer:
            found = difference(a, b)
            return found, Above(self.factor * margin_of(task)), seeds_note(a, b)

        return self._compared(
            evidence,
            experiments,
            asks=lambda task: f"> {self.factor * margin_of(task):g}",
            judge=judge,
        )


@dataclass(frozen=True)
class Improvement(_Against):
    """P(better > rival) > 1/2: its interval above 1/2, and Mann-Whitney's p below 5 % after Holm.

    The family of Holm's correction is all comparisons of this rule that were run.
    """

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival."""

        def judge(a: Floats, b: Floats, task: str) -> Answer:
            found = probability_of_improvement([a], [b])
            if not found.known:  # too few seeds, for the test as well
                return found, Verdict.INCONCLUSIVE, seeds_note(a, b)
            return found, Above(0.5), seeds_note(a, b), improvement_test(a, b)

        effects = self._compared(
            evidence,
            experiments,
            asks=lambda task: "> 0.5",
            judge=judge,
            what=lambda rival: f"P({NAMES[self.scalar]} of {self.better} > {rival})",
        )
        return _corrected(effects)


def _corrected(effects: list[Effect]) -> list[Effect]:
    """Holm's correction over the effects that have a p-value; support needs both."""
    tested = {str(i): e.p_value for i, e in enumerate(effects) if e.p_value is not None}
    adjusted = holm(tested) if tested else {}
    result = []
    for index, effect in enumerate(effects):
        p_value = adjusted.get(str(index))
        changed = replace(effect, p_value=p_value)
        if p_value is not None and p_value >= ALPHA and effect.condition and effect.estimate:
            condition = Never(Verdict.SUPPORTED, effect.condition)
            verdict = condition.verdict(effect.estimate)
            changed = replace(changed, verdict=verdict, condition=condition)
        result.append(changed)
    return result


@dataclass(frozen=True)
class Similar(_Against):
    """|scalar(better) - scalar(rival)| < ``factor`` delta, by two one-sided tests at 5 %."""

    factor: float = 2.0

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival."""

        def judge(a: Floats, b: Floats, task: str) -> Answer:
            found = difference(a, b, confidence=EQUIVALENCE_CONFIDENCE)
            return (
                found,
                Within(self.factor * margin_of(task)),
                f"{seeds_note(a, b)}; 90 % interval",
            )

        return self._compared(
            evidence,
            experiments,
            asks=lambda task: f"within ±{self.factor * margin_of(task):g}",
            judge=judge,
        )


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
            condition = First(self.probability)
            if len(rivals) < len(self.rivals):
                return found, Never(Verdict.SUPPORTED, condition), note
            return found, condition, note

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
