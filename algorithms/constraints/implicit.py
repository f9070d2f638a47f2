"""Constraints that the objective fulfils by itself, and none at all.

They add nothing to a loss: each names what the objective does (the paper's Figure 4). Exchanging
one for another changes no number.
"""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.constraints.base import Constraint


@dataclass(frozen=True)
class NoConstraint(Constraint):
    """Nothing keeps the policy near the data."""


@dataclass(frozen=True)
class Implicit(Constraint):
    """The objective only ever raises the likelihood of actions in the data (section 2)."""


@dataclass(frozen=True)
class Prior(Constraint):
    """The objective only ever raises the likelihood of actions of the policy before it (MPO)."""


@dataclass(frozen=True)
class LearnedPrior(Constraint):
    """The objective only ever raises the likelihood of actions of a model of the data (ABM)."""
