"""Weight of the entropy in SAC's objectives."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from algorithms.types import check_range, check_vectors


def temperature_loss(log_alpha: Tensor, log_prob: Tensor, target_entropy: float) -> Tensor:
    """-log_alpha * mean_B [log pi(a|s) + target entropy]: alpha rises when entropy is too low.

    log_prob (B,) is detached here; `log_alpha` () carries the gradient. Both log_prob and the
    target are in nats; the result is (). ValueError unless log_prob is (B,). (Haarnoja et al.
    2018b, with log alpha in place of alpha as in rlkit.)
    """
    check_vectors(log_prob=log_prob)
    return -log_alpha * (log_prob.detach() + target_entropy).mean()


@dataclass(frozen=True)
class FixedTemperature:
    """alpha is a constant; 0 means no entropy bonus anywhere."""

    alpha: float = 0.0

    def __post_init__(self) -> None:
        check_range("alpha", self.alpha, 0.0)


@dataclass(frozen=True)
class LearnedTemperature:
    """alpha is learned: it holds the entropy E[-log pi(a|s)] at a target H (Haarnoja 2018b).

    H = entropy_per_dim dim(A), in nats. log alpha descends -log alpha mean_B [log pi(a|s) + H],
    with gradient to log alpha alone: alpha rises where the entropy is below H, and falls above.
    """

    initial_alpha: float = 1.0
    entropy_per_dim: float = -1.0
    alpha_learning_rate: float = 3e-4

    def __post_init__(self) -> None:
        check_range("initial_alpha", self.initial_alpha, 0.0, above=True)
        check_range("entropy_per_dim", self.entropy_per_dim)
        check_range("alpha_learning_rate", self.alpha_learning_rate, 0.0)


TemperatureRule = FixedTemperature | LearnedTemperature
