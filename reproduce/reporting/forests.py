"""Panels of rows for a file and for the page alike: a domain's aggregates, and what marks mean."""

from __future__ import annotations

from collections.abc import Sequence

from figures.domains import DOMAINS
from figures.forest import Forest, Score
from reproduce.judging.conditions import Counted
from reproduce.judging.levels import SINGLE_CONFIDENCE
from reproduce.judging.verdicts import Effect
from reproduce.reporting.aggregates import REFERENCE, SCALARS, Aggregate
from reproduce.reporting.claim_axes import axis_of


def score_forests(found: Aggregate) -> list[Forest]:
    """A panel a scalar; shaded: within the margin of AWAC."""
    margin, axis = DOMAINS[found.domain].margin, axis_of(found.domain)
    return [
        Forest(SCALARS[scalar], axis, scores, _around(scores, margin))
        for scalar, scores in found.overall.scores.items()
    ]


def _around(scores: tuple[Score, ...], margin: float) -> tuple[float, float] | None:
    for score in scores:
        if score.label == REFERENCE:
            return score.estimate.value - margin, score.estimate.value + margin
    return None


def difference_forests(found: Aggregate) -> list[Forest]:
    """AWAC less each other method, a panel a scalar; shaded: of no practical size."""
    margin = DOMAINS[found.domain].margin
    return [
        Forest(
            f"{REFERENCE} − other, {SCALARS[scalar]}",
            f"difference in {axis_of(found.domain)}",
            scores,
            (-margin, margin),
            zero=0.0,
        )
        for scalar, scores in found.differences.items()
        if scores
    ]


def improvement_forests(found: Aggregate) -> list[Forest]:
    """Probabilities that AWAC is better, those that are known; one of 1/2 says nothing."""
    return [
        Forest(f"P({REFERENCE} better), {SCALARS[scalar]}", "probability", scores, zero=0.5)
        for scalar, scores in found.improvements.items()
        if scores
    ]


def effects_caption(effects: Sequence[Effect], shown: Sequence[Forest]) -> str:
    """What the marks are in the panels ``shown`` of the ``effects`` of a claim."""
    asks = "Dashed and shaded: what is asked for."
    if all(isinstance(e.condition, Counted) for e in effects if e.estimate is not None):
        return f"Discs: counted; no interval. {asks}"
    scores = [score for forest in shown for score in forest.scores]
    levels = {score.estimate.confidence for score in scores if score.estimate.known}
    words = ["Discs: the effect, hollow below 5 seeds."]
    if levels:
        wide = f"{100 * SINGLE_CONFIDENCE:g} % for a level of one method against a number"
        other = f", {wide}" if SINGLE_CONFIDENCE in levels and len(levels) > 1 else ""
        rest = sorted(levels - {SINGLE_CONFIDENCE})
        share = " or ".join(f"{100 * level:g} %" for level in rest) or wide
        words.append(f"Bars: its interval if it stood alone, {share}{other}.")
    if any(score.decides is not None for score in scores):
        words.append(
            "Whiskers: the wider interval that decides, since the claim has several effects, any "
            "of which could decide it by chance."
        )
    zero = " Thin line: no effect." if any(forest.zero is not None for forest in shown) else ""
    return f"{' '.join(words)} {asks}{zero}"


def aggregate_caption(found: Aggregate) -> str:
    """What the marks of the panels are, of which runs."""
    incomplete = [m for m, n in found.overall.tasks_of.items() if n < len(found.tasks)]
    note = f" Not run on all of them: {', '.join(incomplete)}." if incomplete else ""
    counts = [len(score.values) for score in found.overall.scores["jt"]]
    low, high = min(counts), max(counts)
    each = f"{low}" if low == high else f"{low} to {high}"
    single = any(score.single for score in found.overall.scores["jt"])
    grey = " Grey: a single seed a task." if single else ""
    domain = DOMAINS[found.domain]
    unit = f" {domain.unit}" if domain.unit else ""
    return (
        f"Ticks: single runs ({each} a method, on "
        f"{', '.join(found.tasks)}). Discs: interquartile mean (mean below 4 runs), filled with a "
        f"95 % bootstrap interval where every task has 5 seeds, else hollow without one.{grey} "
        f"Shaded: δ = {domain.margin:g}{unit}, the margin of practical size, on either side of "
        f"{REFERENCE} or of no difference. Panels of a row have one axis; higher is better "
        f"throughout.{note}"
    )
