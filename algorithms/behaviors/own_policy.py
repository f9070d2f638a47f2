"""The policy itself, of now or of a while ago, as the prior: MPO."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from algorithms.behaviors.base import Behavior
from algorithms.networks.blueprint import Blueprint, Networks
from algorithms.policies.policy import Policy
from algorithms.types import check_range


@dataclass(frozen=True)
class OwnPolicy(Behavior):
    """The policy before the update is the prior: MPO without a network for it (Eq. 15)."""


@dataclass(frozen=True)
class PreviousPolicy(Behavior):
    """The policy of up to `period` updates ago: MPO's target policy (Acme: 100)."""

    has_density = True

    period: int = 100

    def __post_init__(self) -> None:
        check_range("period", self.period, 1)

    def networks(self, blueprint: Blueprint) -> Networks:
        """`behavior`: an equal copy of the policy, without gradient."""
        policy = blueprint.built["policy"]
        assert isinstance(policy, Policy)
        return {"behavior": policy.target_copy().requires_grad_(False)}

    def before_update(self, networks: nn.ModuleDict, updates: int) -> None:
        """The model takes the policy's parameters, before every `period`-th update (Acme)."""
        if updates % self.period == 0:
            networks["behavior"].load_state_dict(networks["policy"].state_dict())
