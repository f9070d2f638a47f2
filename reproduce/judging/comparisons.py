"""Questions that compare one method with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from figures.statistics.across_seeds import MIN_SEEDS_FOR_INTERVAL, Floats
from figures.statistics.estimates import (
    Estimate,
    improvement_test,
    probability_of_improvement,
    rank_probabilities,
)
from figures.statistics.power import wins_seen
from reproduce.judging.conditions import (
    Above,
    Condition,
    Never,
    Ranked,
    Verdict,
    Within,
    stretched,
)
from reproduce.judging.evidence import Arm, Evidence, Noise
from reproduce.judging.levels import level_of
from reproduce.judging.questions import (
    SCALARS,
    Asked,
    Quantity,
    Question,
    Sign,
    Whose,
    above,
    improvement,
    within,
)
from reproduce.judging.rules import (
    UNDEFINED,
    Answer,
    answer,
    between,
    distance_between,
    each,
    margin_of,
    nothing,
    of_source,
    seeds_of,
    unseen,
    within_reach,
)
from reproduce.judging.verdicts import Effect, joined
from reproduce.judging.visible import NOTHING, Visible, beyond, bounded, inside

ALPHA = 0.05


@dataclass(frozen=True)
class _Against:
    """``better`` compared with each of ``rivals`` on each of ``tasks``, in one scalar."""

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

    def _decidable(
        self, evidence: Evidence, source: str, task: str, arms: Sequence[Arm], found: Answer
    ) -> Answer:
        """``found``, but not decidable where what the claim takes for granted does not hold."""
        return found

    def _compared(
        self,
        evidence: Evidence,
        experiments: Sequence[str],
        *,
        asks: Callable[[str], Asked],
        judge: Callable[[Floats, Floats, str, Noise], Answer],
        quantity: Quantity | None = None,
        sign: Sign = "−",
    ) -> list[Effect]:
        """One effect a task and rival. ``judge`` gets the scalars of both, the task and the noise
        of the difference. ``quantity`` is the scalar if it is None."""
        measured = quantity or SCALARS[self.scalar]

        def of(source: str, task: str, rival: Arm) -> Answer:
            arms = (self.better, rival)
            a, b = evidence.scalars(source, task, arms, self.scalar)
            if not (np.isfinite(a).all() and np.isfinite(b).all()):
                return nothing(Verdict.INCONCLUSIVE, UNDEFINED)
            found = judge(a, b, task, evidence.noise(source, task, arms, self.scalar))
            found = self._decidable(evidence, source, task, arms, found)
            return within_reach(evidence, source, task, arms, self.scalar, found)

        return each(
            evidence,
            experiments,
            self.tasks,
            self.rivals,
            beside=(self.better,),
            question=lambda task, rival: Question(
                measured, Whose(str(self.better), sign, str(rival)), asks(task)
            ),
            judge=of,
        )


@dataclass(frozen=True)
class Difference(_Against):
    """scalar(better) - scalar(rival) > ``factor`` delta.

    A difference certainly below ``factor`` delta is smaller than claimed, one certainly below 0
    contradicts.
    ``learned`` is the final J that the claim takes for granted of one of the two methods. A task
    decides only where one of them certainly ends above it. It is not decidable where both certainly
    end below it, and inconclusive where neither is certain.
    """

    factor: float = 1.0
    learned: float | None = None

    def _decidable(
        self, evidence: Evidence, source: str, task: str, arms: Sequence[Arm], found: Answer
    ) -> Answer:
        if self.learned is None:
            return found
        levels = {
            arm: level_of(values, evidence.noise(source, task, (arm,), "jt"))
            for arm, values in zip(arms, evidence.scalars(source, task, arms, "jt"), strict=True)
        }
        if any(level.low > self.learned for level in levels.values()):
            return found
        ends = ", ".join(
            f"{arm} at {level.value:.3g} [{level.low:.3g} … {level.high:.3g}]"
            for arm, level in levels.items()
        )
        if all(level.high < self.learned for level in levels.values()):
            judged, neither = Verdict.NOT_DECIDABLE, "neither ends"
        else:
            judged, neither = Verdict.INCONCLUSIVE, "neither certainly ends"
        note = joined(found.note, f"{neither} above {self.learned:g}: {ends}")
        return replace(found, judged=judged, note=note, seen=unseen)

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival."""

        def judge(a: Floats, b: Floats, task: str, noise: Noise) -> Answer:
            wanted = self.factor * margin_of(task)

            def seen(family: int) -> Visible | None:
                return beyond(wanted, distance_between(a, b, family, noise))

            asked = Above(wanted, 0.0)
            return Answer(between(a, b, noise), asked, seeds=seeds_of(a, b), seen=seen)

        return self._compared(
            evidence,
            experiments,
            asks=lambda task: above(self.factor * margin_of(task)),
            judge=judge,
        )


def likely_above(a: Floats, b: Floats) -> Answer:
    """Whether P(a > b) > 1/2, as ``Improvement`` asks; (seeds,) each."""

    def seen(family: int) -> Visible | None:
        share = wins_seen(ALPHA / family)
        return bounded("≥ ", share) if np.isfinite(share) else NOTHING

    found, seeds = probability_of_improvement([a], [b]), seeds_of(a, b)
    if not found.known:  # too few seeds, for the test as well
        return Answer(found, Verdict.INCONCLUSIVE, seeds=seeds, seen=seen)
    p, opposite = improvement_test(a, b), improvement_test(b, a)
    return Answer(found, Ranked(p, opposite, ALPHA), p_value=p, seeds=seeds, seen=seen)


@dataclass(frozen=True)
class Improvement(_Against):
    """P(better > rival) > 1/2: its interval above 1/2, and Mann-Whitney's one-sided p below 5 %.

    An interval below 1/2 with the p of the opposite question below 5 % contradicts. Either level is
    divided by the number of effects that could decide by mistake (``conditions.Ranked``).
    """

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival. The p-value is that of the single comparison."""
        return self._compared(
            evidence,
            experiments,
            asks=lambda task: above(0.5),
            judge=lambda a, b, task, noise: likely_above(a, b),
            quantity=improvement(SCALARS[self.scalar]),
            sign=">",
        )


@dataclass(frozen=True)
class Similar(_Against):
    """|scalar(better) - scalar(rival)| < ``factor`` delta, by two one-sided tests at 2.5 %.

    They use 2.5 % instead of the usual 5 %, so that the same interval says "alike" and "better".
    """

    factor: float = 2.0

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and rival."""

        def judge(a: Floats, b: Floats, task: str, noise: Noise) -> Answer:
            margin = self.factor * margin_of(task)

            def seen(family: int) -> Visible | None:
                return inside(margin, distance_between(a, b, family, noise))

            asked = Within(margin)
            return Answer(between(a, b, noise), asked, seeds=seeds_of(a, b), seen=seen)

        return self._compared(
            evidence,
            experiments,
            asks=lambda task: within(self.factor * margin_of(task)),
            judge=judge,
        )


@dataclass(frozen=True)
class Leads(_Against):
    """``better`` is above every rival. It may be below one by less than ``factor`` delta.

    The effect is the lead over the best rival, which is the smallest of the differences. Its lower
    end is the lowest lower end of all differences. A false claim passes only if its one better
    rival seems worse; the chance is at most alpha. Its upper end is the lowest upper end of all
    differences at alpha / rivals. A true claim fails if any rival seems better; each is tested at
    alpha / rivals.
    """

    factor: float = 0.0

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task, against the rivals that were run; at least one must have been."""

        def judge(source: str, task: str, rivals: Sequence[Arm]) -> Answer:
            arms = (self.better, *rivals)
            ours, *theirs = evidence.scalars(source, task, arms, self.scalar)
            noise = [
                evidence.noise(source, task, (self.better, rival), self.scalar) for rival in rivals
            ]
            found = lead(ours, theirs, noise)
            seeds = seeds_of(ours, *theirs)
            note = f"{len(rivals)} of {len(self.rivals)} rivals run"

            def seen(family: int) -> Visible | None:
                distance = max(
                    distance_between(ours, each, family, of)
                    for each, of in zip(theirs, noise, strict=True)
                )
                return beyond(-self.factor * margin_of(task), distance)

            if not found.known:
                return Answer(found, Verdict.INCONCLUSIVE, note, seeds=seeds, seen=seen)
            named = dict(zip(map(str, arms), (ours, *theirs), strict=True))
            chance = rank_probabilities(named)
            leader = max(chance, key=lambda name: chance[name])
            note += f"; most often first: {leader}, in {chance[leader]:.0%} of resamples"
            condition: Condition = Above(-self.factor * margin_of(task))
            if len(rivals) < len(self.rivals):
                condition = Never((Verdict.SUPPORTED,), condition)
            return Answer(found, condition, note, seeds=seeds, seen=seen)

        effects = []
        for task in self.tasks:
            run = _run(evidence, experiments, task, self.better, self.rivals, self.scalar)
            effects.append(
                answer(
                    evidence,
                    experiments,
                    task,
                    (self.better, *(run or self.rivals)),
                    question=Question(
                        SCALARS[self.scalar],
                        Whose(str(self.better), "−", "the best rival"),
                        above(-self.factor * margin_of(task)),
                    ),
                    judge=of_source(judge, task, run),
                )
            )
        return effects


def _run(
    evidence: Evidence,
    experiments: Sequence[str],
    task: str,
    one: Arm,
    others: Sequence[Arm],
    scalar: str,
) -> list[Arm]:
    """Those of ``others`` that were run beside ``one``, with seeds enough for an interval.

    Where none has enough, those that have any. A method of fewer seeds has no interval. Counted
    as run it would take the interval of all others away, for as long as its runs are being made.
    """
    run = {}
    for arm in others:
        if source := evidence.source(experiments, task, (one, arm)):
            run[arm] = len(evidence.scalars(source, task, (one, arm), scalar)[1])
    enough = [arm for arm, seeds in run.items() if seeds >= MIN_SEEDS_FOR_INTERVAL]
    return enough or list(run)


def lead(ours: Floats, theirs: Sequence[Floats], noise: Sequence[Noise]) -> Estimate:
    """The smallest difference between ``ours`` and one of ``theirs``; each is (seeds,).

    ``noise`` is that of each difference (``rules.between``). The interval is the one that ``Leads``
    describes. There is none if a group has fewer than 5 seeds.
    """
    return _smallest([between(ours, each, of) for each, of in zip(theirs, noise, strict=True)])


def _smallest(differences: Sequence[Estimate]) -> Estimate:
    """The lead over the rivals of ``differences``, as ``lead`` describes it."""
    last = min(differences, key=lambda found: found.value)
    seeds = min(found.seeds for found in differences)
    if not all(found.known for found in differences):
        return replace(last, low=np.nan, high=np.nan, seeds=seeds, name="lead")
    high = min(stretched(found, len(differences))[1] for found in differences)
    low = min(found.low for found in differences)
    return replace(last, low=low, high=high, seeds=seeds, name="lead")


@dataclass(frozen=True)
class Trails:
    """Each of ``ones`` is below the best of ``field`` in ``scalar``.

    The effect is the lead of the best of ``field`` over it, the negative of ``Leads`` with the
    sides exchanged: a member of ``field`` that is certainly above it supports, one that was not run
    keeps the claim from being contradicted.
    """

    scalar: str
    ones: tuple[Arm, ...]
    field: tuple[Arm, ...]
    tasks: tuple[str, ...]

    def arms(self) -> tuple[Arm, ...]:
        """All arms that must have been run."""
        return (*self.ones, *self.field)

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks they must have been run on."""
        return self.tasks

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """One effect a task and arm, against the members that were run; one must have been."""

        def judge(source: str, task: str, one: Arm, run: Sequence[Arm]) -> Answer:
            mine, *theirs = evidence.scalars(source, task, (one, *run), self.scalar)
            noise = [evidence.noise(source, task, (one, each), self.scalar) for each in run]
            differences = [between(mine, *other) for other in zip(theirs, noise, strict=True)]
            behind = _smallest(differences)
            found = replace(
                behind, value=-behind.value, low=-behind.high, high=-behind.low, name="behind"
            )
            best = min(range(len(run)), key=lambda i: differences[i].value)
            note = f"{len(run)} of {len(self.field)} others run; the best is {run[best]}"

            def seen(family: int) -> Visible | None:
                several = family * len(run)
                return beyond(0.0, distance_between(mine, theirs[best], several, noise[best]))

            condition: Condition = Above(0.0)
            if len(run) < len(self.field):
                condition = Never((Verdict.CONTRADICTED,), condition)
            return Answer(found, condition, note, seeds=seeds_of(mine, *theirs), seen=seen)

        effects = []
        for task in self.tasks:
            for one in self.ones:
                run = _run(evidence, experiments, task, one, self.field, self.scalar)
                effects.append(
                    answer(
                        evidence,
                        experiments,
                        task,
                        (one, *(run or self.field)),
                        question=Question(
                            SCALARS[self.scalar], Whose("the best other", "−", str(one)), above(0.0)
                        ),
                        judge=of_source(judge, task, one, run),
                    )
                )
        return effects
