"""IQL's policy: a Gaussian with tanh mean and a clipped standard deviation for all states."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.networks.blueprint import Blueprint
from algorithms.networks.mlp import MLP
from algorithms.policies.distributions import Distribution, Gaussian
from algorithms.policies.log_std import check_log_std
from algorithms.policies.policy import Policy, policy_mlp
from algorithms.types import check_range


class _ClippedTanhMeanPolicy(Policy):
    def __init__(self, mlp: MLP, action_dim: int, initial: float, low: float, high: float) -> None:
        super().__init__(mlp)
        self.low, self.high = low, high
        self.log_std = nn.Parameter(torch.full((action_dim,), initial))

    def head(self, output: Tensor) -> Distribution:
        return Gaussian(torch.tanh(output), self.log_std.clamp(self.low, self.high))


@dataclass(frozen=True)
class ClippedTanhMeanGaussian:
    """Mean tanh(f(s)); one log-std p per action dimension, the same in all states.

    log sigma = clip(p, low, high).

    p starts at `log_std_init`: a standard deviation of 1 (Kostrikov 2021, their code). Weight
    decay pulls p to 0. `TanhMeanGaussian` has a sigmoid in place of the clip, and starts at 0.05.
    """

    log_std_init: float = 0.0
    log_std_min: float = -5.0
    log_std_max: float = 2.0

    def __post_init__(self) -> None:
        check_log_std(log_std_min=self.log_std_min, log_std_max=self.log_std_max)
        check_range("log_std_init", self.log_std_init, self.log_std_min, self.log_std_max)

    def build(self, blueprint: Blueprint) -> Policy:
        """A network f (B, O) -> (B, A) with layers `policy_hidden`, and dim(A) log-stds p."""
        return _ClippedTanhMeanPolicy(
            policy_mlp(blueprint, blueprint.action_dim),
            blueprint.action_dim,
            self.log_std_init,
            self.log_std_min,
            self.log_std_max,
        )
