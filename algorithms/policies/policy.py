"""The base of every policy: a network and what makes a distribution of its output."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from algorithms.networks.blueprint import Blueprint
from algorithms.networks.mlp import MLP
from algorithms.policies.distributions import Distribution


class Policy(nn.Module):
    """pi_theta: observations (B, O) -> distribution. Subclasses only turn outputs into one."""

    def __init__(self, mlp: MLP) -> None:
        super().__init__()
        self.mlp = mlp

    def head(self, output: Tensor) -> Distribution:
        """Output of the network (B, out) -> pi(.|s). TypeError unless a subclass defines it."""
        raise TypeError("a policy class defines head()")

    def target_copy(self) -> Policy:
        """A copy with parameters of its own, for a slowly moving target."""
        return copy.deepcopy(self)

    def forward(self, observations: Tensor) -> Distribution:
        """(B, O) -> distribution whose parameters carry gradient."""
        return self.head(self.mlp(observations).squeeze(0))

    def pair(
        self, observations: Tensor, next_observations: Tensor
    ) -> tuple[Distribution, Distribution]:
        """pi(.|s) with gradient and pi(.|s') without, in one pass over the network."""
        both = torch.cat([observations, next_observations])
        output, next_output = self.mlp.split(both, observations.shape[0])
        with torch.no_grad():
            following = self.head(next_output.squeeze(0))
        return self.head(output.squeeze(0)), following


def policy_mlp(blueprint: Blueprint, outputs: int) -> MLP:
    """The network (B, O) -> (1, B, outputs), layers `policy_hidden`, last weights within +-1e-3."""
    hidden = blueprint.config.policy_hidden
    return blueprint.mlp(blueprint.observation_dim, hidden, outputs, last_scale=1e-3)
