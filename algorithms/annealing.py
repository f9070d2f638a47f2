"""How learning rates change while a run trains."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.types import check_range


@dataclass(frozen=True)
class ConstantRates:
    """Learning rates stay what they are; so everywhere in the paper."""

    def factor(self, updates: int) -> float:
        """What every learning rate is multiplied by after this many updates of the agent."""
        return 1.0


@dataclass(frozen=True)
class LinearDecay:
    """max(0, 1 - u / `over_updates`) after u updates: down to nothing, where training stands still.

    A policy that is trained at a high rate falls now and then for a while; at the end of a decay it
    does not. For runs whose last policy is what they are for (experts).
    """

    over_updates: int = 500_000

    def __post_init__(self) -> None:
        check_range("over_updates", self.over_updates, 1)

    def factor(self, updates: int) -> float:
        """As `ConstantRates.factor`."""
        return max(0.0, 1.0 - updates / self.over_updates)


Annealing = ConstantRates | LinearDecay
