"""What keeps Q in bounds, and how an ensemble's values become one number."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.types import check_order, check_range


@dataclass(frozen=True)
class NoClamp:
    """Q is left as it is."""

    def target(self, y: Tensor) -> Tensor:
        """The target y (B,) as it is."""
        return y

    def output(self, q: Tensor) -> Tensor:
        """Q (E, ...) as it is, with its gradient."""
        return q


@dataclass(frozen=True)
class ClampTarget:
    """Clamp the bootstrapped target to [low, high]; the critic keeps its gradient everywhere.

    B.3: "as rewards for the dextrous manipulation environments are non-positive, we clamp the Q
    value ... to be at most zero". Rewards in [-1, 0] also bound it below by -1 / (1 - discount).
    """

    low: float = -100.0
    high: float = 0.0

    def __post_init__(self) -> None:
        check_range("low", self.low, finite=False)
        check_range("high", self.high, finite=False)
        check_order("low", self.low, "high", self.high)

    def target(self, y: Tensor) -> Tensor:
        """clip(y, low, high), (B,) -> (B,), in units of reward."""
        return y.clamp(self.low, self.high)

    def output(self, q: Tensor) -> Tensor:
        """Q (E, ...) as it is, with its gradient: the bounds are on the target."""
        return q


@dataclass(frozen=True)
class ClampOutput:
    """Clamp the network's output, as the released code does: no gradient where it is above."""

    high: float = 0.0

    def __post_init__(self) -> None:
        check_range("high", self.high, finite=False)

    def target(self, y: Tensor) -> Tensor:
        """The target y (B,) as it is: the bound is on the networks' outputs."""
        return y

    def output(self, q: Tensor) -> Tensor:
        """min(Q, high), (E, ...) -> (E, ...); no gradient passes where Q > high."""
        return q.clamp(max=self.high)


Clamp = NoClamp | ClampTarget | ClampOutput


@dataclass(frozen=True)
class Minimum:
    """min_j Q_j: clipped double Q (Fujimoto 2018)."""

    def __call__(self, q: Tensor, generator: torch.Generator | None) -> Tensor:
        """Q of E networks (E, ...) -> (...), with gradient to q."""
        return q.min(0).values


@dataclass(frozen=True)
class SoftClipped:
    """w min_j Q_j + (1 - w) max_j Q_j (BCQ, BEAR: w = 0.75)."""

    minimum_weight: float = 0.75

    def __post_init__(self) -> None:
        check_range("minimum_weight", self.minimum_weight, 0.0, 1.0)

    def __call__(self, q: Tensor, generator: torch.Generator | None) -> Tensor:
        """Q of E networks (E, ...) -> (...), with gradient to q."""
        low, high = q.min(0).values, q.max(0).values
        return self.minimum_weight * low + (1 - self.minimum_weight) * high


@dataclass(frozen=True)
class First:
    """Q_1 alone (the actors of BCQ and TD3)."""

    def __call__(self, q: Tensor, generator: torch.Generator | None) -> Tensor:
        """Q of E networks (E, ...) -> (...), with gradient to q."""
        return q[0]


@dataclass(frozen=True)
class Mean:
    """mean_j Q_j (the actor of RLPD)."""

    def __call__(self, q: Tensor, generator: torch.Generator | None) -> Tensor:
        """Q of E networks (E, ...) -> (...), with gradient to q."""
        return q.mean(0)


@dataclass(frozen=True)
class RandomSubset:
    """The minimum over `subset` members drawn anew at every update (REDQ, RLPD)."""

    subset: int = 2

    def __post_init__(self) -> None:
        check_range("subset", self.subset, 1)

    def __call__(self, q: Tensor, generator: torch.Generator | None) -> Tensor:
        """Q of E networks (E, ...) -> (...), with gradient to q. ValueError if E < `subset`."""
        if self.subset > q.shape[0]:
            raise ValueError(f"a subset of {self.subset} from {q.shape[0]} critics")
        chosen = torch.randperm(q.shape[0], generator=generator, device=q.device)[: self.subset]
        return q[chosen].min(0).values


Combination = Minimum | SoftClipped | First | Mean | RandomSubset
