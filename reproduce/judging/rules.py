"""What every kind of question to the evidence has in common.

The kinds are in ``comparisons``, ``levels``, ``shares``, ``stability``, ``times`` and
``demonstrations``. All are frozen dataclasses. ``arms()`` names the runs they need.
``effects(evidence, experiments)`` gives one effect a task and comparison.
``figures.statistics.scalars`` defines J and the scalars. Higher is always better: a distance counts
negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from figures.domains import DOMAINS
from figures.experiments import domain_of
from figures.statistics.across_seeds import CONFIDENCE, Floats, centre
from figures.statistics.estimates import Estimate, difference
from figures.statistics.power import distance_seen
from reproduce.judging.conditions import Condition, Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.provenance import mixture
from reproduce.judging.verdicts import Effect

NAMES = {
    "j0": "J after the offline phase",
    "jt": "final J",
    "auc": "AUC",
    "dip": "dip",
    "gain": "gain",
    "slope": "slope per 100 K steps",
    "monotonicity": "rank correlation of J with time",
    "fluctuation": "fluctuation of J",
}
GAINS = ("gain", "slope", "monotonicity")
"""Scalars that say how much was gained online."""


@dataclass(frozen=True)
class Answer:
    """What a comparison gives.

    Attributes:
        estimate: the value with its interval.
        judged: the condition that it is judged by, or a verdict if no condition applies.
        note: seeds and what else a reader should know.
        p_value: of the test, if there is one.
        seen: as in ``Effect``.
    """

    estimate: Estimate
    judged: Condition | Verdict
    note: str
    p_value: float | None = None
    seen: str = ""


class Rule(Protocol):
    """A question with one effect or more."""

    def arms(self) -> tuple[Arm, ...]:
        """All arms that must have been run."""

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks they must have been run on."""

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """The answers; NOT_RUN if a run is missing."""


def margin_of(task: str) -> float:
    """Delta on ``task``, in units of its measure."""
    return DOMAINS[domain_of(task)].margin


def seeds_note(*samples: Floats) -> str:
    """``seeds 5`` or ``seeds 5 and 3``."""
    return "seeds " + " and ".join(str(n) for n in dict.fromkeys(len(each) for each in samples))


def within_reach(
    evidence: Evidence, source: str, task: str, arms: Sequence[Arm], scalar: str, found: Answer
) -> Answer:
    """``found``, or not decidable if ``scalar`` is a gain and an arm has nothing left to gain.

    That is so if one of ``arms`` is at the ceiling after the offline phase. A difference of gains
    then shows nothing.
    """
    ceiling = evidence.measure(task).ceiling
    if scalar not in GAINS or not found.estimate.known or not np.isfinite(ceiling):
        return found
    levels = evidence.scalars(source, task, arms, "j0")
    at_ceiling = [
        f"{arm} at {level:.3g}"
        for arm, values in zip(arms, levels, strict=True)
        if (level := float(centre(values))) >= ceiling
    ]
    if not at_ceiling:
        return found
    note = f"{found.note}; at the ceiling ({ceiling:g}) after the offline phase, so that there is "
    note += f"nothing to gain: {', '.join(at_ceiling)}"
    return replace(found, judged=Verdict.NOT_DECIDABLE, note=note, seen="")


def between(a: Floats, b: Floats) -> Estimate:
    """centre(a) - centre(b), (seeds,) each, with the expanded interval by which it is judged."""
    return difference(a, b, method="expanded")


def distance_between(a: Floats, b: Floats) -> float:
    """``figures.statistics.power.distance_seen`` of two groups, for the interval of ``between``."""
    return distance_seen([a, b], confidence=CONFIDENCE, method="expanded")


def beyond(threshold: float, distance: float, side: str = "above") -> str:
    """``≥ 0.2``: the smallest effect that would be seen, ``distance`` beyond ``threshold``.

    It is "" if the distance is unknown: single runs, or runs without any spread.
    """
    if not (np.isfinite(distance) and distance > 0):
        return ""
    found = threshold + distance if side == "above" else threshold - distance
    return f"{'≥' if side == 'above' else '≤'} {found:.3g}"


def inside(margin: float, distance: float) -> str:
    """``within ±0.03``: the largest effect that would be seen to lie inside the margin."""
    if not (np.isfinite(distance) and distance > 0):
        return ""
    return f"within ±{margin - distance:.3g}" if distance < margin else "none"


def of_source(judge: Callable[..., Answer], *rest: object) -> Callable[[str], Answer]:
    """`judge(source, *rest)` as a function of the source."""
    return lambda source: judge(source, *rest)


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
    """The effect of one comparison. ``judge`` gets the experiment that holds all ``arms``.

    Runs may have codes that compute different numbers, or several sets of prior data. They are
    compared and decide nothing.
    """
    source = evidence.source(experiments, task, arms, horizon)
    if source is None:
        missing = [
            str(arm) for arm in arms if evidence.source(experiments, task, (arm,), horizon) is None
        ]
        names = ", ".join(missing) or "all in one experiment"
        until = f", finished beyond step {horizon:,}" if horizon else ""
        return Effect(task, what, asks, Verdict.NOT_RUN, note=f"missing: {names}{until}")
    found, made = judge(source), evidence.made(source, task, arms, horizon)
    if found.judged is Verdict.NOT_RUN:
        return Effect(task, what, asks, Verdict.NOT_RUN, note=found.note)
    judged, note = found.judged, found.note
    mixed = mixture(made)
    if mixed:
        note = f"{note}; {mixed}"
        judged = judged if judged is Verdict.NOT_DECIDABLE else Verdict.INCONCLUSIVE
    return Effect(
        task,
        what,
        asks,
        judged if isinstance(judged, Verdict) else judged.verdict(found.estimate),
        found.estimate,
        note,
        found.p_value,
        source,
        condition=None if isinstance(judged, Verdict) else judged,
        seen=found.seen,
        commits=made.commits,
        checksums=made.checksums,
        code=made.code,
    )


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

    ``judge`` gets the experiment, the task and the arm.
    """
    return [
        answer(
            evidence,
            experiments,
            task,
            (*beside, one),
            what=what(one),
            asks=asks(task),
            judge=of_source(judge, task, one),
            horizon=horizon,
        )
        for task in tasks
        for one in ones
    ]
