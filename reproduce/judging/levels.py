"""Questions about a scalar of a single method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from figures.estimates import EQUIVALENCE_CONFIDENCE, Estimate, aggregate
from reproduce.judging.conditions import Above, Below, Verdict, Within
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.rules import NAMES, Answer, each, margin_of, seeds_note
from reproduce.judging.verdicts import Effect


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
            side = Above if self.side == "above" else Below
            return found, side(self.value), seeds_note(values)

        return each(
            evidence,
            experiments,
            self.tasks,
            self.of,
            what=lambda arm: f"{NAMES[self.scalar]}{until}: {arm}",
            asks=lambda task: f"{'>' if self.side == 'above' else '<'} {self.value:g}",
            judge=judge,
            horizon=self.horizon,
        )


@dataclass(frozen=True)
class Negligible(_Single):
    """|scalar| < delta, by two one-sided tests at 5 %."""

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and arm."""

        def judge(source: str, task: str, arm: Arm) -> Answer:
            (values,) = evidence.scalars(source, task, (arm,), self.scalar)
            found = aggregate([values], confidence=EQUIVALENCE_CONFIDENCE)
            note = f"{seeds_note(values)}; 90 % interval"
            return found, Within(margin_of(task)), note

        return each(
            evidence,
            experiments,
            self.tasks,
            self.of,
            what=lambda arm: f"{NAMES[self.scalar]}: {arm}",
            asks=lambda task: f"within ±{margin_of(task):g}",
            judge=judge,
        )
