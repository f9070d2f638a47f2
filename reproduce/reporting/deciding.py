"""The interval that decides an effect among all that could decide its claim by mistake.

``Effect.family`` says by what alpha was divided, and ``judging.conditions`` stretches intervals by
it. Here the ends of these intervals are found again, to be drawn.
"""

from __future__ import annotations

from figures.statistics.across_seeds import CONFIDENCE
from reproduce.judging.conditions import (
    Above,
    Below,
    Condition,
    Held,
    Never,
    Ranked,
    Verdict,
    Within,
    stretched,
)
from reproduce.judging.verdicts import Effect, Finding
from reproduce.reporting.bounds import possible

Ends = tuple[float, float]


def deciding(finding: Finding) -> list[Ends | None]:
    """The ends of the interval that decides, for each effect of ``finding``; None for one that is
    counted, has no interval, or decides nothing, and for the only effect of a claim."""
    return [
        None if effect.family == (1, 1) else _ends(effect, *effect.family)
        for effect in finding.effects
    ]


def _ends(effect: Effect, supports: int, contradicts: int) -> Ends | None:
    found = effect.estimate
    if effect.condition is None or found is None or not found.known:
        return None
    condition = effect.condition
    while isinstance(condition, Never):
        condition = condition.condition
    if isinstance(condition, Held):
        # exact intervals of the share, at the confidence that ``Held`` asks for
        exact = [condition.ends(1 - (1 - CONFIDENCE) / n) for n in (supports, contradicts)]
        return _of_side(condition.condition, effect.verdict, *exact)
    limits = possible(effect)
    of = [stretched(found, n) for n in (supports, contradicts)]
    within = [(max(low, limits.low), min(high, limits.high)) for low, high in of]
    return _of_side(condition, effect.verdict, *within)


def _of_side(
    condition: Condition, verdict: Verdict, supporting: Ends, contradicting: Ends
) -> Ends | None:
    """Of the interval that may support and the one that may contradict, the end that does."""
    if isinstance(condition, Above | Ranked):
        return supporting[0], contradicting[1]
    if isinstance(condition, Below):
        return contradicting[0], supporting[1]
    if isinstance(condition, Within):
        if verdict is Verdict.SUPPORTED:
            return supporting
        if verdict is Verdict.CONTRADICTED:
            return contradicting
        return max(supporting, contradicting, key=lambda ends: ends[1] - ends[0])
    return None  # counted: never stretched
