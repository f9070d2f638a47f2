"""Whether a verdict hangs on how success or a gain is measured, or on what counts as solved.

The same rules are asked of other columns, of the rise in place of the gain, of the area in place
of the time, and with other thresholds.

The thresholds of the rules are in units of the measure, so that an alternative is brought to a
scale on which they mean the same: a return of the hand lies on [0, 1] between the worst possible
and the best possible, and success in pushing is divided by 5, so that delta, 1 cm, is 5 % of
episodes. A threshold that is a success rate ("0.9 of the episodes") says nothing of a return; such
claims are not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import inf

import pandas as pd

from figures.experiments import domain_of
from figures.measures import CEILING, Measure
from figures.results.table import ResultsError
from reproduce.judging.claim import Claim, evaluate
from reproduce.judging.comparisons import Difference, Improvement
from reproduce.judging.conditions import Verdict
from reproduce.judging.evidence import Evidence
from reproduce.judging.levels import Level, Negligible
from reproduce.judging.rules import Rule
from reproduce.judging.shares import Solved
from reproduce.judging.times import Faster


@dataclass(frozen=True)
class Alternative:
    """Another measure for one domain.

    Attributes:
        domain: whose tasks are measured by it.
        name: in words.
        column: of the results.
        scale: what its values are multiplied by.
        is_rate: a threshold that is a success rate means the same on it.
        top: value of the column from which on there is next to nothing to gain.
        best: the best value of the column; infinite without one.
    """

    domain: str
    name: str
    column: str
    scale: float = 1.0
    is_rate: bool = True
    top: float = CEILING
    best: float = 1.0

    @property
    def measure(self) -> Measure:
        """The measure, of a column that ``_with_columns`` adds."""
        return Measure(
            f"alternative:{self.column}",
            self.name,
            ceiling=self.scale * self.top,
            best=self.scale * self.best,
            per_success=self.scale if self.column.startswith("success_") else 0.0,
        )


ALTERNATIVES = (
    Alternative("hand", "sustained success", "success_sustained"),
    Alternative("hand", "success at the last step", "success_final"),
    Alternative(
        "hand",
        "return, from worst to best possible",
        "score",
        0.01,
        is_rate=False,
        top=95.0,
        best=100.0,
    ),
    Alternative("push", "success at the last step, δ = 5 % of episodes", "success_final", 0.2),
    Alternative("locomotion", "return on D4RL's scale", "d4rl_score", 0.01, top=95.0, best=inf),
)


THRESHOLDS = (0.5, 0.7, 0.8, 0.9)
"""Levels that may count as solved. The paper names none."""


@dataclass(frozen=True)
class Sensitivity:
    """The verdict by another measure or threshold; None where it cannot be asked, and why."""

    name: str
    verdict: Verdict | None
    reason: str = ""


Views = Mapping[Alternative, Evidence]


def other_views(evidence: Evidence) -> Views:
    """The evidence as every alternative sees it; once for all claims."""
    return {
        other: evidence.under(
            tables={name: _with_column(table, other) for name, table in evidence.tables.items()},
            measures={**evidence.measures, other.domain: other.measure},
        )
        for other in ALTERNATIVES
    }


def sensitivity(claim: Claim, views: Views) -> Iterator[Sensitivity]:
    """The verdict on ``claim`` by every alternative for a domain of its tasks."""
    if not claim.arms():  # about data, whatever runs are measured by
        return
    domains = {domain_of(task) for task in claim.tasks()}
    for other, view in views.items():
        if other.domain not in domains:
            continue
        if not other.is_rate and any(map(_is_absolute, _rules(claim))):
            yield Sensitivity(other.name, None, "not asked: the threshold is a success rate")
            continue
        if any(getattr(rule, "scalar", "") == "dip" for rule in _rules(claim)):
            yield Sensitivity(other.name, None, "not asked: an untrained policy's level is unknown")
            continue
        if not _measured(claim, view.tables, other):
            yield Sensitivity(other.name, None, f"not measured: no {other.column}")
            continue
        try:
            found = evaluate(claim, view)
        except ResultsError as error:  # some of the runs lack it
            yield Sensitivity(other.name, None, f"not measured: {error}")
        else:
            yield Sensitivity(other.name, found.verdict)


def by_threshold(claim: Claim, evidence: Evidence) -> Iterator[Sensitivity]:
    """The verdict on a claim about solving, with each other threshold; nothing of other claims."""
    for other in THRESHOLDS:
        exchange = partial(_at_threshold, other)
        yield from _where_exchanged(claim, evidence, f"{other:g} as the threshold", exchange)


def by_area(claim: Claim, evidence: Evidence) -> Iterator[Sensitivity]:
    """The verdict on a claim about a time, by the area under the curve; nothing of other claims.

    A time needs runs that arrive. An area says who is ahead where none does: "faster" becomes
    "likely to have the larger area", without the factor that a claim may ask of times.
    """
    name = "by the area under the curve in place of the time"
    return _where_exchanged(claim, evidence, name, _by_area)


def _by_area(rule: Rule) -> Rule:
    if isinstance(rule, Faster):
        return Improvement("auc", rule.better, rule.rivals, rule.tasks)
    return rule


def by_rise(claim: Claim, evidence: Evidence) -> Iterator[Sensitivity]:
    """The verdict on a claim about a gain, by the rise; nothing of other claims.

    A gain hangs on the one evaluation at step 0, a rise on five (``scalars.run_scalars``).
    """
    name = "from the first five evaluations after step 0 on"
    return _where_exchanged(claim, evidence, name, _by_rise)


def _by_rise(rule: Rule) -> Rule:
    if isinstance(rule, Level | Negligible | Difference) and rule.scalar == "gain":
        return replace(rule, scalar="rise")
    return rule


def _where_exchanged(
    claim: Claim, evidence: Evidence, name: str, exchange: Callable[[Rule], Rule]
) -> Iterator[Sensitivity]:
    """The verdict with the rules exchanged; nothing where that leaves the claim as it is."""
    parts = (replace(part, rules=tuple(map(exchange, part.rules))) for part in claim.parts)
    other = replace(claim, parts=tuple(parts))
    if other != claim:
        yield Sensitivity(name, evaluate(other, evidence).verdict)


def _at_threshold(threshold: float, rule: Rule) -> Rule:
    return replace(rule, threshold=threshold) if isinstance(rule, Faster | Solved) else rule


def _rules(claim: Claim) -> list[Rule]:
    return [rule for part in claim.parts for rule in part.rules]


def _is_absolute(rule: Rule) -> bool:
    """Whether its threshold is a value of the measure, not a difference."""
    if isinstance(rule, Level):
        return rule.scalar in ("j0", "jt", "auc")
    return isinstance(rule, Faster | Solved)


def _with_column(table: pd.DataFrame, other: Alternative) -> pd.DataFrame:
    if other.column not in table.columns:
        return table
    return table.assign(**{other.measure.column: other.scale * table[other.column]})


def _measured(claim: Claim, tables: Mapping[str, pd.DataFrame], other: Alternative) -> bool:
    """Whether every task of the domain that the claim asks for and that was run has values."""
    for task in claim.tasks():
        if domain_of(task) != other.domain:
            continue
        for name in claim.experiments:
            rows = tables[name] if name in tables else pd.DataFrame({"env": []})
            rows = rows[rows["env"] == task]
            if rows.empty:
                continue
            column = other.measure.column
            if column not in rows.columns or rows[column].isna().all():
                return False
    return True
