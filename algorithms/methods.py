"""What a method is: one row of the paper's Figure 4."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.critics import Critic
from algorithms.objectives import Objective
from algorithms.policies import PolicyClass, SquashedGaussian, TanhMeanGaussian
from algorithms.types import check_range


@dataclass(frozen=True)
class NoBehavior:
    """The data's policy is not modelled."""


@dataclass(frozen=True)
class NoConstraint:
    """Nothing keeps the policy near the data."""


@dataclass(frozen=True)
class Implicit:
    """The objective only ever raises the likelihood of actions in the data (section 2)."""


@dataclass(frozen=True)
class RandomInit:
    """The policy starts from its random initialisation."""

    cloning_steps = 0


@dataclass(frozen=True)
class CloneDemonstrations:
    """The policy is first cloned from the demonstrations (B.4, "initializing the policy ...")."""

    cloning_steps: int = 25_000

    def __post_init__(self) -> None:
        check_range("cloning_steps", self.cloning_steps, 0)


Behavior = NoBehavior
Constraint = NoConstraint | Implicit
Initialisation = RandomInit | CloneDemonstrations


@dataclass(frozen=True)
class Method:
    """critic x policy objective x behaviour model x constraint, and the policy they train."""

    critic: Critic
    objective: Objective
    behavior: Behavior = NoBehavior()
    constraint: Constraint = NoConstraint()
    policy: PolicyClass = TanhMeanGaussian()
    initialisation: Initialisation = RandomInit()


__all__ = [
    "Behavior",
    "CloneDemonstrations",
    "Constraint",
    "Implicit",
    "Initialisation",
    "Method",
    "NoBehavior",
    "NoConstraint",
    "RandomInit",
    "SquashedGaussian",
    "TanhMeanGaussian",
]
