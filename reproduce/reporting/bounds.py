"""Which values an effect can have at all, so that no table shows others.

Intervals are expanded (``figures.statistics.resampling``), and may reach beyond what a share or a
correlation can be. No verdict hangs on that part: thresholds lie within.
"""

from __future__ import annotations

from dataclasses import replace

from figures.domains import DOMAINS
from figures.experiments import domain_of, row_of
from figures.statistics.estimates import Estimate
from reproduce.judging.questions import ANY, Limits
from reproduce.judging.verdicts import Effect
from reproduce.judging.visible import NOTHING, Visible


def possible(effect: Effect) -> Limits:
    """The limits of an effect's value, by its quantity and its task's measure."""
    question = effect.question
    own = question.quantity.limits
    if own is not None:
        width = own.high - own.low
        return Limits(-width, width) if question.differs else own
    if row_of(effect.task) is None:
        return ANY
    if not DOMAINS[domain_of(effect.task)].measure.per_success:
        return ANY
    signed = question.differs or question.quantity.change
    return Limits(-1.0 if signed else 0.0, 1.0)


def clipped(estimate: Estimate, limits: Limits) -> Estimate:
    """The estimate, its interval within the limits."""
    low, high = max(estimate.low, limits.low), min(estimate.high, limits.high)
    return replace(estimate, low=low, high=high) if estimate.known else estimate


def reached(told: Visible | None, limits: Limits) -> Visible | None:
    """What five seeds would see (``Effect.seen``); nothing where no value reaches it."""
    if told is None or told.bound is None or told.runs:
        return told
    too_high = told.place == "≥ " and told.bound > limits.high
    too_low = told.place == "≤ " and told.bound < limits.low
    return NOTHING if too_high or too_low else told
