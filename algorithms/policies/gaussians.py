"""Gaussians with a tanh mean: what the authors of AWAC ran."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from algorithms.networks.blueprint import Blueprint
from algorithms.networks.mlp import MLP
from algorithms.policies.distributions import Distribution, Gaussian
from algorithms.policies.log_std import check_log_std
from algorithms.policies.policy import Policy, policy_mlp


class _TanhMeanPolicy(Policy):
    def __init__(self, mlp: MLP, action_dim: int, low: float, high: float) -> None:
        super().__init__(mlp)
        self.low, self.high = low, high
        self.std_logits = nn.Parameter(torch.zeros(action_dim))

    def head(self, output: Tensor) -> Distribution:
        log_std = self.low + (self.high - self.low) * torch.sigmoid(self.std_logits)
        return Gaussian(torch.tanh(output), log_std)


class _HeteroscedasticPolicy(Policy):
    def __init__(self, mlp: MLP, low: float, high: float) -> None:
        super().__init__(mlp)
        self.low, self.high = low, high

    def head(self, output: Tensor) -> Distribution:
        mean, logits = output.chunk(2, -1)
        return Gaussian(torch.tanh(mean), self.low + (self.high - self.low) * torch.sigmoid(logits))


@dataclass(frozen=True)
class TanhMeanGaussian:
    """Diagonal Gaussian of mean tanh(f(s)), its standard deviation state-independent and bounded.

    log std = low + (high - low) sigmoid(p), p starting at 0: an initial std of exp(-3) = 0.0498
    (released code; the paper's text does not say). p is free of the state: a parameter per action
    dimension. Weight decay pulls it to 0 as well.
    """

    log_std_min: float = -6.0
    log_std_max: float = 0.0

    def __post_init__(self) -> None:
        check_log_std(log_std_min=self.log_std_min, log_std_max=self.log_std_max)

    def build(self, blueprint: Blueprint) -> Policy:
        """A network f (B, O) -> (B, A) with layers `policy_hidden`, and dim(A) free logits p."""
        mlp = policy_mlp(blueprint, blueprint.action_dim)
        return _TanhMeanPolicy(mlp, blueprint.action_dim, self.log_std_min, self.log_std_max)


@dataclass(frozen=True)
class HeteroscedasticGaussian:
    """`TanhMeanGaussian` with a standard deviation that depends on the state.

    Mean tanh(f(s)), log std = low + (high - low) sigmoid(g(s)); f and g are two linear heads of
    one network. g starts near 0: an initial std of exp(-3) = 0.0498 everywhere. The authors'
    scripts for MuJoCo and SawyerPush ran this one, those for the hand the other.
    """

    log_std_min: float = -6.0
    log_std_max: float = 0.0

    def __post_init__(self) -> None:
        check_log_std(log_std_min=self.log_std_min, log_std_max=self.log_std_max)

    def build(self, blueprint: Blueprint) -> Policy:
        """A network (B, O) -> (B, 2 A) with layers `policy_hidden`: f(s), then g(s)."""
        mlp = policy_mlp(blueprint, 2 * blueprint.action_dim)
        return _HeteroscedasticPolicy(mlp, self.log_std_min, self.log_std_max)
