"""What every kind of question to the evidence has in common; the kinds are in ``comparisons``,
``levels`` and ``times``.

All are frozen dataclasses with ``arms()``, the runs they need, and ``effects(evidence,
experiments)``, one effect a task and comparison. J and the scalars are those of
``figures.scalars``: higher is better throughout, a distance counts negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from figures.estimates import Estimate
from figures.statistics import Floats
from reproduce.judging.conditions import Condition, Verdict
from reproduce.judging.evidence import MARGINS, Arm, Evidence, domain_of
from reproduce.judging.verdicts import Effect

NAMES = {
    "j0": "J after the offline phase",
    "jt": "final J",
    "auc": "AUC",
    "dip": "dip",
    "gain": "gain",
    "slope": "slope per 100 K steps",
    "monotonicity": "rank correlation of J with time",
}

Judged = Condition | Verdict
"""What an estimate is judged by; a verdict where it cannot be."""
Answer = tuple[Estimate, Judged, str] | tuple[Estimate, Judged, str, float]
"""Estimate, what it is judged by, a note and, where there is a test, its p-value."""


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
    estimate, judged, note, *p_value = judge(source)
    test = p_value[0] if p_value else None
    if isinstance(judged, Verdict):
        return Effect(task, what, asks, judged, estimate, note, test, source)
    verdict = judged.verdict(estimate)
    return Effect(task, what, asks, verdict, estimate, note, test, source, judged)


def each(
    evidence: Evidence,
    experiments: Sequence[str],
    tasks: Sequence[str],
    ones: Sequence[Arm],
    *,
    beside: tuple[Arm, ...] = (),
    what: Callable[[Arm], str],
    asks: Callable[[str], str],
    judge: Callable[[str, str, Arm], Answer],
    horizon: int | None = None,
) -> list[Effect]:
    """One effect for every task and every arm of ``ones``, each with the arms ``beside`` it.

    ``judge`` is given the experiment, the task and the arm.
    """
    return [
        answer(
            evidence,
            experiments,
            task,
            (*beside, one),
            what=what(one),
            asks=asks(task),
            judge=lambda source, task=task, one=one: judge(source, task, one),
            horizon=horizon,
        )
        for task in tasks
        for one in ones
    ]
