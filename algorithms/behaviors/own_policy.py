"""The policy itself, of now or of a while ago, as the prior: MPO."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.behaviors.base import Behavior
from algorithms.losses import Losses
from algorithms.networks.blueprint import Blueprint, Networks
from algorithms.policies.policy import Policy
from algorithms.step import Step
from algorithms.types import Metrics, check_range


@dataclass(frozen=True)
class OwnPolicy(Behavior):
    """The policy before the update is the prior: MPO without a network for it (Eq. 15)."""


@dataclass(frozen=True)
class PreviousPolicy(Behavior):
    """The policy of up to `period` updates ago: MPO's target policy (Acme: 100)."""

    period: int = 100

    def __post_init__(self) -> None:
        check_range("period", self.period, 1)

    def networks(self, blueprint: Blueprint) -> Networks:
        """`behavior`: an equal copy of the policy, without gradient."""
        policy = blueprint.built["policy"]
        assert isinstance(policy, Policy)
        return {"behavior": policy.target_copy().requires_grad_(False)}

    def renews(self, updates: int) -> bool:
        """Whether `updates` is a multiple of `period`."""
        return updates % self.period == 0

    def losses(self, step: Step) -> tuple[Losses, Metrics]:
        """No loss; where `renews` is true, the model takes the policy's present parameters.

        They are those from before the update: no optimiser has stepped yet.
        """
        if self.renews(step.updates):
            step.behavior_policy.load_state_dict(step.policy.state_dict())
        return {}, {}
