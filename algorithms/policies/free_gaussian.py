"""An unbounded diagonal Gaussian with a state-independent standard deviation: DAPG."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.networks.blueprint import Blueprint
from algorithms.networks.mlp import MLP
from algorithms.policies.distributions import Distribution, Gaussian
from algorithms.policies.log_std import check_log_std
from algorithms.policies.policy import Policy, policy_mlp


class FreeGaussianPolicy(Policy):
    """Network of `FreeGaussian`: unbounded mean, a log-std per action dimension with a floor."""

    def __init__(self, mlp: MLP, action_dim: int, initial: float, low: float) -> None:
        super().__init__(mlp)
        self.low = low
        self.log_std = nn.Parameter(torch.full((action_dim,), initial))

    def head(self, output: Tensor) -> Distribution:
        """(B, A) -> Gaussian with that mean; below the floor its log-std passes no gradient."""
        return Gaussian(output, self.log_std.clamp(min=self.low))

    def plain_mean(self, observations: Tensor, flat: Tensor) -> Tensor:
        """The mean (B, A) as ordinary operations of `flat` (the MLP's parameters): torch.func
        transforms, forward mode included, apply to it."""
        return self.mlp.plain(observations, flat).squeeze(0)


@dataclass(frozen=True)
class FreeGaussian:
    """Unbounded diagonal Gaussian, its standard deviation state-independent (DAPG's policy).

    pi(a|s) = prod_i N(a_i; f_i(s), sigma_i^2), log sigma_i = max(p_i, `log_std_min`). The mean f is
    the network's linear output. "Free" is p: a parameter per action dimension, which starts at
    `log_std_init`. Below its floor it gets no gradient.

    DAPG's own network is tanh (32, 32); here it is the ReLU network of all methods, so that a
    comparison varies the algorithm alone. Nothing bounds the mean: actions are clipped where they
    are executed.
    """

    log_std_init: float = 0.0
    log_std_min: float = -3.0

    def __post_init__(self) -> None:  # below the floor the clamp passes no gradient
        check_log_std(log_std_min=self.log_std_min, log_std_init=self.log_std_init)

    def build(self, blueprint: Blueprint) -> Policy:
        """A network (B, O) -> mean (B, A) with layers `policy_hidden`, and dim(A) free log-stds."""
        mlp = policy_mlp(blueprint, blueprint.action_dim)
        return FreeGaussianPolicy(mlp, blueprint.action_dim, self.log_std_init, self.log_std_min)
