"""The units in which a method sees rewards. Evaluation always uses the task's own units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from algorithms.types import check_range


@dataclass(frozen=True)
class TaskUnits:
    """Rewards as the task gives them (Table 1: "Reward Scaling 1")."""

    def factor(self, returns: Sequence[float]) -> float:
        """The factor of every reward, in prior data and online experience alike."""
        return 1.0


@dataclass(frozen=True)
class FixedFactor:
    """Rewards times `by`.

    A weight exp(A / lambda) does not change if lambda is multiplied by `by` too. The critic's
    targets get a size that suits Adam's learning rates.
    """

    by: float = 0.1

    def __post_init__(self) -> None:
        check_range("by", self.by, 0.0, above=True)

    def factor(self, returns: Sequence[float]) -> float:
        """`by`, whatever the returns."""
        return self.by


@dataclass(frozen=True)
class ReturnRange:
    """Rewards times `target_range` / (largest - smallest return of the prior data's episodes).

    exp(A / lambda) with lambda near 1 needs advantages near 1. HalfCheetah's rewards of 10 a step
    give advantages of hundreds. One transition then gets almost all the weight of a batch. IQL
    (Kostrikov 2021) and CORL use the number 1000 on these tasks.
    """

    target_range: float = 1000.0

    def __post_init__(self) -> None:
        check_range("target_range", self.target_range, 0.0, above=True)

    def factor(self, returns: Sequence[float]) -> float:
        """The factor of every reward; 1 if no two returns differ."""
        spread = max(returns) - min(returns) if returns else 0.0
        return self.target_range / spread if spread > 0 else 1.0


RewardScaling = TaskUnits | FixedFactor | ReturnRange
