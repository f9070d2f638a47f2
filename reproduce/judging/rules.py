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

from figures.domains import DOMAINS
from figures.experiments import domain_of
from figures.statistics.across_seeds import CONFIDENCE, Floats, centre
from figures.statistics.estimates import Estimate, difference
from figures.statistics.power import distance_seen
from figures.statistics.resampling import at_least
from reproduce.judging.conditions import Condition, Verdict
from reproduce.judging.evidence import QUIET, Arm, Evidence, Noise
from reproduce.judging.provenance import mixture
from reproduce.judging.questions import Question
from reproduce.judging.verdicts import NO_ESTIMATE, Effect, joined
from reproduce.judging.visible import Visible

UNDEFINED = "not defined for some seed"
GAINS = ("gain", "rise", "slope", "monotonicity")
"""Scalars that say how much was gained online."""


Seen = Callable[[int], Visible | None]


def unseen(family: int) -> None:
    """Nothing can be said of what five seeds would have seen."""


@dataclass(frozen=True)
class Answer:
    """What a comparison gives.

    Attributes:
        estimate: the value with its interval.
        judged: the condition that it is judged by, or a verdict if no condition applies.
        note: what else a reader should know.
        p_value: of the test, if there is one.
        seen: what five seeds would have seen, as in ``Effect``, of one among so many effects that
            could decide by mistake.
        lacks, seeds, missing: as in ``Effect``.
    """

    estimate: Estimate
    judged: Condition | Verdict
    note: str = ""
    p_value: float | None = None
    seen: Seen = unseen
    lacks: str = ""
    seeds: tuple[int, ...] = ()
    missing: str = ""


def unfinished(horizon: int | None) -> str:
    """What a question lacks that asks of runs beyond ``horizon``, or of finished runs at all."""
    return f"no run finished beyond step {horizon:,}" if horizon else "no finished run"


def nothing(judged: Verdict, lacks: str, note: str = "") -> Answer:
    """No value, and why: ``lacks`` in a few words, which are the note if there is no longer one."""
    return Answer(NO_ESTIMATE, judged, note or lacks, lacks=lacks)


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


def seeds_of(*samples: Floats) -> tuple[int, ...]:
    """How many seeds the groups have, each number once; (5,) or (5, 3)."""
    return tuple(dict.fromkeys(map(len, samples)))


def within_reach(
    evidence: Evidence, source: str, task: str, arms: Sequence[Arm], scalar: str, found: Answer
) -> Answer:
    """``found``, but not decidable where the levels after the offline phase leave no room.

    There is none in three cases:

    * ``scalar`` is a gain, and one of ``arms`` is at the ceiling: nothing is left to gain;
    * ``scalar`` is a gain, and the first of ``arms`` cannot gain what another one has: it began
      too near the best;
    * ``scalar`` is a dip, and one of ``arms`` is within delta of having learned nothing: nothing is
      left to lose.
    """
    if scalar not in (*GAINS, "dip") or not found.estimate.known:
        return found
    measure = evidence.measure(task)
    starts = evidence.scalars(source, task, arms, "j0")
    level = {arm: float(centre(values)) for arm, values in zip(arms, starts, strict=True)}
    if scalar == "dip":
        stuck = [arm for arm in arms if level[arm] <= measure.floor + margin_of(task)]
        why, left = f"within delta of nothing learned ({measure.floor:g})", "nothing to lose"
    else:
        stuck = [arm for arm in arms if level[arm] >= measure.ceiling]
        why, left = f"at the ceiling ({measure.ceiling:g})", "nothing to gain"
    if not stuck and scalar in ("gain", "rise", "slope") and len(arms) > 1:
        gains = evidence.scalars(source, task, arms[1:], "gain")
        room = measure.best - level[arms[0]]
        if max(float(centre(values)) for values in gains) > room:
            stuck, why = [arms[0]], f"{room:.3g} below the best"
            left = "too little to gain what the other gained"
    if not stuck:
        return found
    names = ", ".join(f"{arm} at {level[arm]:.3g}" for arm in stuck)
    told = f"{why} after the offline phase, so that there is {left}: {names}"
    note = joined(found.note, told)
    return replace(found, judged=Verdict.NOT_DECIDABLE, note=note, seen=unseen)


def between(a: Floats, b: Floats, noise: Noise = QUIET) -> Estimate:
    """centre(a) - centre(b), (seeds,) each, with the expanded interval by which it is judged.

    The interval is at least as wide as ``noise`` alone would make it (``Evidence.noise``).
    """
    return at_least(difference(a, b, method="expanded"), noise.now)


def distance_between(a: Floats, b: Floats, family: int, noise: Noise = QUIET) -> float:
    """``figures.statistics.power.distance_seen`` of two groups, for the interval of ``between``."""
    return distance_seen(
        [a, b], confidence=CONFIDENCE, method="expanded", family=family, noise=noise.of_five
    )


def of_source(judge: Callable[..., Answer], *rest: object) -> Callable[[str], Answer]:
    """`judge(source, *rest)` as a function of the source."""
    return lambda source: judge(source, *rest)


def answer(
    evidence: Evidence,
    experiments: Sequence[str],
    task: str,
    arms: Sequence[Arm],
    *,
    question: Question,
    judge: Callable[[str], Answer],
    horizon: int | None = None,
) -> Effect:
    """The effect of one comparison. ``judge`` gets the experiment that holds all ``arms``.

    Runs may have codes that compute different numbers, or several sets of prior data. They are
    compared and decide nothing.
    """
    source = evidence.source(experiments, task, arms, horizon)
    if source is None:
        lacking = [
            str(arm) for arm in arms if evidence.source(experiments, task, (arm,), horizon) is None
        ]
        names = ", ".join(lacking) or "all in one experiment"
        until = f", finished beyond step {horizon:,}" if horizon else ""
        missing, lacks = f"{names}{until}", unfinished(horizon)
        return Effect(task, question, Verdict.NOT_RUN, missing=missing, lacks=lacks)
    found, made = judge(source), evidence.made(source, task, arms, horizon)
    if found.judged is Verdict.NOT_RUN:
        return Effect(
            task,
            question,
            Verdict.NOT_RUN,
            note=found.note,
            missing=found.missing,
            lacks=found.lacks,
        )
    judged, note = found.judged, found.note
    mixed = mixture(made)
    if mixed:
        note = joined(note, mixed)
        judged = judged if judged is Verdict.NOT_DECIDABLE else Verdict.INCONCLUSIVE
    return Effect(
        task,
        question,
        judged if isinstance(judged, Verdict) else judged.verdict(found.estimate),
        found.estimate,
        note,
        seeds=found.seeds,
        lacks=found.lacks,
        p_value=found.p_value,
        source=source,
        condition=None if isinstance(judged, Verdict) else judged,
        seen=found.seen(1),
        power=found.seen,
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
    question: Callable[[str, Arm], Question],
    judge: Callable[[str, str, Arm], Answer],
    horizon: int | None = None,
) -> list[Effect]:
    """One effect for every task and every arm of ``ones``, each with the arms ``beside`` it.

    ``question`` gets the task and the arm, ``judge`` the experiment as well.
    """
    return [
        answer(
            evidence,
            experiments,
            task,
            (*beside, one),
            question=question(task, one),
            judge=of_source(judge, task, one),
            horizon=horizon,
        )
        for task in tasks
        for one in ones
    ]
