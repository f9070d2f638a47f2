"""How learning rates change while a run trains."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.types import check_range


@dataclass(frozen=True)
class ConstantRates:
    """Learning rates stay constant, as everywhere in the paper."""

    def factor(self, updates: int) -> float:
        """What every learning rate is multiplied by after this many updates of the agent."""
        return 1.0


@dataclass(frozen=True)
class LinearDecay:
    """Constant for `after_updates` updates, then a linear fall to 0 over `over_updates` more.

    The factor after u updates is min(1, max(0, 1 - (u - after_updates) / over_updates)). At 0,
    training stands still. A policy that is trained at a high rate sometimes gets worse for a while.
    A policy at the end of a decay does not. Experts use this: only their last policy matters.
    """

    over_updates: int = 500_000
    after_updates: int = 0

    def __post_init__(self) -> None:
        check_range("over_updates", self.over_updates, 1)
        check_range("after_updates", self.after_updates, 0)

    def factor(self, updates: int) -> float:
        """As `ConstantRates.factor`."""
        return min(1.0, max(0.0, 1.0 - (updates - self.after_updates) / self.over_updates))


Annealing = ConstantRates | LinearDecay
