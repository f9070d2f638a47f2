"""A Gaussian squashed by tanh: SAC."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from algorithms.networks.blueprint import Blueprint
from algorithms.networks.mlp import MLP
from algorithms.policies.distributions import Distribution, TanhGaussian
from algorithms.policies.log_std import ClippedLogStd, LogStd, check_log_std
from algorithms.policies.policy import Policy, policy_mlp
from algorithms.types import check_range


class _TanhGaussianPolicy(Policy):
    def __init__(
        self, mlp: MLP, low: float, high: float, log_std: nn.Module, margin: float
    ) -> None:
        super().__init__(mlp)
        self.low, self.high, self.log_std, self.margin = low, high, log_std, margin

    def head(self, output: Tensor) -> Distribution:
        mean, log_std = output.chunk(2, -1)
        return TanhGaussian(mean, self.log_std(log_std, self.low, self.high), self.margin)


@dataclass(frozen=True)
class SquashedGaussian:
    """The standard SAC policy: state-dependent std, samples squashed by tanh (Haarnoja 2018)."""

    log_std_min: float = -20.0
    log_std_max: float = 2.0
    log_std: LogStd = ClippedLogStd()
    """How the network's output becomes log sigma within the bounds."""
    squash_margin: float = 1e-4
    """Actions of the data are clipped to ±(1 − margin) in the likelihood, where atanh is finite.

    A demonstrated action at a bound thus asks for a mean of atanh(1 − margin), 4.95 by default.
    """

    def __post_init__(self) -> None:
        check_log_std(log_std_min=self.log_std_min, log_std_max=self.log_std_max)
        # a smaller margin is lost beside 1 in float32: the log-likelihood would be NaN at a bound
        check_range("squash_margin", self.squash_margin, 1e-6, 0.5)

    def build(self, blueprint: Blueprint) -> Policy:
        """A network (B, O) -> (B, 2 A) with layers `policy_hidden`: mean, then x of `log_std`."""
        mlp = policy_mlp(blueprint, 2 * blueprint.action_dim)
        return _TanhGaussianPolicy(
            mlp, self.log_std_min, self.log_std_max, self.log_std.build(), self.squash_margin
        )
