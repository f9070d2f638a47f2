"""A question about the demonstrations themselves, answered by ``demonstrations.csv``.

``python reproduce/describe_demonstrations.py --write`` makes that file. It has one row a
demonstration of a hand task and profile. ``success_step`` is the first step with success, counted
from 1. It is empty if no step has success.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from figures.statistics.estimates import Estimate
from reproduce.judging.conditions import Counted, Verdict
from reproduce.judging.evidence import Arm, Evidence
from reproduce.judging.questions import SHARE, Quantity, Question, Whose, above
from reproduce.judging.verdicts import Effect

TABLE = Path(__file__).with_name("demonstrations.csv")
LATE_STEPS = 10
"""A demonstration is late if it succeeds this many steps after the quickest one.

That is 5 % of an episode of 200 steps."""


@cache
def demonstrations() -> pd.DataFrame:
    """The table, one row a demonstration."""
    return pd.read_csv(TABLE)


@dataclass(frozen=True)
class Demonstrated:
    """More than half of the human demonstrations succeed, and more than half are not the best.

    A demonstration is not the best if it succeeds ``LATE_STEPS`` or more after the quickest, or
    never. Each task has two shares. The paper speaks of its ``count`` demonstrations a task. They
    are no sample of others: if all are at hand, the share is a fact. If some are missing, the
    interval holds all that they could make of it.
    """

    tasks: tuple[str, ...]
    count: int

    def arms(self) -> tuple[Arm, ...]:
        """No arms: the question needs no run."""
        return ()

    def tasks_asked(self) -> tuple[str, ...]:
        """The tasks whose demonstrations are looked at."""
        return self.tasks

    def effects(self, evidence: Evidence, experiments: Sequence[str]) -> list[Effect]:
        """Two effects a task; NOT_RUN if the human demonstrations are missing."""
        table = demonstrations()
        table = table[(table["profile"] == evidence.profile) & (table["source"] == "human")]
        parts = [self._task(task, table[table["env"] == task]) for task in self.tasks]
        return [effect for part in parts for effect in part]

    def _task(self, task: str, rows: pd.DataFrame) -> list[Effect]:
        first = rows["success_step"]
        late = ~(first < first.min() + LATE_STEPS)  # includes those without success
        made = []
        for which, holds in (
            ("that solve the task", first.notna()),
            (f"{LATE_STEPS} steps or more behind the quickest", late),
        ):
            quantity = Quantity(
                f"share of demonstrations {which}", "share of the demonstrations", SHARE
            )
            question = Question(quantity, Whose(), above(0.5))
            if rows.empty:
                what = "human demonstrations"
                lacks = f"missing: {what}"
                made.append(Effect(task, question, Verdict.NOT_RUN, missing=what, lacks=lacks))
                continue
            found, condition = share_of_all(int(holds.sum()), len(rows), self.count), Counted(0.5)
            note = f"{int(holds.sum())} of {len(rows)} human demonstrations"
            note += f", not of {self.count}" if len(rows) != self.count else ", counted"
            verdict = condition.verdict(found)
            made.append(
                Effect(
                    task,
                    question,
                    verdict,
                    found,
                    note,
                    condition=condition,
                    checksums=tuple(sorted(set(rows["sha256"].map(str)))),
                )
            )
        return made


def share_of_all(holds: int, known: int, count: int) -> Estimate:
    """The share among ``count`` demonstrations, of which ``known`` are at hand and ``holds`` hold.

    The interval holds every share that the others could make: it has no width if all are known.
    """
    every = max(count, known)
    ends = (holds / every, (holds + every - known) / every)
    return Estimate(holds / known, *ends, known, "share of all demonstrations")
