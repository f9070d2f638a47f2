"""Questions about the share of runs that solve a task, and keep solving it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from figures.statistics.across_seeds import CONFIDENCE, MIN_SEEDS_FOR_INTERVAL
from figures.statistics.estimates import Estimate, proportion
from figures.statistics.scalars import FINAL_EVALUATIONS, ROUNDING
from reproduce.judging.conditions import Above, Below, Held, Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.questions import SHARE, Quantity, Question, Whose, beside
from reproduce.judging.rules import Answer, Seen, answer, of_source, unfinished
from reproduce.judging.verdicts import Effect
from reproduce.judging.visible import Visible

MIN_EPISODES = 100
"""Fewest episodes behind a run's level. A policy of true success 0.85 reaches 0.9 in 41 of 100
counts of 20 episodes, but in only 10 of 100 counts of 100 episodes."""


@dataclass(frozen=True)
class Solved:
    """The share of runs that solve the task lies on one ``side`` of ``share``.

    The runs of all arms in ``of`` count together. A run solves the task if its mean over the last
    five evaluations up to step ``by`` is at least ``threshold``. These are its last ones if ``by``
    is None. This is one look at a sustained level, not the first of many looks that is high enough.
    The share has an exact interval. A run that ended before ``by`` solves the task if it did so at
    its end. Otherwise it is unknown. The interval covers both outcomes of unknown runs. An effect
    that they could decide is NOT_RUN: longer runs are missing.
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
        until = f"by step {self.by:,}" if self.by else "at the end"
        question = Question(
            Quantity(
                f"share of runs that hold {self.threshold:g} {until}", "share of the runs", SHARE
            ),
            Whose(", ".join(map(str, self.of))),
            beside(self.share, self.side),
        )

        def judge(source: str, task: str) -> Answer:
            runs = evidence.levels(source, task, self.of, self.by)
            wanted = self.threshold - ROUNDING
            solved = np.concatenate([each.level >= wanted for each in runs])
            ended = np.concatenate([each.ended for each in runs])
            episodes = float(np.concatenate([each.episodes for each in runs]).min())
            few = any(len(each.level) < MIN_SEEDS_FOR_INTERVAL for each in runs)
            short = [
                str(arm)
                for arm, each in zip(self.of, runs, strict=True)
                if (each.ended & (each.level < wanted)).any()
            ]
            return self._judged(solved, ended, episodes, few, short)

        return [
            answer(
                evidence,
                experiments,
                task,
                self.of,
                question=question,
                judge=of_source(judge, task),
            )
            for task in self.tasks
        ]

    def _judged(
        self,
        solved: npt.NDArray[np.bool_],
        ended: npt.NDArray[np.bool_],
        episodes: float,
        few: bool,
        short: Sequence[str],
    ) -> Answer:
        """Judge runs, given for each whether it solves the task and whether it ended before ``by``.

        Both arrays are (runs,). ``short`` names the arms of unknown runs.
        """
        condition = Held(
            int(solved.sum()),
            int((~solved & ended).sum()),
            len(solved),
            Above(self.share) if self.side == "above" else Below(self.share),
        )
        held, unknown, runs = condition.held, condition.unknown, condition.runs
        found = Estimate(held / runs, *condition.ends(CONFIDENCE), runs, "share", CONFIDENCE)
        note = f"{held} of {runs} runs; level: mean of {FINAL_EVALUATIONS} evaluations"
        note += f", {episodes:.0f} episodes or more" if np.isfinite(episodes) else ""
        note += f"; {unknown} ended before step {self.by:,}" if unknown and self.by else ""
        if few:
            return Answer(found, Verdict.INCONCLUSIVE, note, seen=self._seen(runs))
        enough = episodes >= MIN_EPISODES  # not of NaN, nor of runs that ended too early for it
        open_ = not enough or condition.verdict(found) is Verdict.INCONCLUSIVE
        if unknown and open_ and condition.may_decide(found):
            missing = f"{', '.join(short)}, finished beyond step {self.by:,}"
            lacks = unfinished(self.by)
            return Answer(found, Verdict.NOT_RUN, f"so far {note}", missing=missing, lacks=lacks)
        if not enough:
            return Answer(found, Verdict.INCONCLUSIVE, f"{note}; a level needs {MIN_EPISODES}")
        return Answer(found, condition, note, seen=self._seen(runs))

    def _seen(self, runs: int) -> Seen:
        """The share that would decide, with five seeds an arm, or all runs if there are more."""
        runs = max(runs, MIN_SEEDS_FOR_INTERVAL * len(self.of))
        counts = range(runs + 1) if self.side == "above" else range(runs + 1)[::-1]

        def seen(family: int) -> Visible:
            for count in counts:
                ends = proportion(count, runs, 1 - (1 - CONFIDENCE) / family)
                if ends.low > self.share if self.side == "above" else ends.high < self.share:
                    return Visible("≥ " if self.side == "above" else "≤ ", count, runs)
            return Visible(runs=runs)

        return seen
