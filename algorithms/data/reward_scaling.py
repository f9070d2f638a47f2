"""In which units a method sees rewards. Evaluation is always in the task's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from algorithms.types import check_range


@dataclass(frozen=True)
class TaskUnits:
    """Rewards as the task gives them (Table 1: "Reward Scaling 1")."""

    def factor(self, returns: Sequence[float]) -> float:
        """What every reward is multiplied by, prior data and online experience alike."""
        return 1.0


@dataclass(frozen=True)
class FixedFactor:
    """Rewards times `by`.

    A weight exp(A / lambda) is the same with lambda times `by`; the critic, whose rates are those
    of Adam, has targets of a handier size.
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
    make them hundreds: the weights of a batch collapse onto one transition. The number 1000 is
    that of IQL (Kostrikov 2021) and CORL on these tasks.
    """

    target_range: float = 1000.0

    def __post_init__(self) -> None:
        check_range("target_range", self.target_range, 0.0, above=True)

    def factor(self, returns: Sequence[float]) -> float:
        """1 if there are no two different returns to tell the range from."""
        spread = max(returns) - min(returns) if returns else 0.0
        return self.target_range / spread if spread > 0 else 1.0


RewardScaling = TaskUnits | FixedFactor | ReturnRange
