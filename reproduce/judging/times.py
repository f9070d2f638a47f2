"""Questions about how long a run takes to reach a threshold; censoring is respected throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from figures.estimates import proportion
from figures.statistics import MIN_SEEDS_FOR_INTERVAL
from figures.survival import Sample, kaplan_meier, log_rank, restricted_mean_ratio
from reproduce.judging.conditions import Above, Below, Condition, Never, Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.rules import Answer, answer, each
from reproduce.judging.verdicts import NO_ESTIMATE, Effect


def _time_note(sample: Sample) -> str:
    times, observed = sample
    summary = kaplan_meier(times, observed, float(times.max()) or 1.0)
    median = f"{summary.median:,.0f}" if np.isfinite(summary.median) else "not reached"
    return f"{summary.observed} of {summary.n} reached it, median {median}"


@dataclass(frozen=True)
class Solved:
    """Of all runs of ``of`` together, the share at ``threshold`` by step ``by`` is on one ``side``
    of ``share``; without ``by``, within the budget.

    A run that ended before ``by`` without reaching it is unknown: with any such run nothing is
    concluded.
    """

    of: tuple[Arm, ...]
    tasks: tuple[str, ...]
    threshold: float
    by: int | None
    side: Literal["above", "below"] = "above"
    share: float = 0.5

    def arms(self) -> tuple[Arm, ...]:
        """All arms that must have been run."""
        return self.of

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks they must have been run on."""
        return self.tasks

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task."""
        until = f"by step {self.by:,}" if self.by else "within the budget"

        def judge(source: str, task: str) -> Answer:
            samples = evidence.times(source, task, self.of, self.threshold)
            times = np.concatenate([sample[0] for sample in samples])
            observed = np.concatenate([sample[1] for sample in samples])
            end = np.inf if self.by is None else self.by
            solved = observed & (times <= end)
            found = proportion(int(solved.sum()), len(times))
            note = f"{len(times)} runs; {_time_note((times, observed))}"
            unknown = int((~observed & (times < end)).sum()) if self.by else 0
            if unknown:
                return found, Verdict.INCONCLUSIVE, f"{note}; {unknown} ended before step {end:,}"
            if any(len(sample[0]) < MIN_SEEDS_FOR_INTERVAL for sample in samples):
                return found, Verdict.INCONCLUSIVE, note
            side = Above if self.side == "above" else Below
            return found, side(self.share), note

        return [
            answer(
                evidence, experiments, task, self.of,
                what=f"share of runs at {self.threshold:g} {until}: "
                + ", ".join(map(str, self.of)),
                asks=f"{'>' if self.side == 'above' else '<'} {self.share:g}",
                judge=lambda source, task=task: judge(source, task),
            )
            for task in self.tasks
        ]  # fmt: skip


@dataclass(frozen=True)
class Faster:
    """Mean time below ``threshold``, up to the common budget: rival / better > ``ratio``.

    A rival that has not arrived by then would have taken longer: where any of its runs is censored,
    the ratio is a lower bound, which can support but not contradict.
    """

    better: Arm
    rivals: tuple[Arm, ...]
    tasks: tuple[str, ...]
    threshold: float
    ratio: float = 1.0

    def arms(self) -> tuple[Arm, ...]:
        """All arms that must have been run."""
        return (self.better, *self.rivals)

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks they must have been run on."""
        return self.tasks

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival; the p-value is that of the log-rank test, two-sided."""

        def judge(source: str, task: str, rival: Arm) -> Answer:
            ours, theirs = evidence.times(source, task, (self.better, rival), self.threshold)
            note = f"{self.better}: {_time_note(ours)}; {rival}: {_time_note(theirs)}"
            if not (ours[1].any() or theirs[1].any()):
                return NO_ESTIMATE, Verdict.INCONCLUSIVE, f"no run reached it; {note}"
            horizon = _horizon(ours, theirs)
            found = restricted_mean_ratio(theirs, ours, horizon)
            if not found.known:  # too few seeds, for the test as well
                return found, Verdict.INCONCLUSIVE, note
            times, observed = theirs
            condition: Condition = Above(self.ratio)
            if not (observed & (times <= horizon)).all():
                condition = Never(Verdict.CONTRADICTED, condition)
                note = f"a lower bound; {note}"
            return found, condition, note, log_rank(ours, theirs)

        return each(
            evidence,
            experiments,
            self.tasks,
            self.rivals,
            beside=(self.better,),
            what=lambda rival: f"time to {self.threshold:g}: {rival} / {self.better}",
            asks=lambda task: f"> {self.ratio:g}",
            judge=judge,
        )


def _horizon(*samples: Sample) -> float:
    """The last step up to which all restricted means are defined."""
    censored = [float(times.max()) for times, observed in samples if not observed.all()]
    # where every run got there, nothing happens beyond the last; all at once at 0: any will do
    return min(censored) if censored else max(float(times.max()) for times, _ in samples) or 1.0
