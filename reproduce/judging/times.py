"""Questions about how long a run takes to reach a threshold. All of them respect censoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from figures.statistics.across_seeds import CONFIDENCE, MIN_SEEDS_FOR_INTERVAL
from figures.statistics.power import distance_seen
from figures.statistics.survival import Sample, log_rank, median_time, restricted_mean_ratio
from reproduce.judging.conditions import Above, Condition, Never, Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.questions import Limits, Quantity, Question, Whose, above
from reproduce.judging.rules import Answer, Seen, each, nothing, unseen
from reproduce.judging.verdicts import Effect
from reproduce.judging.visible import Visible, beyond


def _time_note(sample: Sample) -> str:
    times, observed = sample
    at_start = int((observed & (times == 0)).sum())
    reached = f"{observed.sum()} of {len(times)} reached it"
    reached += f", {at_start} of them at step 0" if at_start else ""
    if not times.any():
        return reached
    median = median_time(sample)
    return f"{reached}, median {f'{median:,.0f}' if np.isfinite(median) else 'not reached'}"


@dataclass(frozen=True)
class Faster:
    """Mean time below ``threshold``, up to the common budget: rival / better > ``ratio``.

    A ratio certainly below ``ratio`` is smaller than claimed, one certainly below 1 contradicts.
    Nothing is decidable where no run of either reached the threshold. A rival that has not reached
    the threshold by then would take longer. If any of its runs is censored, the ratio is a lower
    bound. A lower bound can support. It can neither contradict nor show that the ratio is smaller
    than claimed.
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
        """One effect a task and rival. The p-value is that of the two-sided log-rank test."""
        time = Quantity(f"time to {self.threshold:g}", "ratio of times", Limits(low=0.0), zero=1.0)

        def judge(source: str, task: str, rival: Arm) -> Answer:
            ours, theirs = evidence.times(source, task, (self.better, rival), self.threshold)
            note = f"{self.better}: {_time_note(ours)}; {rival}: {_time_note(theirs)}"
            if not (ours[1].any() or theirs[1].any()):
                lacks = f"no run reached {self.threshold:g}"
                return nothing(Verdict.NOT_DECIDABLE, lacks, f"no run reached it; {note}")
            horizon = _horizon(ours, theirs)
            if horizon == 0:
                lacks = "too few evaluations"
                note = f"{lacks}: none but that of step 0 has five from it on; {note}"
                return nothing(Verdict.INCONCLUSIVE, lacks, note)
            found = restricted_mean_ratio(theirs, ours, horizon)
            seen = _seen(self.ratio, ours, theirs, horizon)
            if not found.known:  # too few seeds, for the test as well
                return Answer(found, Verdict.INCONCLUSIVE, note, seen=seen)
            times, observed = theirs
            condition: Condition = Above(self.ratio, 1.0)
            if not (observed & (times <= horizon)).all():
                condition = Never((Verdict.CONTRADICTED, Verdict.SMALLER), condition)
                note = f"a lower bound; {note}"
            return Answer(found, condition, note, log_rank(ours, theirs), seen)

        return each(
            evidence,
            experiments,
            self.tasks,
            self.rivals,
            beside=(self.better,),
            question=lambda task, rival: Question(
                time, Whose(str(rival), "/", str(self.better)), above(self.ratio)
            ),
            judge=judge,
        )


def _horizon(*samples: Sample) -> float:
    """The last step up to which all restricted means are defined."""
    censored = [float(times.max()) for times, observed in samples if not observed.all()]
    # If every run arrived, nothing happens after the last. If all arrived at 0, any number will do.
    return min(censored) if censored else max(float(times.max()) for times, _ in samples) or 1.0


def _seen(ratio: float, ours: Sample, theirs: Sample, horizon: float) -> Seen:
    """The ratio that five seeds would show.

    To first order, the spread of times relative to their mean is the spread of their logarithms.
    """
    relative = []
    for times, _ in (ours, theirs):
        stayed = np.minimum(times, horizon)
        if stayed.mean() == 0:
            return unseen
        relative.append(stayed / stayed.mean())
    # the interval of the ratio, see restricted_mean_ratio
    freedom = MIN_SEEDS_FOR_INTERVAL - 1

    def seen(family: int) -> Visible | None:
        distance = distance_seen(
            relative, confidence=CONFIDENCE, method="expanded", freedom=freedom, family=family
        )
        return beyond(ratio, ratio * float(np.expm1(distance)))

    return seen
