"""One action a state: TD3."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from algorithms.networks.blueprint import Blueprint
from algorithms.networks.mlp import MLP
from algorithms.policies.distributions import Deterministic, Distribution
from algorithms.policies.policy import Policy, policy_mlp
from algorithms.types import check_range


class _DeterministicPolicy(Policy):
    def __init__(self, mlp: MLP, noise: float) -> None:
        super().__init__(mlp)
        self.noise = noise

    def head(self, output: Tensor) -> Distribution:
        return Deterministic(torch.tanh(output), self.noise)


@dataclass(frozen=True)
class DeterministicTanh:
    """a = tanh(f(s)); while exploring, Gaussian noise is added (TD3, Fujimoto 2018)."""

    exploration_noise: float = 0.1

    def __post_init__(self) -> None:
        check_range("exploration_noise", self.exploration_noise, 0.0)

    def build(self, blueprint: Blueprint) -> Policy:
        """A network f (B, O) -> (B, A) with layers `policy_hidden`."""
        return _DeterministicPolicy(
            policy_mlp(blueprint, blueprint.action_dim), self.exploration_noise
        )
